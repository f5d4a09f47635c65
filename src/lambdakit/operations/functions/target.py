"""What a command line names as its target: a declared function, or any app."""

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from lambdakit import project, settings
from lambdakit.errors import OptionError, UnknownFunction
from lambdakit.project import Auth, Function, HttpTrigger, McpTrigger, Project, Via

_APP_HANDLER = "lambdakit.asgi.handler.handler"
_APP = re.compile(r"[^\W\d][\w-]*(\.[^\W\d][\w-]*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
Runtime = Literal["awslambdaric", "lambdakit"]
"""What runs a function: the client that AWS runs, or the toolkit's own."""
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of Python that runs this."""


@dataclass(frozen=True)
class Target:
    """A function, the folder that holds its code and the Python version and processor it is meant for."""

    function: Function
    root: Path
    python: str = THIS_PYTHON
    architecture: Literal["arm64", "x86_64"] = "arm64"

    @property
    def web_trigger(self) -> HttpTrigger | McpTrigger | None:
        """How HTTP requests or MCP clients reach the function, if it is declared that they do."""
        return self.function.http or self.function.mcp

    @property
    def auth(self) -> Auth:
        """Who may call the function over HTTP."""
        return self.web_trigger.auth if self.web_trigger else "none"

    @property
    def via(self) -> Via:
        """The service that brings the function its HTTP requests."""
        return self.web_trigger.via if self.web_trigger else "function-url"

    @property
    def is_streaming(self) -> bool:
        """Whether that service takes the response piece by piece."""
        return self.web_trigger is not None and self.web_trigger.streaming


def find_target(name: str, start: Path) -> Target:
    """Return the function that is declared under a name, or one around the app that `module:attribute` names.

    The declaration is looked for in `start` and above it. An app needs none; its code is taken from `start`.

    Raises:
        DeclarationError: The declaration holds mistakes.
        UnknownFunction: No function is declared under this name.
        OptionError: The name has a colon but is no `module:attribute`.
    """
    if ":" in name:
        return _around_app(name, start)
    declaration = project.find(start)
    if declaration is None:
        raise UnknownFunction(
            f"there is no function {name!r}: no pyproject.toml with a [tool.lambdakit] table",
            where=f"{start} or a folder above it",
            fix=_suggest(name, ()),
        )
    return _declared(name, project.load(declaration))


def _around_app(name: str, root: Path) -> Target:
    module, _, attribute = name.partition(":")
    as_module = module.removesuffix(".py").strip("./").replace("/", ".")
    if not _APP.fullmatch(name) or as_module != module:
        suggestion = f"{as_module}:{attribute}"
        fix = suggestion if _APP.fullmatch(suggestion) else "module:attribute, as in shop.http:app"
        raise OptionError(f"{name!r} names no app", where="TARGET", fix=f"write {fix}")
    function = Function(name=re.sub(r"[^A-Za-z0-9]", "-", name), handler=_APP_HANDLER, environment={settings.APP: name})
    return Target(function, root)


def _declared(name: str, declaration: Project) -> Target:
    if function := declaration.functions.get(name):
        return Target(function, declaration.root, declaration.python, declaration.architecture)
    raise UnknownFunction(
        f"there is no function {name!r}, declared: {', '.join(declaration.functions) or 'none'}",
        where=str(declaration.root / "pyproject.toml"),
        fix=_suggest(name, declaration.functions),
    )


def _suggest(name: str, declared: Collection[str]) -> str:
    if nearest := get_close_matches(name, declared, n=1):
        return f"did you mean {nearest[0]}?"
    module, dot, attribute = name.rpartition(".")
    if dot:
        return f"name an app as {module}:{attribute}"
    return f"declare [tool.lambdakit.functions.{name}], or name an app as module:attribute"
