"""The ASGI scope of a neutral request."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lambdakit.events import Request

if TYPE_CHECKING:
    from lambdakit.asgi.types import Scope

_ASGI = {"version": "3.0", "spec_version": "2.3"}


def make_scope(request: Request, event: Mapping[str, Any], context: Any) -> "Scope":
    """Return the scope of a request, without `state`; `aws.event` and `aws.context` hold what Lambda passed."""
    return {
        "type": "http",
        "asgi": _ASGI.copy(),
        "http_version": request.http_version,
        "server": request.server,
        "client": request.client,
        "scheme": request.scheme,
        "method": request.method,
        "root_path": request.root_path,
        "path": request.path,
        "raw_path": request.raw_path,
        "query_string": request.query,
        "headers": request.headers,
        "aws.event": event,
        "aws.context": context,
    }


class Mount:
    """The prefixes under which clients reach the app, when events do not tell them by themselves."""

    def __init__(self, *, base_path: str, root_path: str) -> None:
        """Take a prefix that events show and the app does not know, and one that events do not show."""
        self._base_path = _as_prefix(base_path)
        self._root_path = _as_prefix(root_path)

    def apply(self, request: Request) -> Request:
        """Return the request with its prefixes in `root_path`, and in `path` and `raw_path` where they were hidden."""
        if self._base_path:
            request = self._apply_base_path(request)
        if self._root_path:
            request = request._replace(
                path=self._root_path + request.path,
                raw_path=self._root_path.encode() + request.raw_path,
                root_path=self._root_path + request.root_path,
            )
        return request

    def _apply_base_path(self, request: Request) -> Request:
        if request.root_path.endswith(self._base_path):
            return request
        # The gateway may show it behind a prefix of its own, such as a stage.
        for prefix in (request.root_path + self._base_path, self._base_path):
            if _is_below(request.path, prefix):
                path = request.path if request.path != prefix else f"{prefix}/"
                return request._replace(path=path, root_path=prefix)
        return request


def _as_prefix(path: str) -> str:
    path = path.strip("/")
    return f"/{path}" if path else ""


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
