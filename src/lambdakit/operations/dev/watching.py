"""What is saved in a project."""

from collections.abc import AsyncGenerator
from pathlib import Path

from watchfiles import DefaultFilter, awatch  # pyright: ignore[reportUnknownVariableType] (an option of it is not typed)

_IGNORED = (*DefaultFilter.ignore_dirs, ".ruff_cache", ".toolkit", "build", "cdk.out", "dist")
_WRITTEN_BY_PROGRAMS = (r"\.(log|jsonl|db|sqlite3?)(-\w+)?$",)
"""Logs and databases; a log of this very command would otherwise start everything anew for ever."""
_PAUSE_MS = 50
"""Milliseconds without another change after which a save is complete: editors write more than one file."""


async def watch(root: Path) -> AsyncGenerator[set[Path]]:
    """Give the files that changed below a folder, each time some have.

    Caches, environments, builds, logs and databases do not count.
    """
    chosen = DefaultFilter(
        ignore_dirs=_IGNORED, ignore_entity_patterns=(*DefaultFilter.ignore_entity_patterns, *_WRITTEN_BY_PROGRAMS)
    )
    async for changes in awatch(root, watch_filter=chosen, step=_PAUSE_MS):
        yield {Path(path) for _, path in changes}
