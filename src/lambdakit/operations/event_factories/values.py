"""How events write times, text and bytes."""

import base64
import json
from datetime import datetime
from typing import Any


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def to_seconds(moment: datetime) -> str:
    """Return a time in UTC as ISO 8601, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def to_milliseconds(moment: datetime) -> str:
    """Return a time in UTC as ISO 8601, to the millisecond."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def to_clock(moment: datetime) -> str:
    """Return a time as access logs and API Gateway write it."""
    return f"{moment:%d/%b/%Y:%H:%M:%S +0000}"


def as_text(value: Any) -> str:
    """Return text as it is, bytes as the UTF-8 that they are, and everything else as JSON."""
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_bytes(value: Any) -> bytes:
    """Return bytes as they are, text as UTF-8, and everything else as JSON."""
    return value if isinstance(value, bytes) else as_text(value).encode()


def as_base64(value: Any) -> str:
    """Return bytes, text or what JSON can say as base64."""
    return base64.b64encode(as_bytes(value)).decode()
