import json
import os
import select
import socket
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from .descriptors import Descriptors
from .findings import Findings
from .threads import Threads
from .waking import Clock, wake

_LONGEST_ORDER = 65_536
_DESCRIPTORS_OF_AN_ORDER = 2


class Order(NamedTuple):
    """What to restore: `content` is what the emulator says, beside where output and reports go."""

    content: dict[str, Any]
    output: int
    report: int


class Holder:
    """Holds this process at the snapshot, forks a restored one for each order and tells how each of them ended.

    Messages are JSON, one a packet. From here: `{"snapshot": [warnings], "moment"}` once, `{"order", "process"}` for
    each order and `{"process", "code"}` when one has ended. An order is
    `{"order", "variables", "mark", "scratch", "is_examined"}` with the descriptors of an output and of a report. The
    end of the socket ends the process.
    """

    def __init__(self, control: int, log_descriptor: int) -> None:
        self._control = socket.socket(fileno=control)
        self._log_descriptor = log_descriptor
        self._processes: dict[int, int] = {}
        self._poll = select.poll()
        self._poll.register(self._control, select.POLLIN)

    def hold(self, register_hook: Callable[[Callable[[], None]], Any], moment: float) -> None:
        """Take the snapshot, which was due at a moment; returns in each restored process, and never in this one."""
        sys.stdout.flush()
        sys.stderr.flush()
        descriptors, threads, clock = Descriptors({self._control.fileno()}), Threads(), Clock()
        findings = Findings(descriptors.connections, threads.names)
        self._send({"snapshot": _ask(findings.describe_snapshot), "moment": moment})
        scratch = _make_scratch()
        order = self._wait_for_restore()
        wake(order.output, self._log_descriptor, order.content["variables"], tuple(order.content["mark"]))
        _take_scratch(scratch, order, descriptors.written_in_tmp)
        descriptors.renew()
        threads.renew()
        clock.restore()
        if order.content["is_examined"]:
            register_hook(lambda: _report(order.report, {"warnings": _ask(findings.describe_restored)}))
        _report(order.report, {"resumed": time.perf_counter()})

    def _wait_for_restore(self) -> Order:
        while True:
            for number, _ in self._poll.poll():
                if number != self._control.fileno():
                    self._collect(number)
                elif self._fork(order := self._take_order()):
                    return order

    def _take_order(self) -> Order:
        message, numbers, _, _ = socket.recv_fds(self._control, _LONGEST_ORDER, _DESCRIPTORS_OF_AN_ORDER)
        if not message:
            os._exit(0)
        output, report = numbers
        os.set_inheritable(report, False)  # noqa: FBT003 (the only way to say it)
        return Order(json.loads(message), output, report)

    def _fork(self, order: Order) -> bool:
        """Fork, and say whether this is the new process."""
        with warnings.catch_warnings():
            # That threads do not survive is said in the emulator's own words.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            self._let_go()
            return True
        os.close(order.output)
        os.close(order.report)
        # Both sides do it: whoever kills the group must not come before it exists.
        with suppress(OSError):
            os.setpgid(process, process)
        self._watch(process)
        self._send({"order": order.content["order"], "process": process})
        return False

    def _let_go(self) -> None:
        self._control.close()
        for number in self._processes:
            os.close(number)

    def _watch(self, process: int) -> None:
        number = os.pidfd_open(process)
        self._processes[number] = process
        self._poll.register(number, select.POLLIN)

    def _collect(self, number: int) -> None:
        self._poll.unregister(number)
        process = self._processes.pop(number)
        os.close(number)
        code = 0
        # Somebody else may have collected it: a handler of SIGCHLD, or the kernel where that is ignored.
        with suppress(ChildProcessError):
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        self._send({"process": process, "code": code})

    def _send(self, message: dict[str, Any]) -> None:
        self._control.send(json.dumps(message).encode())


def _make_scratch() -> Callable[[str], None]:
    """Return what gives a restored process its own /tmp; loaded before, so that no restore waits for it."""
    try:
        return import_module(".scratch", __package__).Scratch().replace
    except ImportError as error:
        problem = OSError(str(error))

    def refuse(_: str) -> None:
        raise problem

    return refuse


def _take_scratch(replace: Callable[[str], None], order: Order, written: list[str]) -> None:
    """Give this process its own /tmp, unless files are open there: a database would miss the one it has opened."""
    if order.content["scratch"] is None:
        return
    problem = f"files in it were open at the snapshot: {', '.join(written)}; open them in an after_restore hook"
    try:
        if not written:
            replace(order.content["scratch"])
            return
    except OSError as error:
        problem = str(error)
    if order.content["is_examined"]:
        _report(order.report, {"notes": [f"the environments of this snapshot share /tmp, unlike on AWS: {problem}"]})


def _ask(describe: Callable[[], list[str]]) -> list[str]:
    try:
        return describe()
    except Exception as error:  # noqa: BLE001 (the function has to go on, whatever its modules hold)
        return [f"what the snapshot clones could not be looked at: {type(error).__name__}: {error}"]


def _report(descriptor: int, message: dict[str, Any]) -> None:
    with suppress(OSError):
        os.write(descriptor, json.dumps(message).encode() + b"\n")
