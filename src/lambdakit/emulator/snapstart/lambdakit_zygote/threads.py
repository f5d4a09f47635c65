"""The threads of a process at its snapshot, none of which is there after a fork."""

import gc
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any


class Threads:
    """What was running at the snapshot; `names` are those of threads that nothing starts again."""

    def __init__(self) -> None:
        self._executors = list(_find("concurrent.futures.thread", "ThreadPoolExecutor"))
        self._workers = list(_find("anyio._backends._asyncio", "WorkerThread"))
        pooled = {*self._workers, *(thread for each in self._executors for thread in each._threads)}  # noqa: SLF001
        others = set(threading.enumerate()) - pooled - {threading.main_thread()}
        self.names = sorted(each.name for each in others)

    def renew(self) -> None:
        """Let the pools know that their threads are gone, so that they start others for the next piece of work.

        On AWS their threads would still be there, waiting.
        """
        for executor in self._executors:
            _renew_executor(executor)
        for worker in self._workers:
            worker.idle_workers.clear()
            worker.workers.clear()


def _find(module: str, name: str) -> Iterator[Any]:
    kind = getattr(sys.modules.get(module), name, None)
    if kind is not None:
        yield from (each for each in gc.get_objects() if issubclass(type(each), kind))


def _renew_executor(executor: Any) -> None:
    executor._threads.clear()  # noqa: SLF001 (there is no public way to start them anew)
    executor._idle_semaphore = threading.Semaphore(0)  # noqa: SLF001
    # Nor may the queue be used any more: a thread that is gone may have had its lock.
    waiting, work = executor._work_queue, queue.SimpleQueue[Any]()  # noqa: SLF001
    executor._work_queue = work  # noqa: SLF001
    with suppress(queue.Empty):
        while True:
            work.put(waiting.get_nowait())
