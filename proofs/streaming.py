"""Response streaming through a function URL."""

from http import HTTPStatus
from statistics import median

from proofs.account import Account
from proofs.calls import Caller, signer
from proofs.finding import Finding, judge, milliseconds

_PIECES, _PAUSE = 5, 0.2
_ROUNDS = 5
_EVENTS = b"".join(b"data: %d\n\n" % number for number in range(_PIECES))


def prove(account: Account) -> Finding:
    """Deploy a function that streams, and time what it sends."""
    function = account.make_function("streaming", variables={"LAMBDAKIT_STREAMING": "function-url"})
    return measure(
        Caller(account.make_url(function, "RESPONSE_STREAM"), signer(account.session), patience=account.patience)
    )


def measure(caller: Caller, *, rounds: int = _ROUNDS) -> Finding:
    """Time five pieces that are sent 0.2 seconds apart, some times over."""
    host = caller.wait("/marks").json()
    found = [caller.ask("GET", f"/stream?pieces={_PIECES}&pause={_PAUSE}") for _ in range(rounds)]
    first, last = median(each.first for each in found), median(each.last for each in found)
    span = (_PIECES - 1) * _PAUSE
    figures = {
        "first byte": milliseconds(first),
        "last byte": milliseconds(last),
        "arrivals": str(min(len(each.arrivals) for each in found)),
        "requests": str(rounds),
    }
    return judge(
        figures,
        (host["is_hosted"], "the wrapper script did not start the toolkit's runtime"),
        (all(each.status == HTTPStatus.OK and each.body == _EVENTS for each in found), "a body was not what was sent"),
        (last - first > span / 2, f"the pieces came within {milliseconds(last - first)}, sent over {span} seconds"),
    )
