import asyncio
from collections.abc import Awaitable, Callable

from lambdakit.emulator.front_doors.running import Running
from lambdakit.emulator.lambda_api.call import Call, Message, Receive
from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.event_stream import CONTENT_TYPE, encode_chunk, encode_completion
from lambdakit.emulator.lambda_api.log_tails import LogTails
from lambdakit.emulator.lambda_api.names import LATEST
from lambdakit.emulator.lambda_api.synchronous import UNHANDLED, refusal_of
from lambdakit.emulator.runtime_api.answer import Answer

_Send = Callable[[Message], Awaitable[None]]


class _Sender:
    """Sends an answer to the caller as an event stream, while it comes."""

    def __init__(self, request_id: str, send: _Send) -> None:
        self._request_id = request_id
        self._send = send
        self._has_begun = False
        self._content_type = "application/json"
        self.is_gone = False
        self.answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

    def begin(self, content_type: str, *, is_streamed: bool) -> None:  # noqa: ARG002 (the receiver's protocol)
        """Take what is known before the first byte."""
        self._content_type = content_type

    async def receive(self, chunk: bytes) -> None:
        """Send the next bytes."""
        if self.is_gone:
            raise ConnectionError("the caller has hung up")
        await self._start()
        await self._send({"type": "http.response.body", "body": encode_chunk(chunk), "more_body": True})

    def end(self, error: Answer | None) -> None:
        """Take the end, and with it the error if there is one."""
        if not self.answered.done():
            self.answered.set_result(error)

    async def complete(self, log: str | None) -> None:
        """Send the end, after the answer has come."""
        error, content = self.answered.result(), dict[str, str]()
        if error is not None:
            content |= {"ErrorCode": UNHANDLED, "ErrorDetails": error.payload.decode(errors="replace")}
        if log is not None:
            content["LogResult"] = log
        await self._start()
        await self._send({"type": "http.response.body", "body": encode_completion(content)})

    async def _start(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        headers = [
            (b"content-type", CONTENT_TYPE.encode()),
            (b"x-amz-executed-version", LATEST.encode()),
            (b"x-amzn-remapped-content-type", self._content_type.encode("latin-1", "replace")),
            (b"x-amzn-requestid", self._request_id.encode()),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})


async def invoke_with_stream(
    function: Callee, call: Call, tails: LogTails, running: Running, receive: Receive, send: _Send
) -> None:
    """Invoke a function and send its answer piece by piece; when the caller hangs up the function goes on.

    Raises:
        Refused: The function was not invoked.
    """
    sender = _Sender(call.request_id, send)
    context = call.read_client_context()
    work = function.invoke(call.payload, client_context=context, receiver=sender, request_id=call.request_id)
    invocation = running.start(work)
    leaving = asyncio.create_task(_wait_for_hang_up(receive, sender))
    try:
        awaited = {invocation} if call.wants_log else {invocation, sender.answered}
        await asyncio.wait({*awaited, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
    if sender.answered.done():
        await sender.complete(tails.take(call.request_id) if call.wants_log else None)
    elif invocation.done():
        raise refusal_of(invocation)


async def _wait_for_hang_up(receive: Receive, sender: _Sender) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    sender.is_gone = True
