import asyncio

from lambdakit.emulator.front_doors.running import Running
from lambdakit.emulator.lambda_api import replies
from lambdakit.emulator.lambda_api.call import Call
from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.log_tails import LogTails
from lambdakit.emulator.lambda_api.names import LATEST
from lambdakit.emulator.lambda_api.replies import JSON_TYPE, Reply
from lambdakit.emulator.outcome import Outcome
from lambdakit.emulator.runtime_api.answer import PAYLOAD_LIMIT, Answer, oversized
from lambdakit.errors import Throttled

UNHANDLED = "Unhandled"
"""What Lambda says of every error of a function in Python, raised or found by Lambda.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""


class _Collector:
    """Keeps the answer, also a streamed one, up to the limit of what is not streamed to the caller."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self.answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def begin(self, content_type: str, *, is_streamed: bool) -> None:
        """Take what is known before the first byte."""

    async def receive(self, chunk: bytes) -> None:
        """Keep the bytes."""
        if len(self._kept) <= PAYLOAD_LIMIT:
            self._kept += chunk

    def end(self, error: Answer | None) -> None:
        """Take the end, and with it the error if there is one."""
        if len(self._kept) > PAYLOAD_LIMIT:
            error = oversized(PAYLOAD_LIMIT)
        if not self.answered.done():
            self.answered.set_result(error or Answer(bytes(self._kept)))


async def invoke(function: Callee, call: Call, tails: LogTails, running: Running) -> Reply:
    """Invoke a function and return its answer as soon as it has given it, with the log when the invocation is over.

    Raises:
        Refused: The function was not invoked.
    """
    collector = _Collector()
    context = call.read_client_context()
    work = function.invoke(call.payload, client_context=context, receiver=collector, request_id=call.request_id)
    invocation = running.start(work)
    awaited = {invocation} if call.wants_log else {invocation, collector.answered}
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    if not collector.answered.done():
        raise refusal_of(invocation)
    answer = collector.answered.result()
    headers = {"content-type": JSON_TYPE, "x-amz-executed-version": LATEST}
    if answer.error_type is not None:
        headers["x-amz-function-error"] = UNHANDLED
    if call.wants_log:
        headers["x-amz-log-result"] = tails.take(call.request_id)
    return Reply(200, answer.payload, headers)


def refusal_of(invocation: "asyncio.Task[Outcome]") -> replies.Refused:
    """Return why an invocation that has ended came to no answer."""
    error = invocation.exception()
    return replies.throttled(error) if isinstance(error, Throttled) else replies.service_failed(error)
