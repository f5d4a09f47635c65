"""SnapStart: a snapshot is a process that waits, and each restore a fork of it. Linux only."""

from lambdakit.emulator.snapstart.judging import judge_restore
from lambdakit.emulator.snapstart.restored import Restored
from lambdakit.emulator.snapstart.sharing import Snapshots
from lambdakit.emulator.snapstart.snapshot import RESTORE_LIMIT, Snapshot

__all__ = ["RESTORE_LIMIT", "Restored", "Snapshot", "Snapshots", "judge_restore"]
