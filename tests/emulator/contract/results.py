"""Events, results and what a handler learns beside the event."""

import json

from lambdakit.events import FORMATS, Request
from tests.emulator.contract.answers import ID, REFUSED, Seen, raised
from tests.emulator.contract.rows import Call, Difference, Row

_VALUES: tuple[Seen, ...] = (
    None,
    True,
    0,
    -1.5,
    "",
    "Ünï \u2028 🛒",
    [],
    [1, [2, {}]],
    {"a": {"b": None}},
    'line\nbreak\ttab"quote\\',
)
_LIMIT = 6_291_556
_TOO_LARGE = f"Response payload size exceeded maximum allowed payload size ({_LIMIT} bytes)."
_NOT_STREAMED = "AWS's runtime client cannot stream: the result is complete before it is posted"
_SERVER_ERROR = {
    "statusCode": 500,
    "headers": {"content-type": "text/plain; charset=utf-8"},
    "body": "Internal Server Error",
    "isBase64Encoded": False,
}
_REQUEST = Request("GET", "/items/42", b"/items/42", b"", [(b"host", b"shop.test")], b"")
_EVENT = json.dumps(FORMATS["function-url"].encode_request(_REQUEST)).encode()
_STREAM = {"Content-Type": "text/plain"}


def _context_expected(group: str, stream: str) -> dict[str, object]:
    return {
        "id": ID,
        "function": ["orders", "$LATEST", "256"],
        "arn": ["arn", "aws", "lambda", "us-east-1", "function", "orders"],
        "group": group,
        "stream": stream,
        "client": None,
        "identity": [None, None],
        "tenant": None,
        "left": [True, True],
    }


def _of_size(size: int) -> bytes:
    return b'"' + b"x" * (size - 2) + b'"'


ROWS = (
    Row(
        name="every JSON value goes in and comes out",
        source="handler = lambda event, context: event",
        calls=tuple(Call(json.dumps(value, ensure_ascii=False).encode()) for value in _VALUES),
        expect=_VALUES,
    ),
    Row(
        name="an event in ASCII is the same event",
        source="handler = lambda event, context: [event, len(event)]",
        calls=(Call(b'"\\u00dcn\\ud83d\\uded2"'),),
        expect=(["Ün🛒", 3],),
    ),
    Row(
        name="bytes that a function returns are the payload",
        source="handler = lambda event, context: bytes(event)",
        calls=(Call(b"[0, 255, 10]"), Call(b"[]")),
        expect=(b"\x00\xff\n", b""),
    ),
    Row(
        name="a number too large for Python is infinite",
        source="handler = lambda event, context: repr(event)",
        calls=(Call(b"1e999"), Call(b"123456789012345678901234567890")),
        expect=("inf", "123456789012345678901234567890"),
    ),
    Row(
        name="NaN is no JSON",
        source="handler = lambda event, context: repr(event)",
        calls=(Call(b"NaN"),),
        expect=(
            raised(
                "Runtime.UnmarshalError",
                "Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)",
                has_trace=False,
            ),
        ),
        differences=(
            Difference(
                where="lambdakit", reason="Python's own parser takes NaN, AWS's client brings another", expect=("nan",)
            ),
        ),
    ),
    Row(
        name="the context tells what Lambda tells",
        source="""
            def handler(event, context):
                left = context.get_remaining_time_in_millis()
                arn = context.invoked_function_arn.split(":")
                return {
                    "id": context.aws_request_id,
                    "function": [context.function_name, context.function_version, context.memory_limit_in_mb],
                    "arn": arn[:4] + arn[5:],
                    "group": context.log_group_name,
                    "stream": context.log_stream_name.partition("]")[0][-8:],
                    "client": context.client_context,
                    "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
                    "tenant": context.tenant_id,
                    "left": [left > 15_000, left <= 30_000],
                }
        """,
        expect=(_context_expected("/aws/lambda/orders", "[$LATEST"),),
        differences=(
            Difference(
                where="rie",
                reason="AWS's emulator knows one log group and one stream for all functions",
                expect=(_context_expected("/aws/lambda/Functions", "$LATEST"),),
            ),
        ),
    ),
    Row(
        name="a client context reaches the function",
        source="""
            def handler(event, context):
                client = context.client_context
                if client is None:
                    return None
                app = client.client and client.client.app_title
                return [client.custom, client.env, app]
        """,
        calls=(
            Call(client_context={"custom": {"who": "Jörg"}, "env": {"a": "b"}, "client": {"app_title": "shop"}}),
            Call(client_context={"custom": {}}),
            Call(client_context={}),
            Call(),
        ),
        expect=([{"who": "Jörg"}, {"a": "b"}, "shop"], [{}, None, None], [None, None, None], None),
    ),
    Row(
        name="each invocation has a request id and a deadline of its own",
        source="""
            import time
            seen, deadlines = [], []
            def handler(event, context):
                seen.append(context.aws_request_id)
                deadlines.append(time.time() + context.get_remaining_time_in_millis() / 1000)
                time.sleep(0.05)
                return [len(set(seen)), sorted(deadlines) == deadlines, len(set(deadlines))]
        """,
        calls=(Call(),) * 3,
        expect=([1, True, 1], [2, True, 2], [3, True, 3]),
    ),
    Row(
        name="the process has the variables of a function",
        source="""
            import os
            NAMES = "_HANDLER", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "STAGE"
            def handler(event, context):
                return [os.environ[name] for name in NAMES] + ["AWS_LAMBDA_RUNTIME_API" in os.environ]
        """,
        variables={"STAGE": "test"},
        expect=(["app.handler", "orders", "256", "test", True],),
    ),
    Row(
        name="state, files and variables stay from one invocation to the next",
        source="""
            import os, pathlib, tempfile
            kept = pathlib.Path(tempfile.mkdtemp(), "kept")
            calls = []
            def handler(event, context):
                calls.append(event)
                os.environ["CALLS"] = os.environ.get("CALLS", "") + str(event)
                kept.write_text((kept.read_text() if kept.exists() else "") + str(event))
                return [calls, os.environ["CALLS"], kept.read_text()]
        """,
        calls=(Call(b"1"), Call(b"2"), Call(b"3")),
        expect=([[1], "1", "1"], [[1, 2], "12", "12"], [[1, 2, 3], "123", "123"]),
    ),
    Row(
        name="one process serves them all",
        source="""
            import os
            processes = {os.getpid()}
            def handler(event, context):
                processes.add(os.getpid())
                return len(processes)
        """,
        calls=(Call(),) * 20,
        expect=(1,) * 20,
    ),
    Row(
        name="the working folder is the code folder",
        source="""
            import os, pathlib
            folders = {pathlib.Path(__file__).parent, pathlib.Path.cwd(), pathlib.Path(os.environ["LAMBDA_TASK_ROOT"])}
            handler = lambda event, context: len(folders)
        """,
        expect=(1,),
    ),
    Row(
        name="a result as large as Lambda takes goes through and one byte more does not",
        source="""
            calls = 0
            def handler(event, context):
                global calls
                calls += 1
                return calls if event is None else "x" * event
        """,
        # A JSON string has two quotes more.
        calls=(Call(b"%d" % (_LIMIT - 2)), Call(b"%d" % (_LIMIT - 1)), Call(b"null")),
        expect=("x" * (_LIMIT - 2), {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": _TOO_LARGE}, 1),
        differences=(
            Difference(
                where="lambdakit",
                reason="AWS's runtime client gives up after a refused response, the toolkit's goes on",
                expect=(
                    "x" * (_LIMIT - 2),
                    {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": _TOO_LARGE},
                    3,
                ),
            ),
        ),
    ),
    Row(
        name="an event as large as Lambda takes arrives and one byte more is refused",
        source="handler = lambda event, context: len(event)",
        calls=(Call(_of_size(_LIMIT)), Call(_of_size(_LIMIT + 1)), Call(b'"x"')),
        expect=(_LIMIT - 2, REFUSED, 1),
        differences=(
            Difference(
                where="rie",
                reason="AWS's emulator cuts off what is over the limit, so that the function gets no JSON",
                expect=(
                    _LIMIT - 2,
                    raised(
                        "Runtime.UnmarshalError",
                        "Unable to unmarshal input: Unterminated string starting at: line 1 column 1 (char 0)",
                        has_trace=False,
                    ),
                    1,
                ),
            ),
        ),
    ),
    Row(
        name="an async handler is awaited",
        source="""
            import asyncio
            async def handler(event, context):
                await asyncio.sleep(0)
                return event
        """,
        calls=(Call(b"1"), Call(b"2")),
        expect=(1, 2),
        differences=(
            Difference(
                where="awslambdaric",
                reason="AWS's runtime client calls plain functions only",
                expect=(
                    raised(
                        "Runtime.MarshalError",
                        "Unable to marshal response: Object of type coroutine is not JSON serializable",
                        has_trace=False,
                    ),
                )
                * 2,
            ),
        ),
    ),
    Row(
        name="an app's response goes out in pieces where the caller streams",
        source="""
            from lambdakit.asgi import LambdaApp
            async def app(scope, receive, send):
                headers = [(b"content-type", b"text/plain")]
                await send({"type": "http.response.start", "status": 201, "headers": headers})
                await send({"type": "http.response.body", "body": b"one ", "more_body": True})
                await send({"type": "http.response.body", "body": "zwölf".encode()})
            handler = LambdaApp(app, lifespan="off")
        """,
        variables={"LAMBDAKIT_STREAMING": "function-url"},
        calls=(Call(_EVENT),) * 2,
        expect=(b'{"statusCode": 201, "headers": {"content-type": "text/plain"}}' + bytes(8) + "one zwölf".encode(),)
        * 2,
        differences=(
            Difference(
                where="awslambdaric",
                reason=_NOT_STREAMED,
                expect=(
                    {
                        "statusCode": 201,
                        "headers": {"content-type": "text/plain"},
                        "body": "one zwölf",
                        "isBase64Encoded": False,
                    },
                )
                * 2,
            ),
        ),
    ),
    Row(
        name="an app that fails in mid-stream is told so after what was sent",
        source="""
            from lambdakit.asgi import LambdaApp
            async def app(scope, receive, send):
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"one", "more_body": True})
                raise ValueError("out of tea")
            handler = LambdaApp(app, lifespan="off")
        """,
        variables={"LAMBDAKIT_STREAMING": "function-url"},
        calls=(Call(_EVENT),),
        expect=(raised("ValueError", "out of tea"),),
        differences=(
            Difference(
                where="rie",
                reason="AWS's emulator has no streaming front: its caller gets the bytes and no trailers",
                expect=(b'{"statusCode": 200, "headers": {}}' + bytes(8) + b"one",),
            ),
            Difference(where="awslambdaric", reason=_NOT_STREAMED, expect=(_SERVER_ERROR,)),
            Difference(where="rie awslambdaric", reason=_NOT_STREAMED, expect=(_SERVER_ERROR,)),
        ),
    ),
)
