import pytest

from lambdakit.events.address import client_of, scheme_of, server_of


@pytest.mark.requirement("server-hostile-host", "server-port-by-scheme")
@pytest.mark.parametrize(
    ("host", "forwarded_port", "scheme", "server"),
    [
        (b"shop.example.org", b"", "https", ("shop.example.org", 443)),
        (b"shop.example.org", b"", "http", ("shop.example.org", 80)),
        (b"shop.example.org", b"8443", "https", ("shop.example.org", 8443)),
        (b"shop.example.org:9000", b"8443", "https", ("shop.example.org", 9000)),
        # A proxy in front of the load balancer took TLS off: the client's scheme and the port differ.
        (b"shop.example.org", b"80", "https", ("shop.example.org", 80)),
        (b"shop.example.org", b"443,8080", "https", ("shop.example.org", 8080)),
        (b"shop.example.org", b"443, 80 ", "http", ("shop.example.org", 80)),
        (b"shop.example.org", b"443,", "https", ("shop.example.org", 443)),
        (b"shop.example.org", b"ninety", "https", ("shop.example.org", 443)),
        (b"shop.example.org", b"\xb2", "https", ("shop.example.org", 443)),
        (b"shop.example.org", b"-1", "https", ("shop.example.org", 443)),
        (b"shop.example.org", b"65536", "https", ("shop.example.org", 443)),
        (b"shop.example.org", b"9" * 5000, "https", ("shop.example.org", 443)),
        (b"shop.example.org:0", b"", "http", ("shop.example.org", 80)),
        (b"shop.example.org:99999", b"8443", "https", ("shop.example.org", 443)),
        (b"192.0.2.7:8080", b"", "http", ("192.0.2.7", 8080)),
        (b"[2001:db8::7]", b"", "https", ("2001:db8::7", 443)),
        (b"[2001:db8::7]:8443", b"", "https", ("2001:db8::7", 8443)),
        (b"2001:db8::7", b"", "https", ("fallback", 443)),
        (b"[2001:db8::7", b"", "https", ("fallback", 443)),
        (b"", b"8443", "https", ("fallback", 8443)),
        (b"two hosts", b"", "https", ("fallback", 443)),
        (b"shop.example.org:", b"", "https", ("fallback", 443)),
        (b"shop.example.org:http", b"", "https", ("fallback", 443)),
        (b"https://shop.example.org/", b"", "https", ("fallback", 443)),
        (b"ana@shop.example.org", b"", "https", ("fallback", 443)),
        (b"shop.example.org\r\nx-forged: 1", b"", "https", ("fallback", 443)),
        (b"m\xe1laga.example", b"", "https", ("málaga.example", 443)),
    ],
)
def test_the_server_is_the_host_header_or_the_services_domain(
    host: bytes, forwarded_port: bytes, scheme: str, server: tuple[str, int]
) -> None:
    headers = {b"host": host, b"x-forwarded-port": forwarded_port}

    assert server_of(headers, scheme, "fallback") == server


@pytest.mark.requirement("server-without-host")
def test_a_request_without_a_host_header_went_to_the_services_domain() -> None:
    assert server_of({}, "https", "shop.example.org") == ("shop.example.org", 443)


@pytest.mark.requirement("client-is-the-peer")
@pytest.mark.parametrize(
    ("entries", "client"),
    [
        (b"192.0.2.44", ("192.0.2.44", 0)),
        (b"10.0.0.1, 192.0.2.44", ("192.0.2.44", 0)),
        (b"a lie, another,192.0.2.44 ", ("192.0.2.44", 0)),
        (b"192.0.2.44:55102", ("192.0.2.44", 55102)),
        (b"192.0.2.44:high", ("192.0.2.44", 0)),
        (b"10.0.0.1, 2001:db8::7", ("2001:db8::7", 0)),
        (b"[2001:db8::7]:55102", ("2001:db8::7", 55102)),
        (b"[2001:db8::7]", ("2001:db8::7", 0)),
        (b"192.0.2.44,", None),
        (b"", None),
    ],
)
def test_the_client_is_the_last_entry_of_the_forwarded_addresses(
    entries: bytes, client: tuple[str, int] | None
) -> None:
    assert client_of({b"x-forwarded-for": entries}) == client


def test_a_health_check_without_forwarded_addresses_has_no_client() -> None:
    assert client_of({}) is None


@pytest.mark.requirement("scheme-is-forwarded")
@pytest.mark.parametrize(
    ("forwarded", "scheme"),
    [
        (b"https", "https"),
        (b"http", "http"),
        (b"HTTP", "http"),
        (b"https,http", "http"),
        (b"http, https", "https"),
        (b"", "https"),
        (b"gopher", "https"),
    ],
)
def test_the_scheme_is_the_last_forwarded_one(forwarded: bytes, scheme: str) -> None:
    assert scheme_of({b"x-forwarded-proto": forwarded}) == scheme


def test_a_request_without_a_forwarded_scheme_came_by_https() -> None:
    assert scheme_of({}) == "https"
