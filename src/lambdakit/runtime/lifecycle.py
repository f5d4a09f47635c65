"""The end of an environment: what Lambda sends, and what is done in the time that it leaves."""

import contextlib
import os
import signal
import socket
import sys
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from lambdakit.coldstart.hooks import shutdown_hooks
from lambdakit.runtime.client import exchange
from lambdakit.runtime.connection import BlockingConnection, connect
from lambdakit.runtime.wire import Request

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

_ROOT = "/2020-01-01/extension"
_IDENTIFIER = "lambda-extension-identifier"
_SHUTDOWN_SECONDS = 0.15
"""What Lambda leaves a runtime beside an internal extension: 30 percent of 500 ms."""


class Terminated(SystemExit):
    """Lambda ends the environment; of all exceptions, event loops let only this kind pass."""


def expect_the_end() -> None:
    """Let SIGTERM break into whatever the main thread does."""
    signal.signal(signal.SIGTERM, _break_in)


def expect_the_end_on(loop: "AbstractEventLoop") -> None:
    """Let SIGTERM end an event loop that runs for good, also one that comes just before the loop waits."""
    loop.add_signal_handler(signal.SIGTERM, _raise)


def _break_in(_number: int, _frame: FrameType | None) -> None:
    if (asyncio := sys.modules.get("asyncio")) is not None:
        with contextlib.suppress(RuntimeError):
            # Raised in the middle of a task it would be the failure of that task alone.
            asyncio.get_running_loop().call_soon_threadsafe(_raise)
            return
    _raise()


def _raise() -> NoReturn:
    raise Terminated


def park_extension(address: str) -> socket.socket | None:
    """Register an extension that takes no events, as Lambda sends SIGTERM only where there is one.

    Returns:
        The connection on which it waits, to be kept open, or None where no extension is taken.
        Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    """
    connection = BlockingConnection(address)
    request = Request("POST", f"{_ROOT}/register", {"Lambda-Extension-Name": "lambdakit"}, b'{"events":[]}')
    response = connection.run(exchange(request, 1.0))
    connection.close()
    identifier = response.headers.get(_IDENTIFIER) if response else None
    if identifier is None:
        return None
    with contextlib.suppress(OSError):
        parked = connect(address)
        waiting = Request("GET", f"{_ROOT}/event/next", {"Lambda-Extension-Identifier": identifier})
        parked.sendall(waiting.encode(address))
        return parked
    return None


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(0)


def leave_if_forked(process_id: int) -> None:
    """End a child that the handler forked and that came back: only its parent may speak for the environment."""
    if os.getpid() != process_id:
        os._exit(0)


def shut_down() -> NoReturn:
    """Run the hooks for the end and leave, in the time that Lambda gives."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _leave)
    signal.setitimer(signal.ITIMER_REAL, _SHUTDOWN_SECONDS)
    for hook in shutdown_hooks():
        with contextlib.suppress(Exception):
            run_hook(hook)
    sys.stdout.flush()
    os._exit(0)


def run_hook(hook: Any) -> None:
    """Run a hook, plain or async, to its end."""
    result = hook()
    if hasattr(result, "__await__"):
        from lambdakit.runtime.loop import MainLoop, hosted_loop  # noqa: PLC0415 (plain hooks need no event loop)

        (hosted_loop() or MainLoop()).run(_wait(result))


async def _wait(result: Any) -> None:
    await result
