"""Sixteen requests at a time in one process, as Managed Instances send them."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.observability.functions import get, written
from tests.runtime.test_concurrent import TOGETHER, run_together

APP = """
    from fastapi import FastAPI
    from lambdakit.asgi import LambdaApp
    from lambdakit.observability import AccessLog, setup

    observability = setup(service="shop")
    app = FastAPI()
    app.add_middleware(AccessLog)
    barrier = threading.Barrier(16)

    def log(name):
        logging.getLogger("any").info("here", extra={"seen": name})
        observability.logger.info("powertools", seen=name)
        print("printed", name)

    @app.get("/async/{name}")
    async def from_the_loop(name: str):
        await wait_for(16)
        log(name)
        await asyncio.sleep(0)
        observability.metrics.add_dimension("name", name)
        observability.metrics.add_metric("requests", "Count", 1)
        await asyncio.to_thread(log, name)
        return os.getpid()

    @app.get("/def/{name}")
    def from_a_thread(name: str):
        barrier.wait()
        log(name)
        observability.metrics.add_dimension("name", name)
        observability.metrics.add_metric("requests", "Count", 1)
        log(name)
        return os.getpid()

    handler = LambdaApp(app)
"""


@pytest.mark.parametrize("route", ["async", "def"])
def test_the_lines_of_sixteen_requests_at_a_time_never_mix(tmp_path: Path, route: str) -> None:
    names = [f"r{number}" for number in range(16)]
    events = [get(f"/{route}/{name}", headers=[(b"x-request-id", name.encode())]) for name in names]
    run = run_together(tmp_path, TOGETHER + APP, events, memory=1769, init_timeout=30)

    assert len({json.loads(outcome.payload)["body"] for outcome in run.outcomes}) == 1
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in map(json.loads, written(run)):
        by_id[line.get("correlation_id") or line["name"]].append(line)
    request_ids = dict(zip(names, (outcome.report.request_id for outcome in run.outcomes), strict=True))
    assert set(by_id) == set(names)
    for name, lines in by_id.items():
        *logged, request = [line for line in lines if "level" in line]
        assert {line.get("seen") or line["message"].removeprefix("printed ") for line in logged} == {name}
        assert [line["function_request_id"] for line in (*logged, request)] == [request_ids[name]] * 7
        assert (request["message"], request["path"], request["status"]) == ("request", f"/{route}/{name}", 200)
        assert [line["requests"] for line in lines if "_aws" in line] == [[1.0]]
