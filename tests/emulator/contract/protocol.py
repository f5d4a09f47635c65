"""The Runtime API as a runtime sees it: what it is told with an event, and how wrong calls are refused."""

import base64

from tests.emulator.contract.rows import Call, Difference, Row

_CALLING = """
    import http.client, json, os
    ROOT = "/2018-06-01/runtime/"
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], timeout=10)
    def call(method, path, body=None, **headers):
        api.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = api.getresponse()
        return reply.status, reply.read(), reply.headers
    def status(*arguments, **headers):
        status, body, _ = call(*arguments, **headers)
        return [status, json.loads(body)["errorType"] if status >= 400 else body.decode().strip()]
    def send_chunks(request_id, content_type, chunks, trailers=b""):
        path = ROOT + "invocation/" + request_id + "/response"
        api.putrequest("POST", path)
        api.putheader("Content-Type", content_type)
        api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
        api.putheader("Transfer-Encoding", "chunked")
        api.putheader("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
        api.endheaders()
        for chunk in chunks:
            api.send(b"%x\\r\\n%s\\r\\n" % (len(chunk), chunk))
        api.send(b"0\\r\\n" + trailers + b"\\r\\n")
        reply = api.getresponse()
        return [reply.status, reply.read().decode().strip()]
"""
_BY_HAND = (
    _CALLING
    + """
    last = None
    while True:
        _, event, headers = call("GET", ROOT + "invocation/next")
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        def respond(body, **headers):
            return status("POST", ROOT + "invocation/" + request_id + "/response", body, **headers)
"""
)
# What the module of a function does over its own connection does not depend on the runtime that imports it.
_ONE = ("awslambdaric",)
_LATE = base64.b64encode(b'{"errorType":"Late","errorMessage":"too late"}').decode()
_HEADERS = [
    "content-type application/json",
    "lambda-runtime-aws-request-id",
    "lambda-runtime-deadline-ms",
    "lambda-runtime-invocation-id",
    "lambda-runtime-invoked-function-arn",
    "lambda-runtime-trace-id",
]


def _within(name: str, expression: str, expect: object, *differences: Difference) -> Row:
    """Return a row of a call that a handler makes in the middle of its own invocation."""
    return Row(
        name=name,
        source=f"{_CALLING}\n    handler = lambda event, context: {expression}",
        expect=(expect,),
        differences=differences,
        runtimes=_ONE,
    )


def _by_hand(
    name: str, steps: str, *, calls: int, expect: tuple[object, ...], differences: tuple[Difference, ...] = ()
) -> Row:
    """Return a row whose module speaks to the Runtime API itself and never returns."""
    indented = "\n".join(f"        {line.strip()}" for line in steps.strip().splitlines())
    return Row(
        name=name,
        source=f"{_BY_HAND}{indented}\n",
        calls=(Call(),) * calls,
        expect=expect,
        differences=differences,
        runtimes=_ONE,
    )


ROWS = (
    _within(
        "an answer for another request is refused",
        'status("POST", ROOT + "invocation/wrong/response", b"1")',
        [400, "InvalidRequestID"],
    ),
    _within(
        "an error for another request is refused",
        'status("POST", ROOT + "invocation/wrong/error", b"{}")',
        [400, "InvalidRequestID"],
    ),
    _within(
        "init cannot fail any more",
        'status("POST", ROOT + "init/error", b"{}")',
        [403, "InvalidStateTransition"],
    ),
    _within(
        "no extension can register any more",
        'status("POST", "/2020-01-01/extension/register", b\'{"events": []}\', Lambda_Extension_Name="late")',
        [403, "Extension.RegistrationClosed"],
    ),
    _within("there is nothing else", 'call("GET", "/nowhere")[0]', 404),
    _within(
        "there is no snapshot to restore",
        'call("GET", ROOT + "restore/next")[0]',
        403,
        Difference(where="rie", reason="AWS's emulator has no such path unless it caches inits", expect=(404,)),
    ),
    _within("there are no credentials but variables", 'call("GET", "/2021-04-23/credentials")[0]', 404),
    _by_hand(
        "an event comes with what a runtime has to know",
        """
        names = sorted(name.lower() for name in headers if name.lower().startswith("lambda-"))
        respond(json.dumps(["content-type " + headers["Content-Type"], *names]).encode())
        """,
        calls=1,
        expect=(_HEADERS,),
        differences=(
            Difference(
                where="rie",
                reason="AWS's emulator passes on a trace only if its caller sends one, and gives no invocation id",
                expect=([name for name in _HEADERS if not name.endswith(("trace-id", "invocation-id"))],),
            ),
        ),
    ),
    _by_hand(
        "the deadline is the time-out from now",
        """
        import time
        left = int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time()
        respond(b"true" if 25 < left < 30.5 else str(left).encode())
        """,
        calls=2,
        expect=(True, True),
    ),
    _by_hand(
        "an answer is accepted",
        """
        last, _ = respond(json.dumps(last).encode()), None
        """,
        calls=2,
        expect=(None, [202, '{"status":"OK"}']),
    ),
    _by_hand(
        "a second answer is refused and the first one stands",
        """
        respond(json.dumps(last).encode())
        last = respond(b'"second"')
        """,
        calls=2,
        expect=(None, [403, "InvalidStateTransition"]),
    ),
    _by_hand(
        "an error after an answer is refused",
        """
        respond(json.dumps(last).encode())
        last = status("POST", ROOT + "invocation/" + request_id + "/error", b'{"errorType": "Late"}')
        """,
        calls=2,
        expect=(None, [403, "InvalidStateTransition"]),
    ),
    _by_hand(
        "an error is passed on as it was posted",
        """
        error = json.dumps({"errorType": "Odd", "errorMessage": "ü", "more": [1]}).encode()
        status("POST", ROOT + "invocation/" + request_id + "/error", error)
        """,
        calls=2,
        expect=({"errorType": "Odd", "errorMessage": "ü", "more": [1]},) * 2,
    ),
    _by_hand(
        "an answer over the limit is refused with 413",
        """
        last = respond(b"x" * 6_291_557) if last is None else respond(json.dumps(last).encode())
        """,
        calls=2,
        expect=(
            {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            },
            [413, "RequestEntityTooLarge"],
        ),
    ),
    _by_hand(
        "an answer that was too large counts as the answer",
        """
        path = ROOT + "invocation/" + request_id + "/error"
        status("POST", ROOT + "invocation/" + request_id + "/response", b"x" * 6_291_557) if last is None else None
        last = status("POST", path, b'{"errorType": "Late"}') if last is None else respond(json.dumps(last).encode())
        """,
        calls=2,
        expect=(
            {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            },
            [403, "InvalidStateTransition"],
        ),
    ),
    _by_hand(
        "a streamed answer is what was sent, in order",
        """
        send_chunks(request_id, "text/event-stream", [b"one", b"two", bytes(8), b"\\xff"])
        """,
        calls=2,
        expect=(b"onetwo" + bytes(8) + b"\xff",) * 2,
    ),
    _by_hand(
        "a streamed answer may be large",
        """
        send_chunks(request_id, "application/octet-stream", [b"x" * 65536] * 32)
        """,
        calls=1,
        expect=(b"x" * 2_097_152,),
    ),
    _by_hand(
        "a streamed answer is acknowledged at its end",
        """
        last, _ = send_chunks(request_id, "application/json", [json.dumps(last).encode()]), None
        """,
        calls=2,
        expect=(None, [202, '{"status":"OK"}']),
    ),
    _by_hand(
        "an error in mid-stream is told after what was sent",
        f"""
        trailers = b"Lambda-Runtime-Function-Error-Type: Late\\r\\nLambda-Runtime-Function-Error-Body: {_LATE}\\r\\n"
        send_chunks(request_id, "text/plain", [b"one"], trailers)
        """,
        calls=1,
        expect=({"errorType": "Late", "errorMessage": "too late"},),
        differences=(
            Difference(
                where="rie",
                reason="AWS's emulator has no streaming front: its caller gets the bytes and no trailers",
                expect=(b"one",),
            ),
        ),
    ),
)
