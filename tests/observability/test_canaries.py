"""Secrets that are sent everywhere and may be found in no log."""

import base64
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.emulator.functions import Run
from tests.observability.functions import RUNTIMES, call, get, written

CANARY = "canary"
"""What every secret below contains."""
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
VARIABLES = {
    "DATABASE_URL": "postgresql://shop:canary-database@db.example.com/shop",
    "STRIPE_API_KEY": "sk_live_canary_stripe",
    "SHOP_SECRET": "canary 'with' \"quotes\" \\ and ü",
    "SESSION_TOKEN": "canary-session-token",
}

APP = """
    import logging, os, sys
    from fastapi import FastAPI, Form, Request
    from lambdakit.asgi import LambdaApp
    from lambdakit.observability import AccessLog, setup

    observability = setup(service="shop")
    logger = logging.getLogger(__name__)
    app = FastAPI()
    app.add_middleware(AccessLog)

    class DatabaseError(Exception):
        pass

    @app.api_route("/{place}", methods=["GET", "POST"])
    async def everything(place: str, request: Request):
        body = await request.body()
        headers, query = dict(request.headers), dict(request.query_params)
        logger.info("headers %s", headers)
        logger.info("headers %s", request.headers.raw)
        logger.info("query %s", request.url, extra={"query": query, "headers": headers})
        logger.info({"headers": headers, "cookies": request.cookies})
        logger.info(request.scope.get("aws.event"))
        logger.info("event %s", request.scope.get("aws.event"))
        logger.info("scope %r", request.scope)
        logger.warning("authorization is %s", headers.get("authorization", "").partition(" ")[2])
        logger.info("token %s", query.get("access_token"))
        logger.info("the environment: %s", dict(os.environ))
        observability.logger.info("powertools", headers=headers, url=str(request.url))
        if "AWS_LAMBDA_RUNTIME_API" in os.environ:
            print("printed", headers, query, dict(os.environ), sep="\\n")
            print(os.environ["SHOP_SECRET"], os.environ["DATABASE_URL"], file=sys.stderr)
        for password in (body and [each for each in (await read(request)).values() if each]):
            logger.info("bad password %s", password)
            logger.info("quoted %r", password)
        try:
            raise ConnectionError(f"cannot connect to {os.environ['DATABASE_URL']} as {os.environ['SHOP_SECRET']!r}")
        except ConnectionError as error:
            error.add_note(f"with {os.environ['STRIPE_API_KEY']}")
            raise DatabaseError(headers, body, str(request.url)) from error

    async def read(request):
        if request.headers["content-type"] == "application/json":
            return (await request.json())["login"]
        return {"password": (await request.form())["password"]}

    handler = LambdaApp(app)
"""

HEADERS = {
    "authorization": f"Bearer {CANARY}-bearer",
    "cookie": f"session={CANARY}-cookie-1; theme=dark; other={CANARY}-cookie-2",
    "x-api-key": f"{CANARY}-api-key",
    "x-csrf-token": JWT,
    "proxy-authorization": "Basic " + base64.b64encode(b"bob:canary-basic").decode(),
    "x-amz-security-token": f"{CANARY}/security+token==",
}
QUERY = f"access_token={CANARY}-query&page=2&X-Amz-Signature={CANARY}-signature&password={quote('canary &=% query')}"
JSON_BODY = json.dumps({"login": {"password": 'canary "json" body', "client_secret": "canary-json-ü"}}).encode()
FORM_BODY = b"user=bob&password=canary+form+body%26"

REQUESTS: list[dict[str, Any]] = [
    {"method": "GET", "body": b"", "headers": HEADERS},
    {"method": "POST", "body": JSON_BODY, "headers": {**HEADERS, "content-type": "application/json"}},
    {"method": "POST", "body": FORM_BODY, "headers": {**HEADERS, "content-type": "application/x-www-form-urlencoded"}},
]


def encode(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def assert_nothing_leaks(log: str) -> None:
    encoded = [base64.b64encode(body).decode() for body in (JSON_BODY, FORM_BODY)]
    for secret in ("canary", JWT, "c2lnbmF0dXJl", HEADERS["proxy-authorization"][6:], *encoded):
        found = [line for line in log.splitlines() if secret in line]
        assert found == []


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_secret_is_in_the_log_of_a_function(tmp_path: Path, runtime: str, log_format: str) -> None:
    events = [
        get(
            "/secrets",
            query=QUERY,
            **{**each, "headers": [(n.encode(), v.encode()) for n, v in each["headers"].items()]},
        )
        for each in REQUESTS
    ]
    run = call(tmp_path, APP, runtime, *events, variables=VARIABLES, log_format=log_format)
    assert [json.loads(outcome.payload)["statusCode"] for outcome in run.outcomes] == [500] * 3
    assert len([line for line in written(run) if '"DatabaseError"' in line]) >= 2 * len(events)
    assert_nothing_leaks("\n".join(run.log))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path, int]]:
    """The app behind uvicorn, in a process of its own."""
    (tmp_path / "app.py").write_text(textwrap.dedent(APP))
    log = tmp_path / "log"
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", "0"]
    with log.open("wb") as output:
        environment = {**os.environ, **VARIABLES}
        process = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=output, env=environment)
        try:
            yield process, log, find_port(log)
        finally:
            process.terminate()
            process.wait(20)


def find_port(log: Path) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if "Uvicorn running on" in line:
                return int(line.partition("http://127.0.0.1:")[2].split()[0].rstrip('",'))
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_no_secret_is_in_the_log_of_a_server(server: tuple[subprocess.Popen[bytes], Path, int]) -> None:
    process, log, port = server
    for each in REQUESTS:
        address = f"http://127.0.0.1:{port}/secrets?{QUERY}"
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(address, each["body"] or None, each["headers"], method=each["method"]), timeout=20)
        assert refused.value.code == 500
        refused.value.close()
    process.terminate()
    process.wait(20)
    logged = log.read_text().splitlines()
    assert [json.loads(line)["service"] for line in logged] == ["shop"] * len(logged)
    assert len([line for line in logged if json.loads(line).get("exception_name") == "DatabaseError"]) == len(REQUESTS)
    assert len([line for line in logged if json.loads(line).get("message") == "request"]) == len(REQUESTS)
    assert_nothing_leaks("\n".join(logged))


ECHO = """
    import logging, sys
    from lambdakit.asgi import LambdaApp
    from lambdakit.observability import AccessLog, setup

    setup(service="shop")
    logger = logging.getLogger(__name__)

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        text = (await receive())["body"].decode("utf-8", "surrogatepass")
        logger.info(text)
        logger.info("said %s", text, extra={"said": text, "headers": scope["headers"]})
        print(text)
        sys.stderr.write(text + "\\n")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
        raise RuntimeError(text)

    handler = LambdaApp(AccessLog(app), lifespan="off")
"""

HOSTILE = [
    'x\n{"level":"FORGED"}',
    '{"level":"FORGED"}',
    '{"level":"FORGED"}\n',
    '{"_aws":1,"level":"FORGED"}',
    '{"level":"FORGED","_aws":{"CloudWatchMetrics":[]}}',
    "\r\n\r\nSTART RequestId: FORGED",
    "\u2028{}\u2029\x85",
    "\x1b[2J\x1b[1;1H",
    "nul \0 nul",
    "\ud800 lone",
    "[ERROR] FORGED",
    "\xa5Z\0\x03\0\0\0\x05",
]
"""Texts by which a caller may try to write a line of his own."""


TEXTS = st.text(min_size=1).filter(lambda text: text != "\n") | st.sampled_from(HOSTILE)


def to_event(text: str) -> Any:
    raw = text.encode("utf-8", "surrogatepass")
    header = text.encode("latin-1", "replace").translate(None, b"\r\n\0")
    return get(
        "/" + text.encode("utf-8", "replace").decode(), method="POST", body=raw, headers=[(b"x-request-id", header)]
    )


def assert_nothing_is_forged(run: Run, texts: list[str], log_format: str) -> None:
    logged = [line for line in written(run) if not line.startswith('{"_aws":')]
    documents = len(written(run)) - len(logged)
    assert [line for line in run.log if log_format == "JSON" and not isinstance(json.loads(line), dict)] == []
    assert {line.partition(":")[0] for line in logged} == {'{"level"'}
    # Of each request two lines of the app, two prints, the access line and the report of the exception.
    assert len(logged) == 6 * len(texts) - documents
    assert {json.loads(line)["level"] for line in logged} == {"INFO", "ERROR"}
    assert {json.loads(line)["service"] for line in logged} == {"shop"}


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_text_of_a_caller_forges_a_line(tmp_path: Path, runtime: str, log_format: str) -> None:
    run = call(tmp_path, ECHO, runtime, *map(to_event, HOSTILE), log_format=log_format)
    assert_nothing_is_forged(run, HOSTILE, log_format)


@pytest.mark.parametrize("runtime", RUNTIMES)
@settings(
    max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXTS, min_size=40, max_size=40))
def test_no_random_text_forges_a_line(tmp_path: Path, runtime: str, texts: list[str]) -> None:
    run = call(tmp_path, ECHO, runtime, *map(to_event, texts), log_format="JSON")
    assert_nothing_is_forged(run, texts, "JSON")
