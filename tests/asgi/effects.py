"""What services change on the way, in code: written from AWS's documentation, apart from the code under test."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

TABLE = tomllib.loads((Path(__file__).parents[1] / "requirements/gateway_effects.toml").read_text(encoding="utf-8"))
FORWARDING = {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"}

Values = dict[str, list[str]]
"""Headers by name, with their values in order."""


class Seen(NamedTuple):
    """The request as the app saw it."""

    method: str
    path: str
    raw_path: str
    query: object
    root_path: str
    headers: Values
    body: bytes
    rest: object
    """Every other entry of the scope that a server sets."""


class Got(NamedTuple):
    """The response as the client got it."""

    status: int
    headers: Values
    body: bytes


def forwarding(seen: Seen) -> Seen:
    return seen._replace(headers={name: values for name, values in seen.headers.items() if name not in FORWARDING})


def unchanged(seen: Seen) -> Seen:
    """Stand for what `Seen` leaves out by itself: addresses, and the order of different names."""
    return seen


def joined(seen: Seen) -> Seen:
    return seen._replace(headers={name: [",".join(values)] for name, values in seen.headers.items()})


def joined_with_space(seen: Seen) -> Seen:
    return seen._replace(headers={name: [", ".join(values)] for name, values in seen.headers.items()})


def last_header(seen: Seen) -> Seen:
    return seen._replace(headers={name: values[-1:] for name, values in seen.headers.items()})


def cookies_apart(seen: Seen) -> Seen:
    cookies = [cookie.strip() for cookie in "; ".join(seen.headers.get("cookie", [])).split(";")]
    rebuilt = "; ".join(cookie for cookie in cookies if cookie)
    rest = {name: values for name, values in seen.headers.items() if name != "cookie"}
    return seen._replace(headers=rest | ({"cookie": [rebuilt]} if rebuilt else {}))


def path_decoded(seen: Seen) -> Seen:
    return seen._replace(raw_path=quote(seen.path, safe="/:@!$&'()*+,;=~"))


def path_cut(seen: Seen) -> Seen:
    path = seen.path.split("?")[0]
    return seen._replace(path=path, raw_path=quote(path, safe="/:@!$&'()*+,;=~"))


def stage_prefix(seen: Seen) -> Seen:
    return seen._replace(path=f"/prod{seen.path}", raw_path=f"/prod{seen.raw_path}", root_path="/prod")


def query_decoded(seen: Seen) -> Seen:
    groups: Values = {}
    for name, value in parse_qsl(str(seen.query), keep_blank_values=True):
        groups.setdefault(name, []).append(value)
    return seen._replace(query=groups)


def query_grouped(seen: Seen) -> Seen:
    return seen._replace(query=_grouped(seen))


def _grouped(seen: Seen) -> Values:
    groups: Values = {}
    for parameter in str(seen.query).split("&"):
        name, _, value = parameter.partition("=")
        if parameter:
            groups.setdefault(name, []).append(value)
    return groups


def last_parameter(seen: Seen) -> Seen:
    return seen._replace(query={name: values[-1:] for name, values in _grouped(seen).items()})


def joined_response(got: Got) -> Got:
    headers = {name: values if name == "set-cookie" else [", ".join(values)] for name, values in got.headers.items()}
    return got._replace(headers=headers)


def default_content_type(got: Got) -> Got:
    return got._replace(headers={"content-type": ["application/json"]} | got.headers)


def renamed(*names: str) -> Callable[[Got], Got]:
    """Return what gives headers with these names another one."""

    def rename(got: Got) -> Got:
        pairs = got.headers.items()
        return got._replace(headers={f"x-amzn-remapped-{key}" if key in names else key: each for key, each in pairs})

    return rename


REQUEST_EFFECTS: dict[str, Callable[[Seen], Seen]] = {
    "forwarding": forwarding,
    "addresses": unchanged,
    "order-of-names": unchanged,
    "joined-request-headers": joined,
    "joined-request-headers-lattice": joined_with_space,
    "last-request-header": last_header,
    "cookies-apart": cookies_apart,
    "path-decoded": path_decoded,
    "path-cut": path_cut,
    "stage-prefix": stage_prefix,
    "query-decoded": query_decoded,
    "query-grouped": query_grouped,
    "last-query-parameter": last_parameter,
}
RESPONSE_EFFECTS: dict[str, Callable[[Got], Got]] = {
    "joined-response-headers": joined_response,
    "default-content-type": default_content_type,
    "renamed-response-headers": renamed(
        "authorization",
        "connection",
        "content-md5",
        "date",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
    ),
    "renamed-response-headers-url": renamed("date", "www-authenticate"),
}
"""Each row of the table in code, by its id."""


def changed_request(seen: Seen, source: str) -> Seen:
    """Return what the app is to see of a request that comes through a source."""
    for effect in TABLE["effect"]:
        if source in effect["sources"] and effect["side"] == "request":
            seen = REQUEST_EFFECTS[effect["id"]](seen)
    return seen


def changed_response(got: Got, source: str) -> Got:
    """Return what the client is to get of a response that goes through a source."""
    for effect in TABLE["effect"]:
        if source in effect["sources"] and effect["side"] == "response":
            got = RESPONSE_EFFECTS[effect["id"]](got)
    return got


def read_query(query: object, source: str) -> object:
    """Return a query string as the source's own effects make it comparable."""
    decoded = {"http-api-1.0", "rest-api"}
    empty = Seen("", "", "", query, "", {}, b"", None)
    if source in decoded:
        return query_decoded(empty).query
    return query_grouped(empty).query if source.startswith("alb") else query
