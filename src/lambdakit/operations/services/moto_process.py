"""Serves moto on a socket that is handed over, until its standard input ends: `moto_process.py DESCRIPTOR`."""

import logging
import os
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import (  # pyright: ignore[reportMissingTypeStubs] (it has none for this)
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from lambdakit.emulator.front_doors.origins import find_foreign

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _ForThisMachine:
    """A WSGI app that only clients which mean this machine reach."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        headers = {b"host": environ.get("HTTP_HOST", "").encode("latin-1")}
        if "HTTP_ORIGIN" in environ:
            headers[b"origin"] = environ["HTTP_ORIGIN"].encode("latin-1")
        if reason := find_foreign(headers):
            start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
            return [f"toolkit: {reason}\n".encode()]
        return self._app(environ, start_response)


def serve(descriptor: int) -> None:
    """Serve until whoever started this process has ended, however it did."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = _ForThisMachine(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler, fd=descriptor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.buffer.read()
    # Requests that still run keep nobody from ending.
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
