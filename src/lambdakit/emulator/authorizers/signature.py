"""Signatures of AWS requests, version 4, as the service that gets a request computes them.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from lambdakit.events import Request

ALGORITHM = "AWS4-HMAC-SHA256"
"""The one algorithm that is checked; it begins the header and the text that is signed."""

_UNRESERVED = "-_.~"
_SIGNATURE_PARAMETER = b"X-Amz-Signature"


class Signature(NamedTuple):
    """What a request says of how it is signed; `moment` is like 20260725T101500Z, `lifetime` counts in seconds."""

    key_id: str
    date: str
    region: str
    service: str
    terminator: str
    headers: tuple[str, ...]
    value: str
    moment: str
    token: str | None = None
    lifetime: int | None = None

    @property
    def scope(self) -> str:
        """Where and when the signature counts."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


class Texts(NamedTuple):
    """The two texts that a signature is made of."""

    canonical: str
    to_sign: str


def describe(request: Request, signature: Signature) -> Texts:
    """Return what has to be signed for a request as it is on the wire."""
    canonical = "\n".join(
        [
            request.method,
            canonical_path(request.raw_path),
            canonical_query(request.query, leave_out=signature.lifetime is not None),
            *(f"{name}:{_header(request, name)}" for name in signature.headers),
            "",
            ";".join(signature.headers),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return Texts(canonical, f"{ALGORITHM}\n{signature.moment}\n{signature.scope}\n{digest}")


def is_signed_with(secret: str, signature: Signature, to_sign: str) -> bool:
    """Say whether a signature was made with a secret key, in a time that does not depend on how wrong it is."""
    key = f"AWS4{secret}".encode()
    for part in (signature.date, signature.region, signature.service, signature.terminator, to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(key.hex().encode(), signature.value.encode())


def canonical_path(path: bytes) -> str:
    """Return a path without relative and empty parts, each encoded once more than on the wire, as all but S3 do."""
    parts: list[str] = []
    for part in path.decode("latin-1").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(quote(part, safe=_UNRESERVED, encoding="latin-1"))
    joined = "/" + "/".join(parts)
    return joined + "/" if parts and path.endswith(b"/") else joined


def canonical_query(query: bytes, *, leave_out: bool) -> str:
    """Return the parameters of a query in order, encoded alike; the signature itself can be left out."""
    pairs = [part.partition(b"=")[::2] for part in query.split(b"&") if part]
    kept = [pair for pair in pairs if not (leave_out and pair[0] == _SIGNATURE_PARAMETER)]
    return "&".join("=".join(pair) for pair in sorted((_encode(name), _encode(value)) for name, value in kept))


def _encode(part: bytes) -> str:
    return quote(unquote_to_bytes(part.replace(b"+", b" ")), safe=_UNRESERVED)


def _header(request: Request, name: str) -> str:
    wanted = name.encode()
    values = [value.decode("latin-1") for each, value in request.headers if each == wanted]
    return ",".join(re.sub("[ \t]+", " ", value.strip(" \t")) for value in values)


def parameters_of(query: bytes) -> Mapping[str, str]:
    """Return the decoded parameters of a query by their names, the first of each."""
    pairs = (part.partition(b"=")[::2] for part in reversed(query.split(b"&")))
    return {
        unquote_to_bytes(name).decode("latin-1"): unquote_to_bytes(value).decode("latin-1") for name, value in pairs
    }
