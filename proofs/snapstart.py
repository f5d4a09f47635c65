"""SnapStart under the wrapper script: hooks, and a start of the app after the restore."""

import re
from typing import Any

from proofs.account import Account
from proofs.calls import invoke
from proofs.finding import Finding, judge

_ORDER = ["before snapshot", "after restore", "startup"]
_RESTORE = re.compile(r"Restore Duration: ([\d.]+ ms)")


def prove(account: Account) -> Finding:
    """Deploy a version with a snapshot and ask it what has happened in it."""
    function = account.make_function("snapstart", SnapStart={"ApplyOn": "PublishedVersions"})
    version = account.publish(function)
    return measure(*invoke(account.lambda_, function, version, "/marks", LogType="Tail"))


def measure(host: Any, log: str) -> Finding:
    """Judge by what the first request after a restore saw, and by its REPORT line."""
    restored = _RESTORE.search(log)
    figures = {"restore": restored[1] if restored else "not reported", "in order": ", ".join(host["marks"])}
    return judge(
        figures,
        (host["is_hosted"], "the wrapper script did not start the toolkit's runtime"),
        (host["kind"] == "snap-start", f"the environment's kind was {host['kind'] or 'not told'}"),
        (host["marks"] == _ORDER, f"expected in order: {', '.join(_ORDER)}"),
    )
