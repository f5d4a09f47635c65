"""The headers that a service adds to what the client sent."""

from lambdakit.events.message import Gateway, Headers

_OVERWRITTEN = frozenset({b"x-amzn-trace-id", b"x-forwarded-for", b"x-forwarded-port", b"x-forwarded-proto"})


def with_forwarding(headers: Headers, gateway: Gateway) -> Headers:
    """Return headers with the service's own: it appends its peer to X-Forwarded-For and overwrites the others.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    """
    sent = [value for name, value in headers if name == b"x-forwarded-for"]
    kept = [pair for pair in headers if pair[0] not in _OVERWRITTEN]
    return [
        *kept,
        (b"x-amzn-trace-id", gateway.trace_id.encode("ascii")),
        (b"x-forwarded-for", b", ".join([*sent, gateway.source_ip.encode("ascii")])),
        (b"x-forwarded-port", str(gateway.port).encode("ascii")),
        (b"x-forwarded-proto", gateway.scheme.encode("ascii")),
    ]
