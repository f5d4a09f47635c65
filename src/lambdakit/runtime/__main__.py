"""The runtime as a program: `python -m lambdakit.runtime [HANDLER]`."""

import os
import sys
from typing import NoReturn

from lambdakit import settings
from lambdakit.errors import RuntimeApiFault
from lambdakit.runtime import hosting, lifecycle
from lambdakit.runtime.client import make_error, post_init_error
from lambdakit.runtime.connection import BlockingConnection
from lambdakit.runtime.failures import describe
from lambdakit.runtime.handler import find_handler
from lambdakit.runtime.logs.setup import Log, set_up_logs
from lambdakit.runtime.search_path import restore_search_path
from lambdakit.runtime.serving import Server


def main() -> NoReturn:
    """Serve the handler that the first argument or `_HANDLER` names, until Lambda ends the environment."""
    address = settings.runtime_api()
    name = sys.argv[1] if len(sys.argv) > 1 else settings.handler_name()
    if address is None or not name:
        sys.exit(
            "lambdakit.runtime: AWS_LAMBDA_RUNTIME_API or the handler is not set. Fix: start it on Lambda or with "
            "toolkit invoke-local"
        )
    restore_search_path()
    hosting.announce()
    connection, log = BlockingConnection(address), set_up_logs()
    lifecycle.expect_the_end()
    try:
        _serve(name, connection, log)
    except lifecycle.Terminated:
        lifecycle.shut_down()
    except RuntimeApiFault as error:
        log.write_failure(make_error("Runtime.ApiFault", str(error), ""))
        sys.exit(1)


def _serve(name: str, connection: BlockingConnection, log: Log) -> NoReturn:
    handler, slots = _find(name, connection, log)
    if slots is not None:
        from lambdakit.runtime.concurrent import ConcurrentServer  # noqa: PLC0415 (needs asyncio from the start)

        ConcurrentServer(handler, connection.address, log, slots=slots).serve()
    parked = lifecycle.park_extension(connection.address)
    if settings.takes_snapshot():
        from lambdakit.runtime import snapshot  # noqa: PLC0415 (only functions with SnapStart need it)

        snapshot.pass_through(connection, log)
    try:
        Server(handler, connection, log).serve()
    finally:
        if parked is not None:
            parked.close()


def _find(name: str, connection: BlockingConnection, log: Log) -> tuple[object, int | None]:
    try:
        return find_handler(name), settings.max_concurrency()
    except lifecycle.Terminated:
        raise
    except BaseException as error:  # noqa: BLE001 (whatever a module raises while it is imported is reported)
        outcome = describe(error)
        log.write_failure(outcome)
        connection.run(post_init_error(outcome))
        os._exit(1)


if __name__ == "__main__":
    main()
