"""The types of the ASGI specification, as far as the adapter uses them.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
LifespanMode = Literal["auto", "on", "off"]
"""`auto` starts apps that know the lifespan protocol, `on` demands it, `off` leaves it out."""
App = Callable[[Scope, Receive, Send], Awaitable[None]]
