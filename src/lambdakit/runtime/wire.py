"""HTTP/1.1 as far as the Runtime API speaks it, without any input or output."""

from typing import NamedTuple

from lambdakit.errors import BrokenResponse

_LARGEST_HEAD = 1_048_576
_NO_HEADERS: dict[str, str] = {}


class Request(NamedTuple):
    """A request with its whole body."""

    method: str
    path: str
    headers: dict[str, str] = _NO_HEADERS
    body: bytes = b""

    def encode(self, host: str) -> bytes:
        """Return the bytes of the request."""
        length = {"Content-Length": str(len(self.body))} if self.method == "POST" else {}
        return encode_head(self.method, self.path, {"Host": host, **self.headers, **length}) + self.body


class Response(NamedTuple):
    """A response with its whole body; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_last: bool = False
    """Whether the connection ends with it."""
    is_repeated: bool = False
    """Whether the request was sent before, on a connection that broke off without an answer."""


def encode_head(method: str, path: str, headers: dict[str, str]) -> bytes:
    """Return a request's first line and headers; a line break in a value becomes a space."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {_one_line(value)}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def encode_chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body; `data` must not be empty, as an empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encode_last_chunk(trailers: dict[str, str]) -> bytes:
    """Return the end of a chunked body."""
    lines = ["0", *(f"{name}: {_one_line(value)}" for name, value in trailers.items()), "", ""]
    return "\r\n".join(lines).encode()


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


class ResponseReader:
    """Puts a response together from whatever pieces it comes in."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._status = 0
        self._headers: dict[str, str] | None = None
        self._body_start = 0

    @property
    def has_begun(self) -> bool:
        """Whether any byte of the response has come."""
        return bool(self._data)

    def feed(self, data: bytes) -> Response | None:
        """Take bytes, none when the connection ended, and return the response once it is complete.

        Raises:
            BrokenResponse: The bytes are no HTTP response, or it broke off.
        """
        self._data += data
        if self._headers is None and not self._read_head():
            self._expect_more(data)
            return None
        response = self._read_body(is_over=not data)
        if response is None:
            self._expect_more(data)
        return response

    def _expect_more(self, data: bytes) -> None:
        if not data:
            raise BrokenResponse(f"the connection ended after {len(self._data)} bytes of a response")

    def _read_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            if len(self._data) > _LARGEST_HEAD or not b"HTTP/1.".startswith(self._data[:7]):
                raise BrokenResponse(f"no HTTP response: it begins with {bytes(self._data[:40])!r}")
            return False
        first, *lines = self._data[:end].decode("utf-8", "surrogateescape").split("\r\n")
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise BrokenResponse(f"no HTTP response: it begins with {first[:40]!r}")
        self._status = int(rest[:3])
        if self._status < 200:  # noqa: PLR2004 (an interim response, the real one follows)
            del self._data[: end + 4]
            return self._read_head()
        self._headers = dict(_split_header(line) for line in lines)
        self._body_start = end + 4
        return True

    def _read_body(self, *, is_over: bool) -> Response | None:
        headers = self._headers or {}
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = _join_chunks(self._data, self._body_start)
        elif self._status in {204, 304}:
            body = b""
        else:
            body = self._read_plain_body(headers.get("content-length"), is_over=is_over)
        if body is None:
            return None
        is_last = is_over or headers.get("connection", "").lower() == "close"
        return Response(self._status, headers, body, is_last)

    def _read_plain_body(self, declared: str | None, *, is_over: bool) -> bytes | None:
        if declared is None:
            return bytes(self._data[self._body_start :]) if is_over else None
        if not declared.isdecimal():
            raise BrokenResponse(f"no HTTP response: its content length is {declared[:40]!r}")
        end = self._body_start + int(declared)
        return bytes(self._data[self._body_start : end]) if len(self._data) >= end else None


def _split_header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _join_chunks(data: bytearray, start: int) -> bytes | None:
    body = bytearray()
    while (end := data.find(b"\r\n", start)) >= 0:
        try:
            size = int(data[start:end].partition(b";")[0], 16)
        except ValueError as error:
            raise BrokenResponse(f"no HTTP response: a chunk's size is {bytes(data[start:end][:40])!r}") from error
        if size == 0:
            is_complete = data.find(b"\r\n\r\n", end) >= 0
            return bytes(body) if is_complete else None
        body += data[end + 2 : end + 2 + size]
        start = end + 2 + size + 2
        if len(data) < start:
            return None
    return None
