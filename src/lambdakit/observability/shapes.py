"""Secrets that can be told by their shape, or by what stands around them in a text."""

import re

from lambdakit.observability.names import SECRET_WORD

REDACTED = "***"
"""What stands in the place of a secret."""

EVENT = "isBase64Encoded"
"""What an event or a result of an HTTP front door has beside its body."""
_SIGNS = (
    *("://", "?", "eyj", "akia", "asia", "bearer", "basic", "auth", "cookie", "pass", "secret", "token", "key"),
    *("credential", "signature", "string", "csrf", "jwt", "session", "client", "pwd", "otp", "isbase64encoded"),
)
"""What every text holds, in lower case, in which a secret can be told by its shape."""
_QUOTED = r"(?:b?\"(?:[^\"\\]|\\.)*\"?|b?'(?:[^'\\]|\\.)*'?"
# Every repetition before a fixed part is bounded, so that no message makes a search take longer than linear time.
_BODY = re.compile(rf"(['\"]body['\"]\s{{0,8}}:\s{{0,8}}){_QUOTED})")
_HEADER = re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s{0,8}[:=,]\s{0,8}b?)[^\r\n]*")
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s{1,8}[\w.~+/=:-]{6,}")
_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{5,}(?:\.[\w-]*){1,4}|\bA[KS]IA[A-Z0-9]{16}\b")
_ADDRESS = re.compile(r"(://)[^\s/@'\"]{1,2000}@")
_QUERY = re.compile(r"\?[^\s'\"<>=?]{1,128}=[^\s'\"<>]*")
_PAIR = re.compile(
    rf"(?i)((?:{SECRET_WORD})[\w-]{{0,32}}['\"]?\s{{0,8}}(?:[:=]|\bis\b)\s{{0,8}}){_QUOTED}|[^\s,;&)}}\]]+)"
)
# What pydantic says of a field that is not valid: the name, and behind it what was sent.
_INVALID = re.compile(
    rf"(?i)((?:{SECRET_WORD})[\w.-]{{0,64}}\n[^\n]{{0,300}}?input_value="
    rf"|['\"]loc['\"]:\s?[(\[][^)\]\n]{{0,200}}(?:{SECRET_WORD})[^)\]\n]{{0,100}}[)\]][^\n]{{0,300}}?['\"]input['\"]:\s?)"
    rf"{_QUOTED}|[^,\]}}\n]+)"
)


def redact_shapes(text: str) -> str:
    """Return a text without the secrets that can be told by their shape."""
    lowered = text.lower()
    return _redact(text) if any(sign in lowered for sign in _SIGNS) else text


def _redact(text: str) -> str:
    if EVENT in text:
        text = _BODY.sub(rf"\1{REDACTED}", text)
    if "input" in text:
        text = _INVALID.sub(rf"\1{REDACTED}", text)
    text = _HEADER.sub(rf"\1\2{REDACTED}", text)
    text = _SCHEME.sub(rf"\1 {REDACTED}", text)
    text = _TOKEN.sub(REDACTED, text)
    text = _ADDRESS.sub(rf"\1{REDACTED}@", text)
    text = _QUERY.sub(f"?{REDACTED}", text)
    return _PAIR.sub(rf"\1{REDACTED}", text)
