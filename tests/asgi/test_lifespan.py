import asyncio
import subprocess
import sys
from typing import Any

import pytest

from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.errors import LifespanFailed, OptionError
from tests.asgi.apps import answering, send, serving


class Counting:
    """An app that counts its startups and shutdowns and hands out its state."""

    def __init__(self, *, failures: int = 0) -> None:
        self.startups = 0
        self.shutdowns = 0
        self.failures = failures
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.scopes.append(scope)
            await answering(b"served")(scope, receive, send)
            return
        await receive()
        self.startups += 1
        if self.startups <= self.failures:
            await send({"type": "lifespan.startup.failed", "message": "Traceback ...\nConnectionError: no database"})
            return
        scope["state"]["pool"] = f"pool {self.startups}"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.shutdowns += 1
        await send({"type": "lifespan.shutdown.complete"})


@pytest.mark.requirement("lifespan-once")
def test_a_hundred_invocations_start_the_app_once_and_closing_stops_it_once() -> None:
    app = Counting()

    with serving(app) as handler:
        for _ in range(100):
            assert send(handler).body == b"served"
        assert (app.startups, app.shutdowns) == (1, 0)

    assert (app.startups, app.shutdowns) == (1, 1)


@pytest.mark.requirement("lifespan-once")
def test_every_scope_has_its_own_copy_of_the_state() -> None:
    app = Counting()

    with serving(app) as handler:
        send(handler)
        app.scopes[0]["state"]["user"] = "alice"
        send(handler)

    assert app.scopes[1]["state"] == {"pool": "pool 1"}


def test_a_closed_handler_starts_again_with_the_next_event() -> None:
    app = Counting()

    with serving(app) as handler:
        send(handler)
        handler.close()
        send(handler)

    assert (app.startups, app.shutdowns) == (2, 2)


@pytest.mark.requirement("lifespan-failure")
def test_a_startup_that_fails_is_an_error_and_the_next_event_tries_again(caplog: pytest.LogCaptureFixture) -> None:
    app = Counting(failures=1)

    with serving(app) as handler:
        with pytest.raises(LifespanFailed, match="the app refused to start: ConnectionError: no database"):
            send(handler)
        assert send(handler).body == b"served"

    assert app.startups == 2
    assert "Traceback ..." in caplog.text


def test_a_failed_startup_may_give_no_reason() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed"})

    with serving(app) as handler, pytest.raises(LifespanFailed, match="it gave no reason"):
        send(handler)


@pytest.mark.parametrize("raises", [True, False])
def test_an_app_that_does_not_know_the_protocol_is_served_without_it(raises: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if raises:
                raise KeyError("method")
            return
        assert scope["state"] == {}
        await answering(b"served")(scope, receive, send)

    with serving(app) as handler:
        assert send(handler).body == b"served"


def test_an_app_that_exits_while_it_starts_has_failed() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        sys.exit("no configuration")

    with serving(app) as handler, pytest.raises(LifespanFailed, match="SystemExit: no configuration"):
        send(handler)


def test_an_app_has_to_know_the_protocol_when_it_is_asked_to() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("method")

    with serving(app, lifespan="on") as handler, pytest.raises(LifespanFailed, match="KeyError: 'method'"):
        send(handler)


def test_the_protocol_is_left_out_when_it_is_switched_off() -> None:
    app = Counting()

    with serving(app, lifespan="off") as handler:
        send(handler)

    assert app.startups == 0
    assert app.scopes[0]["state"] == {}


def test_an_unknown_mode_is_refused() -> None:
    unknown: Any = "sometimes"

    with pytest.raises(OptionError, match="lifespan is 'sometimes'"), serving(Counting(), lifespan=unknown):
        pass


@pytest.mark.parametrize("ending", ["fails", "raises", "hangs"])
def test_a_shutdown_that_goes_wrong_is_logged_and_does_not_keep_the_process(
    ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answering(b"served")(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if ending == "fails":
            await send({"type": "lifespan.shutdown.failed", "message": "the pool is stuck"})
        elif ending == "raises":
            raise RuntimeError("the pool is stuck")
        else:
            await asyncio.get_running_loop().create_future()

    with serving(app) as handler:
        send(handler)

    assert ("the pool is stuck" in caplog.text) is (ending != "hangs")


def test_an_app_whose_lifespan_ended_early_is_closed_without_a_word() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await answering(b"served")(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})

    with serving(app) as handler:
        assert send(handler).body == b"served"


PROGRAM = """
from lambdakit.asgi import LambdaApp
from tests.asgi.apps import make_event

async def app(scope, receive, send):
    message = await receive()
    if message["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("stopped")
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

print(LambdaApp(app)(make_event())["statusCode"])
"""


def test_the_app_is_stopped_when_the_interpreter_exits() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout == "200\nstopped\n"
    assert result.stderr == ""
