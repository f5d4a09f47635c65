"""The `toolkit` command, also `lambdakit` and `python -m lambdakit`."""

import sys
from typing import NoReturn


def main() -> None:
    """Run the command line, or name the extra that is missing."""
    if sys.platform == "win32":
        _refuse("Windows is not supported. Fix: run it inside WSL2.")
    try:
        from lambdakit.cli import run  # noqa: PLC0415 (an optional extra)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("lambdakit"):
            raise
        _refuse(f"the package {error.name!r} is missing. Fix: pip install 'lambdakit[local]'")
    sys.exit(run())


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"toolkit: {message}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
