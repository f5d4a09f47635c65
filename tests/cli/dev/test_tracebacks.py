from pathlib import Path

from lambdakit.cli.dev.tracebacks import Tracebacks

LIBRARY = """\
  File "/venv/lib/python3.13/site-packages/starlette/routing.py", line 1, in app
    await app(scope)
          ^^^^^^^^^^
"""
OWN = """\
  File "/shop/orders.py", line 2, in order
    raise ValueError("no")
"""


def fold(text: str) -> str:
    return Tracebacks(Path("/shop")).fold(text)


def test_frames_of_libraries_become_one_line_that_counts_them() -> None:
    text = f"ERROR failed\nTraceback (most recent call last):\n{LIBRARY * 3}{OWN}{LIBRARY}ValueError: no"
    assert fold(text) == (
        f"ERROR failed\nTraceback (most recent call last):\n  (3 in libraries)\n{OWN}  (1 in libraries)\nValueError: no"
    )


def test_frames_at_the_end_are_counted_too() -> None:
    assert fold(f"Traceback (most recent call last):\n{LIBRARY}".rstrip()).endswith("(1 in libraries)")


def test_a_head_without_frames_is_left_out() -> None:
    assert fold("[ERROR] Runtime.ImportModuleError: no\nTraceback (most recent call last):") == (
        "[ERROR] Runtime.ImportModuleError: no"
    )


def test_text_without_a_traceback_stays_as_it_is() -> None:
    assert fold("  File me\n    please") == "  File me\n    please"


def test_only_the_users_frames_are_chosen() -> None:
    assert Tracebacks(Path("/shop")).choose([LIBRARY, OWN, "no frame"]) == [OWN, "no frame"]
