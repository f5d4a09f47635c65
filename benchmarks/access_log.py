"""What `AccessLog` adds to a request, in processor time, beside an app that does nothing.

.venv/bin/python benchmarks/access_log.py
"""

import asyncio
import os
import sys
import time
from typing import Any

from lambdakit.observability import AccessLog, setup

_REQUESTS = 3000
_RUNS = 5
_HEADERS = [
    (b"host", b"shop.example.com"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, br"),
    (b"authorization", b"Bearer abcdefghijkl.mnop"),
    (b"cookie", b"session=abcdef123456; theme=dark"),
    (b"x-forwarded-for", b"192.0.2.1"),
]


async def _answer(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}"})


async def _receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Any) -> None: ...


async def _serve(app: Any) -> None:
    scope = {"type": "http", "method": "GET", "path": "/items/42", "query_string": b"page=2", "headers": _HEADERS}
    for _ in range(_REQUESTS):
        await app(dict(scope), _receive, _send)


def _measure(app: Any) -> float:
    """Return the microseconds that a request takes, the least of some runs."""
    seconds: list[float] = []
    for _ in range(_RUNS):
        begun = time.process_time()
        asyncio.run(_serve(app))
        seconds.append(time.process_time() - begun)
    return min(seconds) / _REQUESTS * 1e6


def main() -> None:
    report = sys.stdout
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 (no path of a file)
        sys.stdout = nowhere
        alone, logged = _measure(_answer), _measure(AccessLog(_answer))
        setup(sampling=0)
        unsampled = _measure(AccessLog(_answer))
        sys.stdout = report
    print(f"alone {alone:.1f} us, with AccessLog {logged:.0f} us, with AccessLog but not sampled {unsampled:.0f} us")


if __name__ == "__main__":
    main()
