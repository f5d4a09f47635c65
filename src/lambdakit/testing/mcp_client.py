"""The MCP SDK's client for a function, to be used without `await`."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio.from_thread import BlockingPortal

from lambdakit.errors import MissingExtra

if TYPE_CHECKING:
    from mcp import Client


class McpClient:
    """Has the methods of `mcp.Client`, such as `list_tools()` and `call_tool("add", {"a": 1})`; each waits.

    Source: https://py.sdk.modelcontextprotocol.io/
    """

    def __init__(self, client: "Client", portal: BlockingPortal) -> None:
        self._client = client
        self._portal = portal

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return _waiting(self._portal, found) if callable(found) else found


def _waiting(portal: BlockingPortal, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        return portal.call(partial(method, *arguments, **named))

    return call


@contextmanager
def open_client(address: str, portal: BlockingPortal, **options: Any) -> Generator[McpClient]:
    """Open a client of an MCP server's address.

    Raises:
        MissingExtra: The package `mcp` is missing.
    """
    with portal.wrap_async_context_manager(open_async_client(address, **options)) as client:
        yield McpClient(client, portal)


@asynccontextmanager
async def open_async_client(address: str, **options: Any) -> "AsyncGenerator[Client]":
    """Open the SDK's own client of an MCP server's address; `options` are those of `mcp.Client`."""
    try:
        # Its import takes more than half a second.
        from mcp import Client  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "mcp":
            raise
        raise MissingExtra("the package 'mcp' is missing", where="an MCP client", fix="pip install 'mcp>=2'") from error
    async with Client(address, **options) as client:
        yield client
