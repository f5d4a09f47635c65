"""What an environment does around its life: before and after a snapshot, and when it ends."""

from lambdakit.coldstart.hooks import after_restore, before_snapshot, on_shutdown

__all__ = ["after_restore", "before_snapshot", "on_shutdown"]
