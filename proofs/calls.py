"""Requests to a deployed function: signed, timed piece by piece, or through the Invoke API."""

import base64
import http.client
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from lambdakit.events import FORMATS, Request

_SECONDS = 60
_FUNCTION_URL = FORMATS["function-url"]
_REFUSED_FOR_NOW = {403, 404, 429, 502, 503}


@dataclass(frozen=True)
class Timed:
    """A response, and when each piece of its body came, in seconds after the request was sent."""

    status: int
    body: bytes
    arrivals: tuple[float, ...]

    @property
    def first(self) -> float:
        """Seconds to the first byte of the body."""
        return self.arrivals[0]

    @property
    def last(self) -> float:
        """Seconds to the last one."""
        return self.arrivals[-1]

    def json(self) -> Any:
        """Read the body as JSON."""
        return json.loads(self.body)


class Caller:
    """Sends requests to a function URL; `sign` returns the headers that show who asks."""

    def __init__(
        self, url: str, sign: Callable[[str, str], dict[str, str]], *, patience: float = 90.0, pause: float = 1.0
    ) -> None:
        self._url = url.rstrip("/")
        self._sign = sign
        self._patience = patience
        self._pause = pause

    def wait(self, path: str) -> Timed:
        """Ask until the answer is 200: a new address takes a while to be known everywhere.

        Raises:
            OSError: It is not reached, or does not answer so, for too long.
        """
        end = time.monotonic() + self._patience
        while True:
            try:
                found = self.ask("GET", path)
            except OSError:
                if time.monotonic() > end:
                    raise
            else:
                if found.status not in _REFUSED_FOR_NOW:
                    return found
                if time.monotonic() > end:
                    raise OSError(f"{self._url}{path} answers {found.status}: {found.body[:200]!r}")
            time.sleep(self._pause)

    def ask(self, method: str, path: str) -> Timed:
        """Send one request over a new connection and time the answer."""
        parts = urlsplit(self._url + path)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_SECONDS)
        try:
            connection.connect()
            began = time.perf_counter()
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, target, headers=self._sign(method, self._url + path))
            response = connection.getresponse()
            pieces: list[bytes] = []
            arrivals: list[float] = []
            while piece := response.read1(65_536):
                pieces.append(piece)
                arrivals.append(time.perf_counter() - began)
            return Timed(response.status, b"".join(pieces), tuple(arrivals) or (time.perf_counter() - began,))
        except http.client.HTTPException as error:
            raise OSError(f"no answer to {method} {path}: {error!r}") from error
        finally:
            connection.close()


def signer(session: Any) -> Callable[[str, str], dict[str, str]]:
    """Return what signs requests as the session's user.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """

    def sign(method: str, url: str) -> dict[str, str]:
        request: Any = AWSRequest(method=method, url=url)
        credentials = session.get_credentials().get_frozen_credentials()
        SigV4Auth(credentials, "lambda", session.region_name).add_auth(request)
        return dict(request.headers.items())

    return sign


def invoke(client: Any, function: str, qualifier: str, path: str, **settings: str) -> tuple[Any, str]:
    """Call a function through the Invoke API with the event of a function URL.

    Returns:
        The body and, where `LogType` asked for it, the end of the log.

    Raises:
        RuntimeError: The function failed.
    """
    route, _, query = path.partition("?")
    request = Request("GET", route, route.encode(), query.encode(), [(b"host", b"probe.test")], b"")
    event = json.dumps(_FUNCTION_URL.encode_request(request)).encode()
    reply = client.invoke(FunctionName=function, Qualifier=qualifier, Payload=event, **settings)
    payload = reply["Payload"].read()
    log = base64.b64decode(reply.get("LogResult", "")).decode()
    if "FunctionError" in reply:
        raise RuntimeError(f"{function} failed: {payload[:500].decode(errors='replace')}\n{log}")
    return json.loads(_FUNCTION_URL.decode_response(json.loads(payload)).body), log
