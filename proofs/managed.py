"""Managed Instances: many requests at a time in one process."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from proofs.account import Account, Network
from proofs.calls import invoke
from proofs.finding import Finding, judge, milliseconds

_REQUESTS = 16
_SECONDS = 1.0
_MEMORY = 2048


def prove(account: Account, network: Network | None = None) -> Finding:
    """Deploy a function on instances of its own and ask it sixteen times at once."""
    capacity = account.make_capacity_provider(network or account.default_network())
    settings = {"CapacityProviderArn": capacity, "PerExecutionEnvironmentMaxConcurrency": _REQUESTS}
    function = account.make_function(
        "managed",
        memory=_MEMORY,
        CapacityProviderConfig={"LambdaManagedInstancesCapacityProviderConfig": settings},
        # Managed instances write JSON only.
        LoggingConfig={"LogFormat": "JSON"},
    )
    version = account.publish(function)
    return measure(lambda: invoke(account.lambda_, function, version, f"/wait?seconds={_SECONDS}")[0])


def measure(ask: Callable[[], Any]) -> Finding:
    """Ask sixteen times at once, twice, as the first round may meet environments that still start."""
    _ask_all(ask)
    found, took = _ask_all(ask)
    processes = {each["process"] for each in found}
    most = max(each["at_once"] for each in found)
    figures = {
        "requests at once": str(_REQUESTS),
        "took": milliseconds(took),
        "processes": str(len(processes)),
        "most in one process": str(most),
    }
    return judge(
        figures,
        (all(each["is_hosted"] for each in found), "the wrapper script did not start the toolkit's runtime"),
        (most > 1, "no process served two requests at a time"),
        (took < _REQUESTS * _SECONDS / 2, "the requests waited for one another"),
    )


def _ask_all(ask: Callable[[], Any]) -> tuple[list[Any], float]:
    with ThreadPoolExecutor(_REQUESTS) as pool:
        began = time.perf_counter()
        answers = [pool.submit(ask) for _ in range(_REQUESTS)]
        return [answer.result() for answer in answers], time.perf_counter() - began
