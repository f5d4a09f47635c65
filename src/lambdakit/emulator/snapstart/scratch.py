import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from lambdakit.emulator.launching.place import Place

_PREFIX = ".environment-"


@contextmanager
def own_scratch(place: Place) -> Generator[str]:
    """Make a copy of what the snapshot has in its /tmp, and give its path there; it goes when the environment does.

    It lies inside of that /tmp, as the process sees nothing else of the machine's own.
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place.scratch))
    try:
        # What cannot be copied, such as a file that goes meanwhile, is missing there.
        with suppress(shutil.Error):
            shutil.copytree(place.scratch, folder, symlinks=True, ignore=_leave_out, dirs_exist_ok=True)
        yield f"/tmp/{folder.name}"  # noqa: S108 (where the process sees it)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _leave_out(folder: str, names: list[str]) -> list[str]:
    """Name what is no copy's matter: other environments, sockets and pipes."""
    paths = {name: Path(folder, name) for name in names}
    return [
        name
        for name, path in paths.items()
        if name.startswith(_PREFIX) or not (path.is_symlink() or path.is_file() or path.is_dir())
    ]
