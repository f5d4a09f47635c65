"""Whatever comes to the API is answered, and with what AWS has an answer for."""

import asyncio
import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lambdakit.emulator import FunctionConfiguration, Outcome, Receiver, Report
from lambdakit.emulator.lambda_api import Callee, LambdaApi, LogTails

NAMES = st.one_of(
    st.sampled_from(["shop", "shop:$LATEST", "shop:1", "arn:aws:lambda:us-east-1:123456789012:function:shop"]),
    st.text(max_size=300),
)
PIECES = st.one_of(
    NAMES,
    st.sampled_from(["2015-03-31", "2021-11-15", "functions", "invocations", "response-streaming-invocations", ""]),
)
PATHS = st.one_of(
    NAMES.map(lambda name: f"/2015-03-31/functions/{name}/invocations"),
    NAMES.map(lambda name: f"/2021-11-15/functions/{name}/response-streaming-invocations"),
    NAMES.map(lambda name: f"/2015-03-31/functions/{name}"),
    NAMES.map(lambda name: f"/2019-09-25/functions/{name}/event-invoke-config"),
    st.lists(PIECES, max_size=5).map(lambda pieces: "/" + "/".join(pieces)),
)
HEADERS = st.dictionaries(
    st.sampled_from(["x-amz-invocation-type", "x-amz-log-type", "x-amz-client-context", "x-amz-tenant-id", "x-other"]),
    st.one_of(st.sampled_from(["RequestResponse", "Event", "DryRun", "Tail", "e30="]), st.text(max_size=50)),
    max_size=3,
)
QUERIES = st.one_of(st.sampled_from(["", "Qualifier=$LATEST", "MaxItems=1", "MaxItems=-1"]), st.text(max_size=50))
BODIES = st.one_of(st.sampled_from([b"", b"{}", b"null", b"[" * 5000]), st.binary(max_size=50))
ANSWERS = {200, 202, 204, 400, 404, 501}


class Answering:
    """A function that answers with its event."""

    def __init__(self, folder: Path) -> None:
        self.configuration = FunctionConfiguration(handler="app.handler", task_root=folder, name="shop")

    async def invoke(self, payload: bytes, *, receiver: Receiver | None = None, **_: object) -> Outcome:
        json.loads(payload)
        if receiver is not None:
            receiver.begin("application/json", is_streamed=False)
            await receiver.receive(payload)
            receiver.end(None)
        report = Report(request_id="", duration_ms=1.0, memory_size_mb=128, max_memory_used_mb=1)
        return Outcome(payload=payload, error_type=None, phase="invoke", report=report)


async def call(api: LambdaApi, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> int:
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query.encode("utf-8", "surrogateescape"),
        "headers": [(b"host", b"localhost"), *((name.encode(), value.encode()) for name, value in headers.items())],
    }
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    await api(scope, receive, send)
    await api.drain()
    assert sent[0]["type"] == "http.response.start"
    assert sent[-1].get("more_body", False) is False
    return sent[0]["status"]


def test_every_request_has_an_answer(tmp_path: Path) -> None:
    @settings(max_examples=500, deadline=None, database=None)
    @given(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), PATHS, QUERIES, HEADERS, BODIES)
    def answer(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        async def work() -> int:
            functions: dict[str, Callee] = {"shop": Answering(tmp_path)}
            api = LambdaApi(functions, LogTails(), log=lambda _: None)
            return await asyncio.wait_for(call(api, method, path, query, headers, body), 20)

        assert asyncio.run(work()) in ANSWERS

    answer()
