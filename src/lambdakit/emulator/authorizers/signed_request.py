"""How a request says that it is signed, in its header or in its query, and how AWS words what is missing."""

import base64
import hashlib
from collections.abc import Mapping

from lambdakit.emulator.authorizers.signature import ALGORITHM, Signature, parameters_of
from lambdakit.events import Request

_SCOPE_PARTS = 5
_LONGEST_LIFETIME = 604_800


class Unsigned(Exception):
    """A request has no signature at all."""


class BadSignature(Exception):
    """A signature cannot be accepted; the message is AWS's, `error_type` its type, `detail` for the developer alone."""

    def __init__(self, message: str, *, error_type: str = "InvalidSignatureException", detail: str = "") -> None:
        self.error_type = error_type
        self.detail = detail or message
        super().__init__(message)


def read_signature(request: Request) -> Signature:
    """Return what a request says of its signature, in the header `authorization` or in `X-Amz-` parameters.

    Raises:
        Unsigned: It says nothing.
        BadSignature: Parts of it are missing or cannot be understood.
    """
    headers: dict[bytes, str] = {}
    for name, value in request.headers:
        headers[name] = f"{headers[name]},{value.decode('latin-1')}" if name in headers else value.decode("latin-1")
    if b"authorization" in headers:
        return _from_header(headers[b"authorization"], headers)
    parameters = parameters_of(request.query)
    if "X-Amz-Algorithm" in parameters or "X-Amz-Signature" in parameters:
        return _from_query(parameters)
    raise Unsigned


def _from_header(header: str, headers: Mapping[bytes, str]) -> Signature:
    algorithm, _, rest = header.strip().partition(" ")
    fields = _fields(rest, header)
    moment = headers.get(b"x-amz-date") or headers.get(b"date", "")
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if not moment:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        raise _incomplete(f"{' '.join(missing)} {_hidden(header)}")
    if algorithm != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{algorithm}'. {_hidden(header)}")
    signed = tuple(fields["SignedHeaders"].split(";"))
    scope = _read_scope(fields["Credential"])
    return Signature(*scope, signed, fields["Signature"], moment, headers.get(b"x-amz-security-token"))


def _fields(text: str, header: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for piece in text.replace(",", " ").split():
        name, sign, value = piece.partition("=")
        if not sign:
            raise _incomplete(
                f"'{piece}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
            )
        fields[name] = value
    return fields


def _hidden(header: str) -> str:
    """Return the header as AWS shows it since 2022: by its hash, as it may hold a secret."""
    digest = base64.b64encode(hashlib.sha256(header.encode("latin-1")).digest()).decode()
    return f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"


def _from_query(parameters: Mapping[str, str]) -> Signature:
    names = ("Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires")
    missing = [f"'X-Amz-{name}'" for name in names if not parameters.get(f"X-Amz-{name}")]
    if missing:
        raise _incomplete(" ".join(f"AWS query-string parameters must include {name}." for name in missing))
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        raise _incomplete(f"Unsupported AWS 'algorithm': '{parameters['X-Amz-Algorithm']}'.")
    lifetime = parameters["X-Amz-Expires"]
    if not (lifetime.isdecimal() and lifetime.isascii() and int(lifetime[:9]) <= _LONGEST_LIFETIME):
        raise _incomplete("'X-Amz-Expires' must be a whole number from 0 to 604800.")
    return Signature(
        *_read_scope(parameters["X-Amz-Credential"]),
        tuple(parameters["X-Amz-SignedHeaders"].split(";")),
        parameters["X-Amz-Signature"],
        parameters["X-Amz-Date"],
        parameters.get("X-Amz-Security-Token"),
        int(lifetime),
    )


def _read_scope(credential: str) -> tuple[str, str, str, str, str]:
    parts = credential.split("/")
    if len(parts) != _SCOPE_PARTS:
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{credential}'"
        )
    key_id, date, region, service, terminator = parts
    return key_id, date, region, service, terminator


def _incomplete(message: str) -> BadSignature:
    return BadSignature(message, error_type="IncompleteSignatureException")
