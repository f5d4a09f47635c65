"""HTTP requests through every service that sends them to functions."""

import json
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, TypedDict, Unpack

from lambdakit.events import FORMATS, Gateway, Headers, Request
from lambdakit.events.rest_api import match_route
from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_bytes, milliseconds, to_clock
from lambdakit.operations.http_request import make_request

_EVERY_PATH = "/{proxy+}"
"""The route that stands for all of them, also for the path `/`, which it does not match by itself."""


class Place(TypedDict, total=False):
    """Where a request arrives and who sends it.

    `stage` is that of an API, `route` the resource of a REST API that matched, `source_ip` the client's address,
    `authorizer` what an authorizer found out, as `requestContext.authorizer` has it.
    """

    stage: str
    route: str
    source_ip: str
    authorizer: Mapping[str, Any]


class Details(Place, total=False):
    """What a request has beside its method and its path.

    `headers` may repeat names when they are pairs. `json` is sent as JSON, `body` as it is.
    """

    headers: Mapping[str, str] | list[tuple[str, str]]
    json: Any
    body: str | bytes


class HttpEvents(Family):
    """Makes events of HTTP requests; a path may have a query string."""

    def function_url(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to a function URL."""
        return self._send("function-url", method, path, details)

    def http_api(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to an HTTP API with payload format 2.0."""
        return self._send("http-api", method, path, details)

    def http_api_one(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to an HTTP API with payload format 1.0."""
        return self._send("http-api-1.0", method, path, details)

    def rest_api(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to a REST API."""
        return self._send("rest-api", method, path, details)

    def alb(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to a load balancer."""
        return self._send("alb", method, path, details)

    def alb_multi_value(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to a load balancer whose target group has multi-value headers."""
        return self._send("alb-multi-value", method, path, details)

    def vpc_lattice(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to a VPC Lattice service, with event structure 2.0."""
        return self._send("vpc-lattice", method, path, details)

    def vpc_lattice_one(self, method: str = "GET", path: str = "/", **details: Unpack[Details]) -> Event:
        """Describe a request to a VPC Lattice service, with event structure 1.0."""
        return self._send("vpc-lattice-1.0", method, path, details)

    def _send(self, via: str, method: str, path: str, details: Details) -> Event:
        request = build_request(method, path, details, host=self.choose_host(via))
        place: Place = {"route": details.get("route", _EVERY_PATH), "stage": details.get("stage", "")}
        if "source_ip" in details:
            place["source_ip"] = details["source_ip"]
        if "authorizer" in details:
            place["authorizer"] = details["authorizer"]
        return self.http(via, request, **place)

    def http(self, via: str, request: Request, **place: Unpack[Place]) -> Event:
        """Return the event of a request; `via` is a key of `lambdakit.events.FORMATS`.

        Raises:
            ValueError: The address of the client is none, or the path is not one of the route that was asked for.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
        """
        _check_route(via, place.get("route", _EVERY_PATH), request)
        origin = self._origin
        host = dict(request.headers).get(b"host", b"").decode("latin-1").partition(":")[0]
        gateway = Gateway(
            # A function URL answers to no other name than its own.
            domain=host if via != "function-url" or ".lambda-url." in host else self.choose_host(via),
            stage=place.get("stage", ""),
            route=place.get("route", _EVERY_PATH),
            source_ip=str(ip_address(place.get("source_ip", "203.0.113.10"))),
            account_id=origin.account,
            request_id=origin.uuid(),
            trace_id=f"Root=1-{int(origin.now.timestamp()):08x}-{origin.hex(24)}",
            time=to_clock(origin.now),
            time_epoch=milliseconds(origin.now),
            authorizer=place.get("authorizer"),
        )
        return FORMATS[via].encode_request(request, gateway)

    def choose_host(self, via: str) -> str:
        """Return a host as the service names its own."""
        origin = self._origin
        match via:
            case "function-url":
                return f"{origin.letters(32)}.lambda-url.{origin.region}.on.aws"
            case "alb" | "alb-multi-value":
                return f"shop-{origin.digits(10)}.{origin.region}.elb.amazonaws.com"
            case "vpc-lattice" | "vpc-lattice-1.0":
                return f"shop-{origin.hex(17)}.{origin.hex(7)}.vpc-lattice-svcs.{origin.region}.on.aws"
            case _:
                return f"{origin.letters(10)}.execute-api.{origin.region}.amazonaws.com"


def _check_route(via: str, route: str, request: Request) -> None:
    path = request.raw_path.decode("latin-1")
    if via == "rest-api" and route != _EVERY_PATH and match_route(route, path) is None:
        raise ValueError(f"the route {route} does not match the path {path}")


def build_request(method: str, path: str, details: Details, *, host: str) -> Request:
    """Return the request that arguments of Python describe."""
    content, content_type = b"", None
    if "json" in details:
        content, content_type = json.dumps(details["json"]).encode(), b"application/json"
    elif "body" in details:
        content, content_type = as_bytes(details["body"]), b"application/octet-stream"
        if isinstance(details["body"], str):
            content_type = b"text/plain; charset=utf-8"
    return make_request(
        method,
        path,
        headers=_pairs(details.get("headers", [])),
        content=content,
        content_type=content_type,
        host=host.encode(),
    )


def _pairs(headers: Mapping[str, str] | list[tuple[str, str]]) -> Headers:
    given = headers if isinstance(headers, list) else headers.items()
    return [(name.lower().encode(), value.encode()) for name, value in given]
