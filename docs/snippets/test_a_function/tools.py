from mcp.server import MCPServer

from lambdakit.asgi import LambdaApp

server = MCPServer("shop")


@server.tool()
def price(item: str, quantity: int = 1) -> int:
    """Return what so many of an item cost, in cents."""
    return {"tea": 450, "towel": 1990}[item] * quantity


handler = LambdaApp(server.streamable_http_app(stateless_http=True, json_response=True))
