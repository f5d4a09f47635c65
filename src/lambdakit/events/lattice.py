"""VPC Lattice services: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html."""

from collections.abc import Mapping
from typing import Any, ClassVar

from lambdakit.events.address import client_of, scheme_of, server_of
from lambdakit.events.body import decode_body, encode_body, is_plain
from lambdakit.events.format import EventFormat, require_text
from lambdakit.events.forwarding import with_forwarding
from lambdakit.events.headers import grouped, joined, pairs_of, pairs_of_lists, spelled_apart
from lambdakit.events.message import Gateway, Headers, Request, Response
from lambdakit.events.path import decode_path, group_query, join_query
from lambdakit.events.shape import Field, boolean, is_list, map_of_text, map_of_text_or_lists, table, text


class _Lattice(EventFormat):
    path_field: ClassVar[str]
    query_field: ClassVar[str]
    base64_field: ClassVar[str]

    def _request(self, event: Mapping[str, Any], headers: Headers) -> Request:
        by_name = dict(headers)
        scheme = scheme_of(by_name)
        raw_path, _, query = event[self.path_field].partition("?")
        require_text(event["method"], raw_path)
        return Request(
            event["method"],
            decode_path(raw_path or "/"),
            (raw_path or "/").encode(),
            query.encode() or join_query(event.get(self.query_field)),
            headers,
            decode_body(event.get("body"), event.get(self.base64_field)),
            "",
            scheme,
            "1.1",
            client_of(by_name),
            server_of(by_name, scheme, "localhost"),
        )

    def _event(self, request: Request, headers: Mapping[str, list[str]]) -> dict[str, Any]:
        as_text = is_plain(headers.get("content-type", ["text/plain"])[-1], encoded="content-encoding" in headers)
        body, is_base64 = encode_body(request.body, as_text=as_text)
        raw_path, query = request.raw_path.decode("latin-1"), request.query.decode("latin-1")
        return {
            self.path_field: f"{raw_path}?{query}" if query else raw_path,
            "method": request.method,
            "body": body,
            self.base64_field: is_base64,
        }


class Lattice(_Lattice):
    """Event structure 2.0: headers and parameters as lists, the query string behind the path."""

    name = "vpc-lattice"
    path_field, query_field, base64_field = "path", "queryStringParameters", "isBase64Encoded"
    fields = (
        Field("path", text, required=True),
        Field("method", text, required=True),
        Field("headers", map_of_text_or_lists),
        Field("queryStringParameters", map_of_text_or_lists),
        Field("requestContext", table, required=True),
        Field("body", text),
        Field("isBase64Encoded", boolean),
    )

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        headers: Mapping[str, Any] = event.get("headers") or {}
        lists = {name: [value] if isinstance(value, str) else value for name, value in headers.items()}
        return self._request(event, pairs_of_lists(lists))

    def _encode_headers(self, headers: Headers) -> dict[str, Any]:
        groups = grouped(headers)
        return {"headers": {name: values if len(values) > 1 else values[0] for name, values in groups.items()}}

    def _decode_result(self, result: Any, gateway: Gateway) -> Response:
        headers: Mapping[str, Any] = result.get("headers") or {}
        lists = {name: values for name, values in headers.items() if is_list(values)}
        single = {name: value for name, value in headers.items() if name not in lists}
        return super()._decode_result({**result, "headers": single, "multiValueHeaders": lists}, gateway)

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of structure 2.0."""
        headers = grouped(with_forwarding(request.headers, gateway))
        arn = f"arn:aws:vpc-lattice:us-east-1:{gateway.account_id}"
        return {
            "version": "2.0",
            **self._event(request, headers),
            "headers": headers,
            "queryStringParameters": group_query(request.query),
            "requestContext": {
                "serviceNetworkArn": f"{arn}:servicenetwork/sn-0123456789abcdef0",
                "serviceArn": f"{arn}:service/svc-0123456789abcdef0",
                "targetGroupArn": f"{arn}:targetgroup/tg-0123456789abcdef0",
                "identity": {"sourceVpcArn": f"arn:aws:ec2:us-east-1:{gateway.account_id}:vpc/vpc-0123456789abcdef0"},
                "region": "us-east-1",
                "timeEpoch": f"{gateway.time_epoch}000",
            },
        }


class LatticeOne(_Lattice):
    """Event structure 1.0: repeated headers joined, of a repeated parameter the last value."""

    name = "vpc-lattice-1.0"
    path_field, query_field, base64_field = "raw_path", "query_string_parameters", "is_base64_encoded"
    fields = (
        Field("raw_path", text, required=True),
        Field("method", text, required=True),
        Field("headers", map_of_text),
        Field("query_string_parameters", map_of_text),
        Field("body", text),
        Field("is_base64_encoded", boolean),
    )

    def _decode_request(self, event: Mapping[str, Any]) -> Request:
        return self._request(event, pairs_of(event.get("headers")))

    def _encode_headers(self, headers: Headers) -> dict[str, Any]:
        return {"headers": spelled_apart(headers)}

    def encode_request(self, request: Request, gateway: Gateway = Gateway()) -> dict[str, Any]:  # noqa: B008 (a constant)
        """Return the event of structure 1.0."""
        headers = with_forwarding(request.headers, gateway)
        query = {name: values[-1] for name, values in group_query(request.query).items()}
        return {
            **self._event(request, grouped(headers)),
            "headers": joined(headers, ", "),
            "query_string_parameters": query,
        }
