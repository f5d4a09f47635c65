"""What a line may show: secrets are replaced, and every value becomes one that JSON has."""

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from lambdakit.observability.names import hides, is_secret
from lambdakit.observability.secrets import SHORTEST, EnvironmentSecrets, of_request
from lambdakit.observability.shapes import EVENT, REDACTED, redact_shapes

_DEEPEST = 16
_TOO_DEEP = "<nested too deep>"
_LONGEST_TEXT = 131_072
"""Characters of one text; Lambda cuts whole records of 262,144 bytes."""
_PAIR = 2
_OWN = frozenset(
    (
        *("level", "location", "timestamp", "service", "function_name", "function_memory_size"),
        *("function_request_id", "xray_trace_id"),
    )
)
_NAMES_OF_A_LINE = _OWN | {
    *("message", "sampling_rate", "cold_start", "tenant_id", "correlation_id", "exception", "exception_name"),
    *("stack_trace", "method", "path", "route", "status", "duration_ms", "first_byte_ms", "bytes_out", "remaining_ms"),
}
"""Names that a line is read by, so that no secret that happens to be spelled like one may change them."""
METRICS = "_aws"
"""The member that makes a JSON object a document of metrics, which CloudWatch has to find unchanged.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""


class SafeLine(str):
    """A line that has been made for the log: nothing in it is left to redact."""

    __slots__ = ()


class Redactor:
    """Replace what must not be logged.

    `names` are secret besides those that `lambdakit.observability.names` knows, `variables` those of another process
    besides our own.
    """

    def __init__(self, names: Iterable[str] = (), variables: Mapping[str, str] | None = None) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._environment = EnvironmentSecrets(variables)

    def add(self, names: Iterable[str]) -> None:
        """Take more names whose values are secret."""
        self._names |= {name.lower() for name in names}

    def redact(self, value: Any, depth: int = 0) -> Any:
        """Return a value that JSON has, without secrets."""
        if isinstance(value, str):
            return self.redact_text(value)
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, Mapping | list | tuple):
            return _TOO_DEEP if depth > _DEEPEST else self._redact_members(cast("Any", value), depth + 1)
        return self.redact_text(as_text(value))

    def redact_line(self, line: Mapping[str, Any], own: Collection[str] = _OWN) -> dict[str, Any]:
        """Return the members of a line without secrets; texts that only the toolkit writes, `own`, stay as they are."""
        return {
            (name if name in _NAMES_OF_A_LINE else self._key(name)): value
            if name in own and isinstance(value, str)
            else self._member(name, value, 1)
            for name, value in line.items()
        }

    def _redact_members(self, value: Mapping[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
        if isinstance(value, Mapping):
            shown = {self._key(name): self._member(name, member, depth) for name, member in value.items()}
            return {**shown, **dict.fromkeys(_quoting(value), REDACTED)}
        if len(value) == _PAIR and isinstance(value[0], str | bytes):
            return [self.redact(value[0], depth), self._member(value[0], value[1], depth)]
        return [self.redact(member, depth) for member in value]

    def _key(self, name: Any) -> Any:
        if isinstance(name, str):
            return self.redact_text(name)
        return name if name is None or isinstance(name, bool | int) else self.redact_text(as_text(name))

    def _member(self, name: Any, value: Any, depth: int) -> Any:
        return REDACTED if hides(name, value, self._names) else self.redact(value, depth)

    def redact_text(self, text: str) -> str:
        """Return a text without the secrets that are known and those that can be told by their shape."""
        if len(text) < SHORTEST:
            return text
        if len(text) > _LONGEST_TEXT:
            text = _cut(text)
        pattern = self._environment.pattern()
        if pattern is not None:
            text = pattern.sub(REDACTED, text)
        carried = of_request.get()
        for secret in carried.values() if carried else ():
            text = text.replace(secret, REDACTED)
        return redact_shapes(text)

    def redact_record(self, text: str) -> str:
        """Return a record that somebody else wrote, plain text or a JSON object, without secrets."""
        content = read_object(text)
        if content is None:
            return self.redact_text(text)
        if is_metrics(content):
            return write_json({METRICS: content.pop(METRICS), **self._redact_metrics(content)})
        shown = self.redact_line(content, ())
        # Nothing to hide: a record stays as its author wrote it. A name that stands twice was read but once.
        return text if shown == content and self.redact_text(text) == text else write_json(shown)

    def _redact_metrics(self, content: dict[str, Any]) -> dict[str, Any]:
        """Redact all but lists of numbers, the values of a metric whatever it is called, and leave no level."""
        content.pop("level", None)
        return {
            **self.redact_line(content, ()),
            **{name: value for name, value in content.items() if _are_numbers(value)},
        }


def _quoting(value: Mapping[Any, Any]) -> Iterator[str]:
    """Yield the members that quote what a caller has sent: the body of an event, the secret that is not valid."""
    if EVENT in value and value.get("body"):
        yield "body"
    place = value.get("loc")
    if (
        "input" in value
        and isinstance(place, tuple | list)
        and any(is_secret(str(part)) for part in cast("Any", place))
    ):
        yield "input"


def write_json(content: dict[str, Any]) -> str:
    """Return JSON in which no character can end a line or steer a terminal."""
    return json.dumps(content, separators=(",", ":"))


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, float) for each in cast("list[Any]", value))


def is_metrics(content: dict[str, Any] | None) -> bool:
    """Say whether the content of a JSON object is a document of metrics."""
    metadata = (content or {}).get(METRICS)
    return isinstance(metadata, dict) and "CloudWatchMetrics" in metadata


def read_object(text: str) -> dict[str, Any] | None:
    """Return the content of a text that is one JSON object, else None."""
    if not text.startswith("{"):
        return None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def _cut(text: str) -> str:
    """Cut a text at a blank, as half a secret could not be recognised."""
    kept = text[:_LONGEST_TEXT]
    words = kept.rsplit(None, 1)
    kept = words[0] if len(words) > 1 else ""
    return f"{kept} <{len(text) - len(kept)} more characters>"


def as_text(value: object) -> str:
    """Return what `str` makes of a value, or say that it makes nothing."""
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 (a line about a broken object is worth more than none)
        return f"<{type(value).__name__} that cannot be shown: {type(error).__name__}>"
