import json
import os
import select
import socket
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .descriptors import Descriptors
from .findings import Findings
from .waking import Clock, wake

_LONGEST_ORDER = 65_536
_DESCRIPTORS_OF_AN_ORDER = 2


class Holder:
    """Holds this process at the snapshot, forks a restored one for each order and tells how each of them ended.

    Messages are JSON, one a packet. From here: `{"snapshot": [warnings]}` once, `{"order", "process"}` for each order
    and `{"process", "code"}` when one has ended. An order is `{"order", "variables", "mark", "is_examined"}` with the
    descriptors of an output and of a report. The end of the socket ends the process.
    """

    def __init__(self, control: socket.socket, log_descriptor: int) -> None:
        self._control = control
        self._log_descriptor = log_descriptor
        self._processes: dict[int, int] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def hold(self, register_hook: Callable[[Callable[[], None]], Any]) -> None:
        """Take the snapshot; returns in each restored process, and never in this one."""
        sys.stdout.flush()
        sys.stderr.flush()
        descriptors = Descriptors({self._control.fileno()})
        findings = Findings(descriptors.connections)
        clock = Clock()
        self._send({"snapshot": findings.describe_snapshot()})
        while (order := self._wait()) is None or not self._fork(order, descriptors, clock):
            pass
        _, report, orders = order
        if orders["is_examined"]:
            register_hook(lambda: _report(report, {"warnings": findings.describe_restored()}))
        _report(report, {"resumed": time.perf_counter()})

    def _wait(self) -> "tuple[int, int, dict[str, Any]] | None":
        for number, _ in self._poll.poll():
            if number != self._control.fileno():
                self._collect(number)
                continue
            message, numbers, _, _ = socket.recv_fds(self._control, _LONGEST_ORDER, _DESCRIPTORS_OF_AN_ORDER)
            if not message:
                os._exit(0)
            output, report = numbers
            os.set_inheritable(report, False)
            return output, report, json.loads(message)
        return None

    def _fork(self, order: "tuple[int, int, dict[str, Any]]", descriptors: Descriptors, clock: Clock) -> bool:
        output, report, orders = order
        with warnings.catch_warnings():
            # That threads do not survive is said in the emulator's own words.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            self._let_go()
            wake(output, self._log_descriptor, orders["variables"], tuple(orders["mark"]))
            descriptors.renew()
            clock.restore()
            return True
        os.close(output)
        os.close(report)
        # Both sides do it: whoever kills the group must not come before it exists.
        with suppress(OSError):
            os.setpgid(process, process)
        self._watch(process)
        self._send({"order": orders["order"], "process": process})
        return False

    def _watch(self, process: int) -> None:
        number = os.pidfd_open(process)
        self._processes[number] = process
        self._poll.register(number, select.POLLIN)

    def _collect(self, number: int) -> None:
        self._poll.unregister(number)
        process = self._processes.pop(number)
        os.close(number)
        _, status = os.waitpid(process, 0)
        self._send({"process": process, "code": os.waitstatus_to_exitcode(status)})

    def _let_go(self) -> None:
        self._control.close()
        for number in self._processes:
            os.close(number)

    def _send(self, message: dict[str, Any]) -> None:
        self._control.send(json.dumps(message).encode())


def _report(descriptor: int, message: dict[str, Any]) -> None:
    with suppress(OSError):
        os.write(descriptor, json.dumps(message).encode() + b"\n")
