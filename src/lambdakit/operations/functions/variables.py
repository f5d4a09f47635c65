"""Environment variables from a file."""

from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from lambdakit.errors import OptionError

_OPTION = "--env-file"


def read_variables(path: Path) -> dict[str, str]:
    """Return the variables of a `.env` file.

    Raises:
        OptionError: The file cannot be read, or a line in it sets no variable.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise OptionError(
            f"{path} cannot be read: {error.strerror}", where=_OPTION, fix="name a file that can"
        ) from error
    except UnicodeDecodeError as error:
        raise OptionError(f"{path} is not UTF-8: {error.reason}", where=_OPTION, fix="save it as UTF-8") from error
    _check(text, path)
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value is not None}


def _check(text: str, path: Path) -> None:
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            # A binding starts with the blank lines before it.
            blank, statement, _ = binding.original.string.partition(binding.original.string.strip())
            line = binding.original.line + blank.count("\n")
            raise OptionError(f"{statement!r} sets no variable", where=f"{path}:{line}", fix="write NAME=value")
