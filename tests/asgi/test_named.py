import os
import subprocess
import sys

import pytest

from lambdakit.asgi.named import make_handler
from lambdakit.errors import AppNotFound, NotAnApp
from tests.asgi.apps import make_event
from tests.asgi.test_loading import lambda_handler


def test_a_lambda_handler_is_used_as_it_is() -> None:
    assert make_handler("tests.asgi.test_loading:lambda_handler") is lambda_handler


def test_an_app_is_served() -> None:
    handler = make_handler("tests.asgi.test_loading:served")

    assert handler(make_event(), None)["body"] == "served"

    handler.close()  # pyright: ignore[reportFunctionMemberAccess, reportUnknownMemberType]


@pytest.mark.parametrize("name", [None, ""])
def test_the_variable_has_to_be_set(name: str | None) -> None:
    with pytest.raises(AppNotFound, match="LAMBDAKIT_APP is not set"):
        make_handler(name)


PROGRAM = """
import sys
from lambdakit.asgi.handler import handler
from tests.asgi.apps import make_event
print("started" if "asyncio" in sys.modules else "not started", handler(make_event())["body"])
"""


def run_in_an_environment(app: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LAMBDAKIT_APP": app} | variables
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_module_reads_the_variable() -> None:
    assert run_in_an_environment("tests.asgi.test_loading:served").stdout.endswith("served\n")


def test_on_lambda_what_is_no_app_fails_in_init() -> None:
    result = run_in_an_environment("json:__name__", AWS_LAMBDA_RUNTIME_API="127.0.0.1:9001")

    assert NotAnApp.__name__ in result.stderr
