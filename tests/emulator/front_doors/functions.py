"""A function in this process, and a front door before it on a socket of its own."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from lambdakit.emulator import Outcome, Receiver, Report
from lambdakit.emulator.authorizers import Authorizer
from lambdakit.emulator.front_doors import GATEWAYS, FrontDoor, listen
from lambdakit.events import EventFormat

Result = TypeVar("Result")
_BOUND = 20.0
WITH_PRELUDE = "application/vnd.awslambda.http-integration-response"


class InProcess:
    """Calls a handler with events, and streams its responses where that is asked for."""

    def __init__(self, handler: Callable[[Any, Any], Any], event_format: EventFormat, *, streams: bool) -> None:
        self._handler = handler
        self._format = event_format
        self._streams = streams
        # An app's event loop wants one thread.
        self._thread = ThreadPoolExecutor(1)

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None) -> Outcome:
        assert receiver is not None
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._thread, self._handler, json.loads(payload), None)
        receiver.begin(WITH_PRELUDE if self._streams else "application/json", is_streamed=self._streams)
        for chunk in self._stream(result) if self._streams else [json.dumps(result).encode()]:
            await receiver.receive(chunk)
        receiver.end(None)
        report = Report(request_id="", duration_ms=1.0, memory_size_mb=128, max_memory_used_mb=1)
        return Outcome(payload=b"", error_type=None, phase="invoke", report=report)

    def _stream(self, result: Any) -> list[bytes]:
        status, headers, body = self._format.decode_response(result)
        prelude = self._format.encode_prelude(status, headers)
        half = len(body) // 2
        pieces = [prelude[:5], prelude[5:] + body[:half], body[half:]]
        return [piece for piece in pieces if piece]


@contextmanager
def door_before(
    handler: Callable[[Any, Any], Any], via: str, *, streams: bool = False, authorizer: Authorizer | None = None
) -> Generator[tuple[str, int]]:
    """Serve a handler behind a service, in a thread, and give the address."""
    rules = GATEWAYS[via]
    function = InProcess(handler, rules.event_format, streams=streams)
    door = FrontDoor(function, rules, streams=streams, log=print, authorizer=authorizer)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def call(work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result(_BOUND)

    listening = listen(door)
    try:
        address = urlsplit(call(listening.__aenter__()))
        yield address.hostname or "", address.port or 0
    finally:
        call(listening.__aexit__(None, None, None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_BOUND)
        loop.close()
