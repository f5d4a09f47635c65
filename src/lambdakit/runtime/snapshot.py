"""SnapStart: the hooks around a snapshot.

Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import os
from collections.abc import Callable
from typing import Any, NoReturn

from lambdakit.coldstart.hooks import after_restore_hooks, before_snapshot_hooks
from lambdakit.runtime.client import Outcome, post_init_error, post_restore_error, wait_for_restore
from lambdakit.runtime.connection import BlockingConnection
from lambdakit.runtime.failures import describe
from lambdakit.runtime.lifecycle import run_hook
from lambdakit.runtime.logs.setup import Log

_BEFORE_FAILED, _AFTER_FAILED = 64, 65
"""The exit codes that Lambda knows."""


def pass_through(connection: BlockingConnection, log: Log) -> None:
    """Run the hooks before the snapshot, wait for the restore and run those after it.

    A hook that fails is reported and ends the process.
    """
    if failure := _run(before_snapshot_hooks(), log):
        connection.run(post_init_error(failure._replace(error_type="Runtime.BeforeSnapshotError")))
        _leave(_BEFORE_FAILED, log)
    restore_next(connection)
    if failure := _run(after_restore_hooks(), log):
        connection.run(post_restore_error(failure._replace(error_type="Runtime.AfterRestoreError")))
        _leave(_AFTER_FAILED, log)


def _run(hooks: list[Callable[[], Any]], log: Log) -> Outcome | None:
    try:
        for hook in hooks:
            run_hook(hook)
    except Exception as error:  # noqa: BLE001 (whatever a hook raises is reported)
        outcome = describe(error)
        log.write_failure(outcome)
        return outcome
    return None


def _leave(code: int, log: Log) -> NoReturn:
    log.finish()
    # What the hooks left half done is no end that Python should say anything of.
    os._exit(code)


def restore_next(connection: Any) -> None:
    """Wait until the environment is restored; no connection outlives a snapshot."""
    connection.close()
    connection.run(wait_for_restore())
