"""Builds what is deployed: the toolkit, the probe and its dependencies, for Lambda's platform."""

import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

from lambdakit.errors import UserError

PYTHON = "3.13"
"""The Python version of the deployed functions."""
ARCHITECTURE = "x86_64"
"""The processor of the deployed functions."""

_PROJECT = Path(__file__).parents[1]
_PROBE = Path(__file__).with_name("probe") / "probe.py"
_PLATFORM = ["--platform", "manylinux2014_x86_64", "--implementation", "cp", "--python-version", PYTHON]
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_SECONDS = 600
_LIMIT = 50 * 1024 * 1024


def build_package(folder: Path) -> Path:
    """Build the zip below a folder, which is emptied first, and return its path.

    Raises:
        UserError: pip cannot build the toolkit or find a dependency, or the zip is too large for a direct upload.
    """
    shutil.rmtree(folder, ignore_errors=True)
    content = folder / "package"
    content.mkdir(parents=True)
    _run_pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(_PROJECT))
    [wheel] = folder.glob("lambdakit-*.whl")
    wanted = ["--target", str(content), "--only-binary=:all:", "--no-compile", *_PLATFORM]
    _run_pip("install", *wanted, f"{wheel}[fastapi]")
    shutil.copy(_PROBE, content)
    return _write_zip(content, folder / "package.zip")


def _run_pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", arguments[0], "--quiet", *arguments[1:]]
    try:
        subprocess.run(  # noqa: S603 (pip, with arguments of our own)
            command, check=True, capture_output=True, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        said: str = getattr(error, "stderr", None) or ""
        raise UserError(
            f"pip {arguments[0]} failed: {said.strip()[-600:] or error}", fix="see that the package index is reached"
        ) from error


def _write_zip(content: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(content.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.writestr(_describe(path, content), path.read_bytes())
    if target.stat().st_size > _LIMIT:
        raise UserError(f"{target} has {target.stat().st_size:,} bytes", fix=f"keep it below {_LIMIT:,}")
    return target


def _describe(path: Path, content: Path) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    # Lambda unpacks modes as they are, and starts the wrapper script only if it is executable for all.
    mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
    entry.external_attr = (stat.S_IFREG | mode) << 16
    return entry
