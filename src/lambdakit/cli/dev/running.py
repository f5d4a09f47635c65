"""Runs a service until it is told to end."""

import asyncio
import contextlib
import signal
import time
from pathlib import Path

from lambdakit.cli.dev.keys import listen_to_keys
from lambdakit.cli.dev.screen import Screen
from lambdakit.errors import UserError
from lambdakit.operations.dev import Service, watch


def run(service: Service, screen: Screen, *, root: Path | None) -> int:
    """Serve until Ctrl-C, SIGTERM or `q`, reloading what is saved below `root` unless that is None."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(service, screen, root))
    return 0


async def _serve(service: Service, screen: Screen, root: Path | None) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    began = time.perf_counter()
    async with service:
        screen.show(service.running, seconds=time.perf_counter() - began)
        tasks: list[asyncio.Task[object]] = [asyncio.create_task(ended.wait())]
        if root is not None:
            tasks.append(asyncio.create_task(_reload(service, screen, root)))
        try:
            with listen_to_keys({"q": ended.set, "c": lambda: _cool_down(service, screen), "?": screen.show_keys}):
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _reload(service: Service, screen: Screen, root: Path) -> None:
    async for changed in watch(root):
        began = time.perf_counter()
        try:
            await service.reload()
        except UserError as error:
            screen.note("", f"{error}. The code of before goes on.")
        else:
            screen.show_reload(changed, root, seconds=time.perf_counter() - began)


_cooling: set[asyncio.Task[None]] = set()


def _cool_down(service: Service, screen: Screen) -> None:
    task = asyncio.create_task(service.cool_down())
    _cooling.add(task)
    task.add_done_callback(_cooling.discard)
    screen.note("", "the next request of each function is cold")
