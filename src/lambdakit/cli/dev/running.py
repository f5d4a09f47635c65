"""Runs a service until it is told to end."""

import asyncio
import contextlib
import os
import signal
import time
import webbrowser
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path

from lambdakit.cli.dev.keys import listen_to_keys
from lambdakit.cli.dev.screen import Screen
from lambdakit.errors import UserError
from lambdakit.operations.dev import Assembly, Service, watch


def run(assembly: Assembly, screen: Screen, *, root: Path | None) -> int:
    """Serve until Ctrl-C, SIGTERM or `q`, reloading what is saved below `root` unless that is None."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(assembly, screen, root))
    return 0


async def _serve(assembly: Assembly, screen: Screen, root: Path | None) -> None:
    service, end = assembly.service, _make_end()
    began = time.perf_counter()
    is_open = asyncio.Event()
    # Looks from before the start on, so that nothing saved meanwhile is missed.
    reloading = asyncio.create_task(_reload(service, screen, root, is_open))
    try:
        await asyncio.sleep(0)
        async with service:
            is_open.set()
            with listen_to_keys(_keys(assembly, screen, end)):
                screen.show(service.running, exports=assembly.exports, seconds=time.perf_counter() - began)
                await reloading
    finally:
        reloading.cancel()
        await asyncio.wait({reloading})


def _make_end() -> Callable[[], None]:
    """Return what ends the command, once; signals do so as well."""
    serving = asyncio.current_task()
    is_ending = False

    def end() -> None:
        nonlocal is_ending
        if serving is not None and not is_ending:
            is_ending = True
            serving.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    return end


def _keys(assembly: Assembly, screen: Screen, end: Callable[[], None]) -> Mapping[str, Callable[[], object]]:
    service, schedules, _ = assembly
    begun: set[asyncio.Task[object]] = set()

    def begin(work: Coroutine[object, object, object]) -> None:
        task = asyncio.create_task(work)
        begun.add(task)
        task.add_done_callback(begun.discard)

    def cool_down() -> None:
        begin(service.cool_down())
        screen.note("", "the next request of each function is cold")

    return {
        "c": cool_down,
        "s": lambda: begin(schedules.fire()),
        "l": screen.switch_logs,
        "o": lambda: begin(asyncio.to_thread(webbrowser.open, service.running[0].address)),
        "x": screen.clear,
        "q": end,
        "?": screen.show_keys,
    }


async def _reload(service: Service, screen: Screen, root: Path | None, is_open: asyncio.Event) -> None:
    """Reload what is saved, for ever; nothing without a folder to look at."""
    if root is None:
        await asyncio.Event().wait()
        return
    async for saved in watch(root):
        await is_open.wait()
        changed = {path for path in saved if not _is_own_output(path)}
        if not changed:
            continue
        began = time.perf_counter()
        try:
            failed = await service.reload()
        except UserError as error:
            screen.note("", f"{error}. The code of before goes on.")
        else:
            screen.show_reload(changed, root, failed=failed, seconds=time.perf_counter() - began)


def _is_own_output(path: Path) -> bool:
    """Say whether a file is one that this command itself is made to write, as by `toolkit dev > out.txt`."""
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                return True
    return False
