"""The shop's API as a function that streams."""

import time

from lambdakit.testing import Functions


def test_the_first_stock_arrives_long_before_the_last(lambda_function: Functions) -> None:
    live = lambda_function("live")
    began = time.monotonic()
    with live.http.stream("GET", "/items/42/stock?seconds=25") as response:
        lines = response.iter_lines()
        first = [next(lines) for _ in range(3)]
        assert time.monotonic() - began < 20

    assert first == ["event: stock", 'data: {"stock":64}', "id: 0"]
