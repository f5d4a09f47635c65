"""Work that goes on after a buffered response."""

import time
from http import HTTPStatus
from statistics import median

from proofs.account import Account
from proofs.calls import Caller, signer
from proofs.finding import Finding, judge, milliseconds

_REQUESTS = 20
_WORK = 0.5
_QUESTIONS, _QUESTION_PAUSE = 60, 0.05


def prove(account: Account) -> Finding:
    """Deploy a function that answers whole, and see its work done."""
    function = account.make_function("work")
    return measure(Caller(account.make_url(function, "BUFFERED"), signer(account.session), patience=account.patience))


def measure(caller: Caller, *, seconds: float = _WORK, pause: float = _WORK * 2) -> Finding:
    """Ask twenty times for some seconds of work after the response, and count the work that was done."""
    host = caller.wait("/marks").json()
    found = [_ask_and_wait(caller, number, seconds, pause) for number in range(_REQUESTS)]
    done = _count_done(caller)
    typical = median(last for _, last in found)
    figures = {
        "response": milliseconds(typical),
        "work": milliseconds(seconds),
        "done": f"{done} of {_REQUESTS}",
    }
    return judge(
        figures,
        (host["is_hosted"], "the wrapper script did not start the toolkit's runtime"),
        (all(status == HTTPStatus.OK for status, _ in found), "a request was not answered"),
        (typical < seconds, f"the response took {milliseconds(typical)}, so it waited for the work"),
        (done == _REQUESTS, f"{_REQUESTS - done} pieces of work were not done"),
    )


def _ask_and_wait(caller: Caller, number: int, seconds: float, pause: float) -> tuple[int, float]:
    response = caller.ask("POST", f"/jobs/{number}?seconds={seconds}")
    # A request during the work would start another environment.
    time.sleep(pause)
    return response.status, response.last


def _count_done(caller: Caller) -> int:
    # Each environment tells of its own; which one answers is Lambda's choice.
    done: set[int] = set()
    for _ in range(_QUESTIONS):
        response = caller.ask("GET", "/jobs")
        done.update(response.json() if response.status == HTTPStatus.OK else ())
        if len(done) == _REQUESTS:
            break
        time.sleep(_QUESTION_PAUSE)
    return len(done)
