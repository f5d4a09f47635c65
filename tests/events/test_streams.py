import json

import pytest

from lambdakit.errors import MalformedResult
from lambdakit.events import FORMATS, Headers

HEADERS: Headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]


@pytest.mark.parametrize("via", ["function-url", "rest-api"])
def test_a_streamed_response_is_a_prelude_eight_nul_bytes_and_the_body(via: str) -> None:
    prelude = FORMATS[via].encode_prelude(201, HEADERS)

    assert prelude.endswith(bytes(8))
    assert b"\0" not in prelude[:-8]
    response = FORMATS[via].decode_stream(prelude + b"body\0\0")
    assert (response.status, response.body) == (201, b"body\0\0")
    assert sorted(response.headers) == sorted(HEADERS)


def test_each_service_gets_repeated_headers_as_it_takes_them() -> None:
    url = json.loads(FORMATS["function-url"].encode_prelude(200, HEADERS)[:-8])
    rest = json.loads(FORMATS["rest-api"].encode_prelude(200, HEADERS)[:-8])

    assert url == {"statusCode": 200, "headers": {"content-type": "text/plain"}, "cookies": ["a=1", "b=2"]}
    assert rest["multiValueHeaders"]["set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize("content", [b"", b"{}", b"{}" + bytes(8), b"no JSON" + bytes(8), b'{"statusCode": 200}'])
def test_a_stream_without_a_prelude_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedResult):
        FORMATS["function-url"].decode_stream(content)
