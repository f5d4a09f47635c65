from importlib import import_module
from typing import Any

import pytest

from lambdakit.coldstart import after_restore, before_snapshot, hooks


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return AWS's library of hooks, without those of other tests."""
    for kind in ("_before", "_after", "_shutdown"):
        monkeypatch.setattr(hooks, kind, [])
    library = import_module("snapshot_restore_py")
    for kind in ("before_snapshot", "after_restore"):
        monkeypatch.setattr(library, f"_{kind}_registry", [])
    return library


def test_hooks_run_backwards_before_a_snapshot_and_forwards_after_it() -> None:
    def first() -> None: ...
    def second() -> None: ...

    assert [before_snapshot(each) for each in (first, second)] == [first, second]
    assert [after_restore(each) for each in (first, second)] == [first, second]

    assert hooks.before_snapshot_hooks() == [second, first]
    assert hooks.after_restore_hooks() == [first, second]


def test_hooks_are_known_once_where_the_function_has_imported_the_client_of_aws(library: Any) -> None:
    ran: list[str] = []
    import_module("awslambdaric")

    after_restore(lambda: ran.append("ours"))
    library.register_after_restore(ran.append, "theirs")
    for hook in hooks.after_restore_hooks():
        hook()

    assert ran == ["theirs", "ours"]
