"""The figures in the README are the recorded ones."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "benchmarks/results/per_request.json").read_text(encoding="utf-8"))
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


def test_the_readme_shows_the_recorded_figures() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert readme.partition(START)[2].partition(END)[0] == figures()


def test_every_recorded_ratio_is_within_its_bound() -> None:
    for results in RESULTS.values():
        for case in results["cases"]:
            for peer, bound in case["bounds"].items():
                assert round(case["ratios"][peer], 2) <= bound, (case["request"], peer)
