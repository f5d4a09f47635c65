"""Golden events: one file each, named `source--case`, and what the HTTP ones mean."""

import json
from pathlib import Path
from typing import Any

from lambdakit.events import Headers, Request

FOLDER = Path(__file__).parent / "golden"
FUNCTION_URL = "q7mb2kx4v9ztw3nsd8fhj5ry6ealpgcu.lambda-url.eu-central-1.on.aws"
EXECUTE_API = "k3v8w1z6qa.execute-api.eu-central-1.amazonaws.com"
LOAD_BALANCER = "shop-2098417355.eu-central-1.elb.amazonaws.com"
LATTICE = "shop-0d9c1e7b52a38f460.7d67968.vpc-lattice-svcs.eu-central-1.on.aws"


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def source_of(name: str) -> str:
    return name.partition("--")[0]


def forwarded(peers: bytes, scheme: bytes = b"https", port: bytes = b"443") -> Headers:
    return [
        (b"x-amzn-trace-id", b"Root=1-690863bc-2f71c4d95b8e0a6317dd42e0"),
        (b"x-forwarded-for", peers),
        (b"x-forwarded-port", port),
        (b"x-forwarded-proto", scheme),
    ]


NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

REQUESTS: dict[str, Request] = {
    "function-url--encoded-path": Request(
        "GET",
        "/café/a%20b",
        b"/caf%C3%A9/a%2520b",
        b"tag=new&tag=sale&note=a+b%2Bc&flag",
        [
            (b"accept-language", b"pt,en;q=0.5"),
            (b"cookie", b"cart=81; lang=pt"),
            (b"host", FUNCTION_URL.encode()),
            (b"user-agent", b"catalogue/3"),
            (b"x-note", b"one,two"),
            *forwarded(b"203.0.113.24"),
        ],
        client=("203.0.113.24", 0),
        server=(FUNCTION_URL, 443),
    ),
    "function-url--base64-body": Request(
        "PUT",
        "/pictures",
        b"/pictures",
        b"",
        [
            (b"content-length", b"6"),
            (b"content-type", b"image/gif"),
            (b"host", FUNCTION_URL.encode()),
            *forwarded(b"2001:db8::7"),
        ],
        b"GIF89\xff",
        client=("2001:db8::7", 0),
        server=(FUNCTION_URL, 443),
    ),
    "http-api--default-stage": Request(
        "GET",
        "/reports/100% done",
        b"/reports/100%25%20done",
        b"year=2026&year=2025&empty=",
        [
            (b"host", EXECUTE_API.encode()),
            (b"user-agent", b"reader/1"),
            (b"x-tag", b"red,blue"),
            *forwarded(b"203.0.113.24"),
            (b"cookie", b"session=4f2a; theme=plain"),
        ],
        client=("203.0.113.24", 0),
        server=(EXECUTE_API, 443),
    ),
    "http-api--literal-percent-sign": Request(
        "POST",
        "/files/a%20b",
        b"/files/a%2520b",
        b"",
        [
            (b"content-length", b"16"),
            (b"content-type", b"application/json"),
            (b"host", EXECUTE_API.encode()),
            *forwarded(b"203.0.113.24"),
        ],
        '{"título":"ñ"}'.encode(),
        client=("203.0.113.24", 0),
        server=(EXECUTE_API, 443),
    ),
    "http-api--named-stage": Request(
        "GET",
        "/live/orders/7",
        b"/live/orders/7",
        b"",
        [(b"host", EXECUTE_API.encode()), *forwarded(b"203.0.113.24")],
        root_path="/live",
        client=("203.0.113.24", 0),
        server=(EXECUTE_API, 443),
    ),
    "http-api--named-stage-root": Request(
        "GET",
        "/live/",
        b"/live/",
        b"",
        [(b"host", EXECUTE_API.encode()), *forwarded(b"203.0.113.24")],
        root_path="/live",
        client=("203.0.113.24", 0),
        server=(EXECUTE_API, 443),
    ),
    "http-api--custom-domain": Request(
        "GET",
        "/live/orders",
        b"/live/orders",
        b"",
        [(b"host", b"api.example.org"), *forwarded(b"203.0.113.24")],
        client=("203.0.113.24", 0),
        server=("api.example.org", 443),
    ),
    "http-api-1.0--default-stage": Request(
        "POST",
        "/reports/100% done",
        b"/reports/100%25%20done",
        b"year=2026&year=2025&q=a%26b+c",
        [
            (b"content-length", b"7"),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"cookie", b"session=4f2a"),
            (b"host", EXECUTE_API.encode()),
            (b"x-tag", b"red"),
            (b"x-tag", b"blue"),
            *forwarded(b"198.51.100.9"),
        ],
        b"tag=new",
        client=("198.51.100.9", 0),
        server=(EXECUTE_API, 443),
    ),
    "http-api-1.0--named-stage": Request(
        "GET",
        "/live/orders/7",
        b"/live/orders/7",
        b"",
        [(b"host", EXECUTE_API.encode()), *forwarded(b"198.51.100.9")],
        root_path="/live",
        client=("198.51.100.9", 0),
        server=(EXECUTE_API, 443),
    ),
    "http-api-1.0--base-path-mapping": Request(
        "GET",
        "/shop/orders/7/",
        b"/shop/orders/7/",
        b"",
        [(b"host", b"api.example.org"), *forwarded(b"198.51.100.9")],
        root_path="/shop",
        client=("198.51.100.9", 0),
        server=("api.example.org", 443),
    ),
    "rest-api--stage": Request(
        "POST",
        "/prod/café/a%20b",
        b"/prod/caf%C3%A9/a%2520b",
        b"tag=new&tag=sale&note=a+b%2Bc&empty=",
        [
            (b"accept", b"*/*"),
            (b"content-type", b"application/json"),
            (b"host", EXECUTE_API.encode()),
            (b"x-city", b"M\xe1laga"),
            (b"x-tag", b"red"),
            (b"x-tag", b"blue"),
            *forwarded(b"198.51.100.9"),
            (b"content-length", b"16"),
        ],
        '{"título":"ñ"}'.encode(),
        "/prod",
        client=("198.51.100.9", 0),
        server=(EXECUTE_API, 443),
    ),
    "rest-api--stage-root": Request(
        "GET",
        "/prod/",
        b"/prod/",
        b"",
        [(b"host", EXECUTE_API.encode()), *forwarded(b"198.51.100.9")],
        root_path="/prod",
        client=("198.51.100.9", 0),
        server=(EXECUTE_API, 443),
    ),
    "rest-api--base-path-mapping": Request(
        "GET",
        "/v2/orders/a b",
        b"/v2/orders/a%20b",
        b"",
        [(b"host", b"shop.example.org"), *forwarded(b"198.51.100.9")],
        root_path="/v2",
        client=("198.51.100.9", 0),
        server=("shop.example.org", 443),
    ),
    "rest-api--base-path-mapping-and-slash": Request(
        "GET",
        "/v2/orders/8/items/",
        b"/v2/orders/8/items/",
        b"",
        [(b"host", b"shop.example.org"), *forwarded(b"198.51.100.9")],
        root_path="/v2",
        client=("198.51.100.9", 0),
        server=("shop.example.org", 443),
    ),
    "rest-api--console-test": Request(
        "POST",
        "/orders",
        b"/orders",
        b"",
        [(b"content-length", b"9")],
        b'{"id": 7}',
        client=("test-invoke-source-ip", 0),
        server=("testPrefix.testDomainName", 443),
    ),
    "alb--plain": Request(
        "POST",
        "/café/a%20b",
        b"/caf%C3%A9/a%2520b",
        b"note=a+b%2Bc&raw=%FF&tag=sale",
        [
            (b"content-length", b"5"),
            (b"content-type", b"text/plain"),
            (b"host", LOAD_BALANCER.encode()),
            *forwarded(b"192.0.2.44", b"http", b"80"),
        ],
        b"hello",
        scheme="http",
        client=("192.0.2.44", 0),
        server=(LOAD_BALANCER, 80),
    ),
    "alb--health-check": Request(
        "GET", "/health", b"/health", b"", [(b"user-agent", b"ELB-HealthChecker/2.0")], server=("localhost", 443)
    ),
    "alb--forwarded": Request(
        "GET",
        "/",
        b"/",
        b"",
        [
            (b"host", f"{LOAD_BALANCER}:8443".encode()),
            *forwarded(b"10.0.0.1, 198.51.100.70, 192.0.2.44:55102", port=b"8443"),
        ],
        client=("192.0.2.44", 55102),
        server=(LOAD_BALANCER, 8443),
    ),
    "alb-multi-value--repeats": Request(
        "GET",
        "/orders/",
        b"/orders/",
        b"tag=new&tag=sale%20&raw=%FF&flag=",
        [
            (b"cookie", b"cart=81; lang=pt"),
            (b"host", LOAD_BALANCER.encode()),
            (b"x-tag", b"red"),
            (b"x-tag", b"blue"),
            *forwarded(b"192.0.2.44", b"http", b"80"),
        ],
        scheme="http",
        client=("192.0.2.44", 0),
        server=(LOAD_BALANCER, 80),
    ),
    "alb-multi-value--base64-body": Request(
        "POST",
        "/pictures",
        b"/pictures",
        b"",
        [
            (b"content-length", b"6"),
            (b"content-type", b"image/gif"),
            (b"host", LOAD_BALANCER.encode()),
            *forwarded(b"192.0.2.44"),
        ],
        b"GIF89\xff",
        client=("192.0.2.44", 0),
        server=(LOAD_BALANCER, 443),
    ),
    "vpc-lattice--repeats": Request(
        "GET",
        "/café/a%20b",
        b"/caf%C3%A9/a%2520b",
        b"tag=new&tag=sale&raw=%FF",
        [
            (b"host", LATTICE.encode()),
            (b"x-tag", b"red"),
            (b"x-tag", b"blue"),
            (b"x-forwarded-for", b"10.20.1.9"),
        ],
        client=("10.20.1.9", 0),
        server=(LATTICE, 443),
    ),
    "vpc-lattice--parameters-alone": Request(
        "PUT",
        "/orders",
        b"/orders",
        b"tag=new&tag=sale&page=2",
        [
            (b"host", LATTICE.encode()),
            (b"content-type", b"application/json"),
            (b"x-forwarded-for", b"10.20.1.9"),
        ],
        b'{"id":7}',
        client=("10.20.1.9", 0),
        server=(LATTICE, 443),
    ),
    "vpc-lattice-1.0--plain": Request(
        "POST",
        "/café/a%20b",
        b"/caf%C3%A9/a%2520b",
        b"tag=new&tag=sale",
        [
            (b"host", LATTICE.encode()),
            (b"content-type", b"text/plain"),
            (b"x-forwarded-for", b"10.20.1.9"),
            (b"x-tag", b"red, blue"),
        ],
        b"hola",
        client=("10.20.1.9", 0),
        server=(LATTICE, 443),
    ),
}
"""What `decode_request` makes of each golden event that is an HTTP request."""
