"""Requests signed by botocore, whose own code computes every signature that these tests send."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from lambdakit.emulator.authorizers import LOCAL_CREDENTIALS, Credentials
from lambdakit.events import Request
from lambdakit.events.path import decode_path

KEY = LOCAL_CREDENTIALS[0]
SIGNERS: dict[str, Any] = {"header": SigV4Auth, "query": SigV4QueryAuth}


def sign(  # noqa: PLR0913 (a request and how it is signed)
    url: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    service: str = "lambda",
    region: str = "us-east-1",
    key: Credentials = KEY,
    form: str = "header",
    moment: str = "",
) -> tuple[str, dict[str, str]]:
    """Return the address and the headers of a signed request; a moment like 20260725T101500Z replaces the present."""
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
    signer = SIGNERS[form](BotoCredentials(key.key_id, key.secret, key.token), service, region)
    if moment:
        return url, _sign_at(signer, request, moment)
    signer.add_auth(request)
    return request.url or url, {name: str(value) for name, value in request.headers.items()}


def _sign_at(signer: Any, request: Any, moment: str) -> dict[str, str]:
    request.context["timestamp"] = moment
    signer._modify_request_before_signing(request)
    request.headers.replace_header("X-Amz-Date", moment)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(request, signer.signature(signer.string_to_sign(request, canonical), request))
    return {name: str(value) for name, value in request.headers.items()}


def as_request(url: str, headers: Mapping[str, str], *, method: str = "GET", body: bytes = b"") -> Request:
    """Return a request as a front door reads it from the wire."""
    parts = urlsplit(url)
    pairs = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
    raw_path = (parts.path or "/").encode()
    return Request(
        method=method,
        path=decode_path(raw_path.decode()),
        raw_path=raw_path,
        query=parts.query.encode(),
        headers=[(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
        body=body,
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
