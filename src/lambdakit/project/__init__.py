"""The `[tool.lambdakit]` table of pyproject.toml: the functions of a project, said once for every reader."""

from lambdakit.project.declaration import (
    Auth,
    Function,
    FunctionAuth,
    HttpTrigger,
    McpSettings,
    McpTrigger,
    Project,
    QueueTrigger,
    TokenAuth,
    Via,
)
from lambdakit.project.loading import find, load

__all__ = [
    "Auth",
    "Function",
    "FunctionAuth",
    "HttpTrigger",
    "McpSettings",
    "McpTrigger",
    "Project",
    "QueueTrigger",
    "TokenAuth",
    "Via",
    "find",
    "load",
]
