"""JSON documents of an issuer, fetched so that neither a slow nor a hostile server does harm."""

import ipaddress
import json
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from lambdakit.errors import IssuerFault

_LARGEST_DOCUMENT = 262_144
_PIECE = 16_384


class DocumentMissing(IssuerFault):
    """The server says that there is no such document."""


def is_safe_address(address: str) -> bool:
    """Say whether what comes from an address can be trusted: over HTTPS, or from this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def fetch(address: str, *, timeout: float) -> dict[str, Any]:
    """Return a JSON object of at most 256 KiB; `timeout` bounds each wait and the whole body, in seconds.

    Redirects are not followed: they could lead to where nobody meant to send a request.

    Raises:
        DocumentMissing: The server answers with 4xx.
        IssuerFault: The address is not safe, or what comes from it is no JSON object.
    """
    if not is_safe_address(address):
        raise _fault("is not fetched", address, "use an https address")
    try:
        content = _read(address, timeout)
        document = json.loads(content)
    except HTTPError as error:
        error.close()
        kind = DocumentMissing if 400 <= error.code < 500 else IssuerFault  # noqa: PLR2004 (client errors)
        raise kind(f"the server answers with {error.code}", where=address) from error
    except (OSError, HTTPException) as error:
        raise _fault(f"cannot be fetched: {error or type(error).__name__}", address) from error
    except (ValueError, RecursionError) as error:
        raise _fault("is no JSON", address) from error
    if not isinstance(document, dict):
        raise _fault("is no JSON object", address)
    return document  # pyright: ignore[reportUnknownVariableType] (JSON)


def _fault(problem: str, address: str, fix: str = "") -> IssuerFault:
    return IssuerFault(f"the document {problem}", where=address, fix=fix)


def _read(address: str, timeout: float) -> bytes:
    end = time.monotonic() + timeout
    content = bytearray()
    with _opener(address).open(Request(address, headers={"accept": "application/json"}), timeout=timeout) as response:  # noqa: S310 (the scheme is checked)
        while piece := response.read1(_PIECE):
            content += piece
            if len(content) > _LARGEST_DOCUMENT:
                raise _fault(f"has more than {_LARGEST_DOCUMENT} bytes", address)
            if time.monotonic() > end:
                raise TimeoutError(f"it takes longer than {timeout} s")
        if response.length:
            raise _fault("broke off", address)
    return bytes(content)


def _opener(address: str) -> "OpenerDirector":
    """Return what opens HTTP alone and follows no redirect; a proxy of the environment is not for this machine."""
    opener = OpenerDirector()
    if urlsplit(address).scheme == "https":
        opener.add_handler(ProxyHandler())
    for handler in (HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        opener.add_handler(handler)
    return opener
