"""The arguments and options of `dev`, each with its words for `--help`."""

from pathlib import Path
from typing import Annotated, get_args

from typer import Argument, Option

from lambdakit import project

Targets = Annotated[
    list[str] | None,
    Argument(metavar="TARGET", help="Declared functions, or apps as module:attribute; by default all declared."),
]
Functions = Annotated[
    list[str] | None, Option("--function", metavar="NAME", help="Serve this one, as TARGET does; repeatable.")
]
Via = Annotated[
    project.Via | None,
    Option("--via", metavar="SERVICE", help=f"What stands before the functions: {', '.join(get_args(project.Via))}."),
]
Port = Annotated[
    int | None, Option("--port", min=1, max=65_535, metavar="PORT", help="The first port; one more for each function.")
]
RoundRobin = Annotated[bool, Option("--round-robin", help="Give every request another environment.")]
DebugPort = Annotated[
    int | None, Option("--debug-port", min=1, max=65_535, metavar="PORT", help="Let one function wait for a debugger.")
]
NoReload = Annotated[bool, Option("--no-reload", help="Keep the code of the start.")]
EnvFile = Annotated[Path | None, Option("--env-file", metavar="FILE", help="Add the variables of a .env file.")]
AwsCredentials = Annotated[
    bool, Option("--aws-credentials", help="Give functions this shell's AWS credentials, and AWS's own services.")
]
