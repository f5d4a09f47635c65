"""What a cold start pays for: the modules that the adapter loads."""

import subprocess
import sys

import pytest

STANDARD_LIBRARY = {
    *("binascii", "collections", "contextlib", "copyreg", "enum", "fnmatch", "functools", "http", "ipaddress"),
    *("itertools", "json", "keyword", "math", "operator", "re", "reprlib", "types", "typing", "urllib", "warnings"),
}
"""What importing the adapter may load besides the interpreter's own start, by top-level name."""

MOST_MODULES_OF_THE_FIRST_CALL = 15

IMPORT = """
import sys
before = set(sys.modules)
import lambdakit.asgi
print(*sorted(set(sys.modules) - before))
"""

FIRST_CALL = """
import sys
from lambdakit.asgi import LambdaApp
EVENT = {
    "version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": {"host": "x.lambda-url.us-east-1.on.aws"},
    "requestContext": {"http": {"method": "GET"}, "domainName": "x.lambda-url.us-east-1.on.aws"},
}
async def app(scope, receive, send):
    message = await receive()
    if message["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"served"})
import asyncio
before = set(sys.modules)
assert LambdaApp(app)(EVENT)["body"] == "served"
print(*sorted(set(sys.modules) - before))
"""


def loaded_by(program: str) -> set[str]:
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return set(result.stdout.split())


@pytest.fixture(scope="module")
def imported() -> set[str]:
    return loaded_by(IMPORT)


def test_importing_the_adapter_loads_only_a_short_list_of_the_standard_library(imported: set[str]) -> None:
    top_level = {name.partition(".")[0].lstrip("_") for name in imported}

    assert top_level - {"lambdakit"} <= {name.lstrip("_") for name in STANDARD_LIBRARY} | {"sre"}


def test_importing_the_adapter_loads_neither_asyncio_nor_an_http_client(imported: set[str]) -> None:
    assert not imported & {"asyncio", "http.client", "socket", "ssl", "logging", "inspect", "dataclasses", "email"}


def test_the_first_call_loads_few_modules_beyond_asyncio() -> None:
    loaded = loaded_by(FIRST_CALL)

    assert len(loaded) <= MOST_MODULES_OF_THE_FIRST_CALL
    assert {name.partition(".")[0] for name in loaded} <= {"lambdakit", "atexit", "difflib"}
