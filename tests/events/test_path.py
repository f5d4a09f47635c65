import pytest

from lambdakit.events.path import (
    decode_path,
    encode_path,
    encode_query,
    group_query,
    join_query,
    prefix_before,
    resolve_route,
    stage_prefix,
)

EXECUTE_API = "k3v8w1z6qa.execute-api.eu-central-1.amazonaws.com"


@pytest.mark.parametrize(
    ("raw_path", "path"),
    [
        ("/plain", "/plain"),
        ("/caf%C3%A9", "/café"),
        ("/a%2520b", "/a%20b"),
        ("/a+b", "/a+b"),
        ("/100%", "/100%"),
        ("/%zz", "/%zz"),
        ("/a%2Fb%3Fc", "/a/b?c"),
        ("/%FF", "/\ufffd"),
    ],
)
def test_a_path_is_decoded_once(raw_path: str, path: str) -> None:
    assert decode_path(raw_path) == path


@pytest.mark.parametrize(
    ("path", "raw_path"),
    [
        ("/plain", b"/plain"),
        ("/café", b"/caf%C3%A9"),
        ("/a%20b", b"/a%2520b"),
        ("/a b?c#d", b"/a%20b%3Fc%23d"),
        ("/-._~!$&'()*+,;=:@", b"/-._~!$&'()*+,;=:@"),
    ],
)
def test_a_decoded_path_is_quoted_where_a_url_needs_it(path: str, raw_path: bytes) -> None:
    assert encode_path(path) == raw_path
    assert decode_path(raw_path.decode()) == path


@pytest.mark.requirement("query-rest-is-encoded-again")
@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        (None, b""),
        ({}, b""),
        ({"a": "1", "b": "2"}, b"a=1&b=2"),
        ({"a": ["1", "2"]}, b"a=1&a=2"),
        ({"a": None, "b": [None], "c": []}, b"a=&b="),
        ({"a&b": "c d=é"}, b"a%26b=c+d%3D%C3%A9"),
        ({"url": "https://example.org/a?b"}, b"url=https%3A%2F%2Fexample.org%2Fa%3Fb"),
    ],
)
def test_decoded_parameters_are_encoded_again(parameters: dict[str, object] | None, query: bytes) -> None:
    assert encode_query(parameters) == query


@pytest.mark.requirement("query-alb-is-left-encoded")
@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        (None, b""),
        ({}, b""),
        ({"a": "%FF", "b": "x+y%20z"}, b"a=%FF&b=x+y%20z"),
        ({"a": ["%FF", "1"], "b": []}, b"a=%FF&a=1"),
        ({"a": None}, b"a="),
    ],
)
def test_encoded_parameters_are_joined_as_they_are(parameters: dict[str, object] | None, query: bytes) -> None:
    assert join_query(parameters) == query


@pytest.mark.parametrize("wrong", [5, 0, True, False, {"b": 1}, {}, [[]], [5]])
def test_a_parameter_that_is_no_text_is_refused_and_not_spelled_out(wrong: object) -> None:
    with pytest.raises(TypeError):
        encode_query({"a": wrong})
    with pytest.raises(TypeError):
        join_query({"a": wrong})


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}),
        (b"a=1&b=%FF&a=2", {"a": ["1", "2"], "b": ["%FF"]}),
        (b"flag&&=x&a=b=c", {"flag": [""], "": ["x"], "a": ["b=c"]}),
    ],
)
def test_a_query_string_is_grouped_by_name_and_left_encoded(query: bytes, parameters: dict[str, list[str]]) -> None:
    assert group_query(query) == parameters


@pytest.mark.parametrize(
    ("route", "parameters", "path"),
    [
        ("/orders", None, "/orders"),
        ("/orders/{id}", {"id": "7"}, "/orders/7"),
        ("/{shop}/{proxy+}", {"shop": "a", "proxy": "b/c"}, "/a/b/c"),
        ("/orders/{id}", None, "/orders/{id}"),
        ("/orders/{id}", {"id": None}, "/orders/{id}"),
        ("/orders/{id}", {"other": "7"}, "/orders/{id}"),
    ],
)
def test_a_route_is_filled_in_with_its_path_parameters(
    route: str, parameters: dict[str, str | None] | None, path: str
) -> None:
    assert resolve_route(route, parameters) == path


@pytest.mark.parametrize(
    ("path", "route", "prefix"),
    [
        ("/v2/orders", "/orders", "/v2"),
        ("/orders", "/orders", ""),
        ("/v2", "/", "/v2"),
        ("/v2/", "/", "/v2"),
        ("/v2/orders", "/items", None),
    ],
)
def test_a_prefix_stands_before_the_route(path: str, route: str, prefix: str | None) -> None:
    assert prefix_before(path, route) == prefix


@pytest.mark.requirement("root-path-http-api-stage", "root-path-custom-domain-has-no-stage")
@pytest.mark.parametrize(
    ("path", "stage", "domain", "prefix"),
    [
        ("/live/orders", "live", EXECUTE_API, "/live"),
        ("/live", "live", EXECUTE_API, "/live"),
        ("/lively", "live", EXECUTE_API, ""),
        ("/orders", "live", EXECUTE_API, ""),
        ("/$default/orders", "$default", EXECUTE_API, ""),
        ("/live/orders", "live", "api.example.org", ""),
        ("/live/orders", "live", None, ""),
        ("/None/orders", None, EXECUTE_API, ""),
        ("/", "", EXECUTE_API, ""),
        ("//orders", "", EXECUTE_API, ""),
    ],
)
def test_only_a_named_stage_of_the_apis_own_domain_is_a_prefix(
    path: str, stage: object, domain: object, prefix: str
) -> None:
    assert stage_prefix(path, stage, domain) == prefix
