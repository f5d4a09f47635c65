"""Find the handler that the function's configuration names."""

import sys
from importlib import import_module
from typing import Any

from lambdakit.runtime.failures import ReportedError


def find_handler(name: str) -> Any:
    """Return what `module.attribute` names, the module with dots or slashes.

    Raises:
        ReportedError: It leads nowhere, under the types that Lambda gives to such mistakes. Whatever else the module
            raises while it is imported is passed on as it is.
    """
    module_name, dot, attribute = name.rpartition(".")
    if not dot or not module_name:
        raise ReportedError(
            "Runtime.MalformedHandlerName", f"Bad handler {name!r}: it has to be written as module.attribute"
        )
    module_name = module_name.replace("/", ".")
    if module_name.partition(".")[0] in sys.builtin_module_names:
        raise ReportedError(
            "Runtime.BuiltInModuleConflict", f"Python has a module of its own with the name of {module_name!r}"
        )
    module = _import(module_name)
    if not hasattr(module, attribute):
        raise ReportedError("Runtime.HandlerNotFound", f"Handler {attribute!r} missing on module {module_name!r}")
    return getattr(module, attribute)


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ReportedError("Runtime.ImportModuleError", f"Unable to import module {name!r}: {error}") from error
    except SyntaxError as error:
        place = f'  File "{error.filename}", line {error.lineno}\n    {error.text or ""}'
        raise ReportedError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module {name!r}: {error}", [place]
        ) from error
