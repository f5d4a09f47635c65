import pytest

from lambdakit.events.body import decode_body, encode_body, is_plain, is_text


@pytest.mark.requirement("response-text-or-base64")
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html; charset=utf-8",
        "TEXT/CSV",
        "application/json",
        "application/json;charset=utf-8",
        "application/problem+json",
        "application/ld+json",
        "application/geo+json-seq",
        "application/x-ndjson",
        "application/xml",
        "application/atom+xml",
        "image/svg+xml",
        "application/yaml",
        "application/openapi+yaml",
        "application/javascript",
        "application/x-www-form-urlencoded",
        " application/graphql ",
    ],
)
def test_a_text_type_is_text(content_type: str) -> None:
    assert is_text(content_type)


@pytest.mark.requirement("response-text-or-base64")
@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "application/octet-stream",
        "application/gzip",
        "multipart/form-data; boundary=text/x",
        "texts/a",
        "",
    ],
)
def test_any_other_type_is_not(content_type: str) -> None:
    assert not is_text(content_type)


@pytest.mark.parametrize(
    ("content_type", "encoded", "plain"),
    [
        ("text/css", False, True),
        ("application/json; charset=utf-8", False, True),
        ("application/javascript", False, True),
        ("application/xml", False, True),
        ("application/problem+json", False, False),
        ("application/x-www-form-urlencoded", False, False),
        ("image/png", False, False),
        ("text/css", True, False),
    ],
)
def test_a_load_balancer_leaves_few_types_plain(content_type: str, encoded: bool, plain: bool) -> None:
    assert is_plain(content_type, encoded=encoded) is plain


@pytest.mark.requirement("body-base64", "body-missing")
@pytest.mark.parametrize(
    ("body", "is_base64", "content"),
    [
        (None, False, b""),
        (None, True, b""),
        ("", True, b""),
        ("ñ", False, "ñ".encode()),
        ("ñ", None, "ñ".encode()),
        ("R0lGODn/", True, b"GIF89\xff"),
        ("aG9sYQ==", True, b"hola"),
    ],
)
def test_a_body_is_its_text_or_its_base64(body: str | None, is_base64: object, content: bytes) -> None:
    assert decode_body(body, is_base64) == content


@pytest.mark.parametrize("body", ["no base64", "aG9sYQ", "aG9s\nYQ==", "=aG9sYQ==", "ñ", "\ud800"])
def test_a_body_that_only_claims_to_be_base64_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="the body says it is base64 and is not"):
        decode_body(body, is_base64=True)


@pytest.mark.parametrize(
    ("body", "is_base64"), [(5, False), ([], False), ({}, True), (5, True), (b"x", False), ("x", "yes"), ("x", [])]
)
def test_a_body_or_a_flag_of_another_type_is_refused(body: object, is_base64: object) -> None:
    with pytest.raises(TypeError):
        decode_body(body, is_base64)


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        decode_body("\ud800", is_base64=False)


@pytest.mark.parametrize(
    ("body", "as_text", "encoded"),
    [
        (b"", True, ("", False)),
        ("ñ".encode(), True, ("ñ", False)),
        (b"\xf1", True, ("8Q==", True)),
        (b"hola", False, ("aG9sYQ==", True)),
        (b"x" * 100, False, ("eHh4" * 33 + "eA==", True)),
    ],
)
def test_a_body_travels_as_text_or_as_base64_on_one_line(body: bytes, as_text: bool, encoded: tuple[str, bool]) -> None:
    assert encode_body(body, as_text=as_text) == encoded
