from lambdakit.coldstart import after_restore, before_snapshot, hooks


def test_hooks_run_backwards_before_a_snapshot_and_forwards_after_it() -> None:
    def first() -> None: ...
    def second() -> None: ...

    assert [before_snapshot(each) for each in (first, second)] == [first, second]
    assert [after_restore(each) for each in (first, second)] == [first, second]

    assert hooks.before_snapshot_hooks()[:2] == [second, first]
    assert hooks.after_restore_hooks()[-2:] == [first, second]
