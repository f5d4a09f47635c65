"""The `toolkit` command, also `lambdakit` and `python -m lambdakit`."""

import sys


def main() -> None:
    """Run the command line, or name the extra that is missing."""
    if sys.platform == "win32":
        sys.exit("toolkit: Windows is not supported. Fix: run it inside WSL2.")
    try:
        from lambdakit.cli import run  # noqa: PLC0415 (an optional extra)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("lambdakit"):
            raise
        sys.exit(f"toolkit: the package {error.name!r} is missing. Fix: pip install 'lambdakit[local]'")
    sys.exit(run())


if __name__ == "__main__":
    main()
