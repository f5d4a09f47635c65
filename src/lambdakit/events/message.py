"""What an HTTP request and response are, whichever AWS service carries them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

Headers = list[tuple[bytes, bytes]]
"""Header pairs in order, repeats kept, names in lower case."""


class Request(NamedTuple):
    """An HTTP request as a server would have parsed it from the wire."""

    method: str
    path: str
    """Percent-decoded exactly once; begins with `root_path`."""
    raw_path: bytes
    """As on the wire, without the query string."""
    query: bytes
    """As on the wire, without the question mark."""
    headers: Headers
    body: bytes = b""
    root_path: str = ""
    """The prefix that belongs to the gateway (a stage, a base path mapping), without a slash at its end."""
    scheme: str = "https"
    http_version: str = "1.1"
    client: tuple[str, int] | None = None
    server: tuple[str, int] | None = None

    def behind_root(self) -> "Request":
        """Return the request as if its root path were not there."""
        raw_path = self.raw_path.removeprefix(self.root_path.encode()) or b"/"
        return self._replace(path=self.path.removeprefix(self.root_path) or "/", raw_path=raw_path, root_path="")


class Response(NamedTuple):
    """An HTTP response, complete."""

    status: int
    headers: Headers
    body: bytes = b""


class Gateway(NamedTuple):
    """What a service knows of itself and its caller, and writes into the events it sends."""

    domain: str = ""
    """The host of the API; empty means one that is typical for the service."""
    stage: str = ""
    """The stage of an API; empty means `$default` for an HTTP API and `prod` for a REST API."""
    route: str = "/{proxy+}"
    """The resource of a REST API that matched; `{name}` and `{name+}` stand for path parameters."""
    binary_media_types: tuple[str, ...] = ("*/*",)
    """The content types that a REST API passes on without reading them as UTF-8 text."""
    accept: str = ""
    """What a request's `Accept` begins with, by which a REST API tells whether a client wants bytes."""
    stage_variables: tuple[tuple[str, str], ...] = ()
    scheme: str = "https"
    port: int = 443
    source_ip: str = "127.0.0.1"
    account_id: str = "123456789012"
    request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    trace_id: str = "Root=1-5759e988-bd862e3fe1be46a994272793"
    time: str = "10/Jul/2026:19:19:04 +0000"
    time_epoch: int = 1783711144000
    """Milliseconds since 1970; the same moment as `time`."""
    authorizer: Mapping[str, Any] | None = None
    """What an authorizer found out, as it stands under `requestContext.authorizer`; None without one."""
    identity: Mapping[str, Any] | None = None
    """What IAM found out, merged into `requestContext.identity`, which payload format 1.0 alone has."""
