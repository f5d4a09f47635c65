"""SnapStart: a snapshot is a process that waits, and each restore a fork of it. Linux only."""

from lambdakit.emulator.snapstart.snapshot import Restored, Snapshot

__all__ = ["Restored", "Snapshot"]
