"""The figures in the README and the docs are the recorded ones."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "benchmarks/results/per_request.json").read_text(encoding="utf-8"))
SERVICE = json.loads((ROOT / "benchmarks/results/emulator.json").read_text(encoding="utf-8"))["3.13"]
RUNTIME = json.loads((ROOT / "benchmarks/results/streaming.json").read_text(encoding="utf-8"))["3.13"]
OURS, THEIRS = "lambdakit", "awslambdaric + mangum"
START, END = "<!-- figures -->\n", "<!-- end of figures -->"


def figures() -> str:
    """Return the README's table of figures, made from the recorded results."""
    cases = RESULTS["3.13"]["cases"]
    peers = list(cases[0]["ratios"])
    rows = [
        "| request | lambdakit | " + " | ".join(f"÷ {peer}" for peer in peers) + " |",
        "| --- | --: |" + " --: |" * len(peers),
    ]
    for case in cases:
        ratios = " | ".join(f"{case['ratios'][peer]:.2f}" for peer in peers)
        rows.append(f"| {case['request']} | {case['microseconds']['lambdakit']:.0f} µs | {ratios} |")
    return "\n".join(rows) + "\n"


def runtime_figures() -> str:
    """Return the runtime page's table of figures, made from the recorded results."""
    stream, tasks, many = RUNTIME["stream"], RUNTIME["tasks"], RUNTIME["many"]
    rows = [f"| | {OURS} | {THEIRS} |", "| --- | --: | --: |"]
    rows.append(_row("first event of a stream", [f"{stream[name]['first event']:.1f} ms" for name in (OURS, THEIRS)]))
    response = [f"{tasks[name]['response']:.1f} ms" for name in (OURS, THEIRS)]
    rows.append(_row("response of a route with a background task of 0.5 s", response))
    for case, figures in many.items():
        if case.startswith("16"):
            kind = case.removeprefix("16 ")
            values = [f"{each['processes']} processes, {each['busy MiB']:.0f} MiB" for each in figures.values()]
            rows.append(_row(f"16 requests at a time, {kind} route", values))
    for name, each in RUNTIME["warm"].items():
        rows.append(_row(f"warm round trip: {name}", [f"{each['ratio']:.2f} of the peer's", "1"]))
    return "\n".join(rows) + "\n"


def service_figures() -> str:
    """Return the table of figures of `toolkit dev`, made from the recorded results."""
    (ours, peer), doors = SERVICE["first answer"], SERVICE["doors"]
    first = [f"{seconds:.1f} s" for seconds in SERVICE["first answer"].values()]
    rows = [f"| | {ours} | {peer} |", "| --- | --: | --: |", _row("from the command to the first answer", first)]
    rows.append(_row("from a save to the first answer of the new code", [f"{SERVICE['reload']:.1f} s", "a restart"]))
    for via in ("function-url", "http-api", "rest-api", "alb"):
        values = [f"{doors[via]['several']:.0f}", f"{doors[peer]['several']:.0f}" if via == "http-api" else ""]
        rows.append(_row(f"warm requests a second, {via}", values))
    rows.append(_row("memory", [f"{doors[name]['memory']:.0f} MiB" for name in ("http-api", peer)]))
    return "\n".join(rows) + "\n"


def _row(name: str, values: list[str]) -> str:
    return f"| {name} | {' | '.join(values)} |".replace("| 1 processes", "| 1 process")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("README.md", figures()),
        ("docs/concepts/runtime.md", runtime_figures()),
        ("docs/guides/develop-locally.md", service_figures()),
    ],
)
def test_a_page_shows_the_recorded_figures(page: str, expected: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    assert text.partition(START)[2].partition(END)[0] == expected


def test_every_recorded_figure_of_the_runtime_is_within_its_bound() -> None:
    ours = {case: each[OURS] for case, each in RUNTIME["many"].items()}

    assert max(RUNTIME["stream"][OURS]["first event"], RUNTIME["tasks"][OURS]["response"]) < 20
    assert RUNTIME["tasks"][OURS]["completed"] == RUNTIME["tasks"][OURS]["ordered"] == 200
    assert {each["processes"] for each in ours.values()} == {1}
    assert max(each["busy MiB"] / each["idle MiB"] for each in ours.values()) <= 1.15
    assert max(each["ratio"] for each in RUNTIME["warm"].values()) <= 0.9
    assert (RUNTIME["growth"]["MiB"] <= 1, RUNTIME["growth"]["descriptors"]) == (True, 0)


def test_every_recorded_ratio_is_within_its_bound() -> None:
    for results in RESULTS.values():
        for case in results["cases"]:
            for peer, bound in case["bounds"].items():
                assert round(case["ratios"][peer], 2) <= bound, (case["request"], peer)


def test_every_recorded_figure_of_the_service_is_within_its_bound() -> None:
    assert SERVICE["first answer"]["toolkit dev"] <= 3
    assert SERVICE["reload"] <= 1.5
    assert SERVICE["doors"]["function-url"]["several"] >= 300
