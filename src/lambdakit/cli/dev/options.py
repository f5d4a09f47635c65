"""The arguments and options of `dev`, each with its words for `--help`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

Targets = Annotated[
    list[str] | None,
    Argument(metavar="[TARGET]...", help="Declared functions, or apps as module:attribute; by default all declared."),
]
Port = Annotated[
    int | None, Option("--port", min=1, max=65_535, metavar="PORT", help="The first port; one more for each function.")
]
NoReload = Annotated[bool, Option("--no-reload", help="Keep the code of the start.")]
EnvFile = Annotated[Path | None, Option("--env-file", metavar="FILE", help="Add the variables of a .env file.")]
