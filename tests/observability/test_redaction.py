import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from lambdakit.observability import secrets
from lambdakit.observability.names import is_secret
from lambdakit.observability.redaction import Redactor
from lambdakit.observability.secrets import EnvironmentSecrets, RequestSecrets
from lambdakit.observability.shapes import REDACTED

CANARY = "canary-7f3a-9c1e"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl"
SECRET_NAMES = [
    *(
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "set-cookie",
        "X-Api-Key",
        "x_api_key",
        "password",
        "DB_PASSWORD",
    ),
    *(
        "client_secret",
        "access_token",
        "refreshToken",
        "AWS_SECRET_ACCESS_KEY",
        "private_key",
        "X-CSRF-Token",
        "user_otp",
    ),
    *("connectionString", "session_id", "pwd", "credentials", "X-Amz-Signature", "jwt"),
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_value_of_a_secret_name_is_hidden(name: str) -> None:
    redactor = Redactor()
    assert redactor.redact({name: CANARY, "deep": [{name: [CANARY]}, (name, CANARY), (name.encode(), CANARY)]}) == {
        name: REDACTED,
        "deep": [{name: REDACTED}, [name, REDACTED], [str(name.encode()), REDACTED]],
    }


@pytest.mark.parametrize("name", ["author", "PWD", "footpath", "monkey", "laptop", "keyboard", "compass", "user"])
def test_a_harmless_name_is_no_secret(name: str) -> None:
    assert not is_secret(name)


def test_numbers_of_tokens_and_flags_may_be_shown() -> None:
    shown = {"input_tokens": 12, "token_count": 3.5, "has_password": True, "token": None}
    assert Redactor().redact(shown) == shown
    assert Redactor().redact({"pin_secret": 1234}) == {"pin_secret": REDACTED}


@pytest.mark.parametrize("body", [f"it's {CANARY}", f'"{CANARY}"', f"a\n{CANARY}"])
def test_the_body_of_an_event_is_hidden(body: str) -> None:
    event = {"rawPath": "/", "body": body, "isBase64Encoded": False}
    assert Redactor().redact({"event": event}) == {"event": {**event, "body": REDACTED}}
    for text in (repr(event), json.dumps(event), f"{event}"):
        assert CANARY not in Redactor().redact_text(text)
    assert Redactor().redact({"body": body, "other": 1})["body"] == body


class Login(BaseModel):
    user: str = Field(max_length=20)
    password: str = Field(min_length=64)


@pytest.mark.parametrize("password", ["pa'n", f'{CANARY}"', 12345, [CANARY]])
def test_what_pydantic_quotes_of_a_secret_field_is_hidden(password: Any) -> None:
    with pytest.raises(ValidationError) as raised:
        Login.model_validate({"user": "marvin " * 9, "password": password})
    errors = raised.value.errors()
    for text in (str(raised.value), str(errors), json.dumps(errors), str(RequestValidationError(errors))):
        shown = Redactor().redact_text(text)
        assert not any(quoted in shown for quoted in (str(password), CANARY, "pa'n", "12345"))
        assert "marvin" in shown
    assert [each["input"] for each in Redactor().redact({"errors": errors})["errors"]] == ["marvin " * 9, REDACTED]


def test_names_can_be_added() -> None:
    redactor = Redactor(["X-Tenant"])
    redactor.add(["Iban"])
    assert redactor.redact({"x-tenant": CANARY, "iban": CANARY, "bic": "shown"}) == {
        "x-tenant": REDACTED,
        "iban": REDACTED,
        "bic": "shown",
    }


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization='Bearer {CANARY}'",
        f"got headers [(b'authorization', b'Basic {CANARY}'), (b'cookie', b'a={CANARY}')]",
        f"sent Bearer {CANARY} to it",
        f"token is {CANARY}",
        f"password={CANARY}&user=bob",
        f'{{"password": "{CANARY}", "user": "bob"}}',
        f"{{'client_secret': '{CANARY}'}}",
        f"Login(user='bob', password='{CANARY}')",
        f"api_key: {CANARY}",
        f"cannot connect to postgresql://shop:{CANARY}@db.example.com:5432/shop",
        f"redis://:{CANARY}@cache:6379",
        f"GET https://example.com/callback?code={CANARY}&state=1",
        f"/reset?token={CANARY}",
        f"Cookie: session={CANARY}; theme=dark",
        f"AWS_SESSION_TOKEN={CANARY}",
        f"Server=db;User Id=shop;Pwd={CANARY};",
        f"DefaultEndpointsProtocol=https;AccountKey=x;SharedAccessSignature={CANARY}",
        f"password = '{CANARY} with \\' a quote {CANARY}' # set",
    ],
)
def test_a_secret_is_known_by_what_stands_around_it(text: str) -> None:
    shown = Redactor().redact_text(text)
    assert CANARY not in shown
    assert REDACTED in shown


@pytest.mark.parametrize("secret", [JWT, "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"])
def test_a_secret_is_known_by_its_shape(secret: str) -> None:
    assert Redactor().redact_text(f"found {secret} there") == f"found {REDACTED} there"


@pytest.mark.parametrize(
    "text", ["order 42 took 3.5 s", "what?", "see https://example.com/docs", "the basics: bearer", "tokenize(text)"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert Redactor().redact_text(text) == text


def test_the_values_of_secret_variables_are_hidden_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    awkward = 'pa"ss\\wörd/+1'
    monkeypatch.setenv("SHOP_SECRET", awkward)
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:hunter2hunter2@db/shop")
    redactor = Redactor()
    for text in (awkward, repr(awkward), json.dumps(awkward), "x" + awkward + "x", "or hunter2hunter2 alone"):
        shown = redactor.redact_text(text)
        assert REDACTED in shown
        assert "wör" not in shown
        assert "hunter2" not in shown


def test_a_variable_that_is_set_later_is_hidden_too(monkeypatch: pytest.MonkeyPatch) -> None:
    redactor = Redactor()
    assert redactor.redact_text(CANARY) == CANARY
    monkeypatch.setenv("LATE_PASSWORD", CANARY)
    assert redactor.redact_text(CANARY) == REDACTED


def test_short_values_of_variables_are_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOKIE_SECURE", "true")
    assert Redactor().redact_text("it is true") == "it is true"


def test_no_secrets_in_the_environment_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    assert EnvironmentSecrets().pattern() is None


def make_scope(headers: list[tuple[bytes, bytes]] | None = None, query: bytes = b"") -> dict[str, Any]:
    return {"type": "http", "headers": headers or [], "query_string": query}


def redact_within(carried: RequestSecrets, text: str) -> str:
    token = secrets.of_request.set(carried)
    try:
        return Redactor().redact_text(text)
    finally:
        secrets.of_request.reset(token)


def test_what_a_request_carries_in_secret_headers_and_parameters_is_hidden() -> None:
    headers = [
        (b"authorization", b"Bearer opaque-1234"),
        (b"Cookie", b"session=crumb-1234; theme=dark"),
        (b"x-api-key", b"key-1234"),
        (b"accept", b"text/plain"),
    ]
    carried = RequestSecrets(make_scope(headers, b"token=query%2F1234&page=overview"))
    text = "opaque-1234 crumb-1234 key-1234 query/1234 query%2F1234 text/plain overview"
    assert redact_within(carried, text) == "*** *** *** *** *** text/plain overview"


def test_a_password_sent_as_basic_credentials_is_hidden_when_it_is_decoded() -> None:
    carried = RequestSecrets(make_scope([(b"authorization", b"Basic Ym9iOnN3b3JkZmlzaA==")]))
    assert redact_within(carried, "swordfish does not open it") == "*** does not open it"


def test_what_a_request_carries_in_its_body_is_hidden() -> None:
    carried = RequestSecrets(make_scope([(b"content-type", b"application/json")]))
    carried.add_body(b'{"user": "marvin42", "login": {"password": "swordfish",')
    assert redact_within(carried, "swordfish") == "swordfish"
    carried.add_body(b'"pin_secret": 12345678}}')
    assert redact_within(carried, "swordfish 12345678 marvin42") == "*** *** marvin42"
    form = RequestSecrets(make_scope([(b"content-type", b"application/x-www-form-urlencoded")]))
    form.add_body(b"user=marvin42&password=sword+fish")
    assert redact_within(form, "sword fish marvin42") == "*** marvin42"


WRITTEN: dict[str, Callable[[str], str]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda secret: repr(secret.encode()),
    "json": json.dumps,
    "json as it is": lambda secret: json.dumps(secret, ensure_ascii=False),
    "quote": quote,
    "quote all": lambda secret: quote(secret, safe=""),
    "quote a field": quote_plus,
    "repr of repr": lambda secret: repr(repr(secret)),
    "json of json": lambda secret: json.dumps(json.dumps(secret)),
    "repr of json": lambda secret: repr({"body": json.dumps({"x": secret})}),
}


@pytest.mark.parametrize("way", WRITTEN)
@given(secret=st.text(st.characters(min_codepoint=33, exclude_categories=["Cs"]), min_size=8, max_size=20))
def test_what_a_request_carries_is_hidden_however_it_is_written(way: str, secret: str) -> None:
    carried = RequestSecrets(make_scope([(b"content-type", b"application/json")]))
    carried.add_body(json.dumps({"password": secret}).encode())
    assert REDACTED in redact_within(carried, f"it was {WRITTEN[way](secret)} then")


def test_a_body_of_any_size_and_shape_is_survived() -> None:
    large = RequestSecrets(make_scope())
    large.add_body(b'{"password": "' + b"x" * 70_000)
    large.add_body(b'"}')
    assert large.values() == ()
    for body in (b"[" * 60_000, b"\xff\xfe", b"null", b"&" * 60_000):
        carried = RequestSecrets(make_scope([(b"content-type", b"application/x-www-form-urlencoded")]))
        carried.add_body(body)
        assert carried.values() == ()
        carried = RequestSecrets(make_scope())
        carried.add_body(body)
        assert carried.values() == ()


VALUE = st.tuples(st.sampled_from([b"", b"Basic ", b"Bearer ", b"a=", b";"]), st.binary(max_size=40)).map(b"".join)


@given(st.lists(st.tuples(st.sampled_from([b"authorization", b"cookie", b"x-token"]), VALUE)))
@example([(b"authorization", b"Basic abcde")])
@example([(b"authorization", b"Basic \xff")])
def test_any_header_is_survived(headers: list[tuple[bytes, bytes]]) -> None:
    assert redact_within(RequestSecrets(make_scope(headers)), "text") == "text"


SECRETS = st.text(st.characters(categories=["L", "N"]), min_size=12, max_size=30)


@given(st.sampled_from(SECRET_NAMES), SECRETS.map(lambda secret: f"0{secret}0"))
def test_no_quoting_lets_a_secret_through(name: str, secret: str) -> None:
    redactor = Redactor()
    written = [
        f"{name}={secret}",
        f"{name}: {secret}",
        repr({name: secret}),
        json.dumps({name: secret}),
        f"{name}='{secret}'",
    ]
    assert [text for text in written if secret in redactor.redact_text(text)] == []


def test_a_caller_cannot_make_lines_expensive_by_sending_secrets() -> None:
    carried = RequestSecrets(make_scope([(b"content-type", b"application/json")]))
    carried.add_body(json.dumps({"token": [f"t{number:06}" for number in range(3000)]}).encode())
    assert 0 < len(carried.values()) <= 64
    assert redact_within(carried, "t000001") == REDACTED


@pytest.mark.parametrize(
    "piece",
    [
        "token\ninput_value",
        "token\ninput_value='",
        "'loc': (token) 'input' ",
        *("eyJ", "eyJaaaaa", "-eyJaaaaa", "://", "://a", "?", "?a", "bearer ", "token", "token ", "password='\\"),
        "a" * 9,
        "\n",
    ],
)
def test_no_text_takes_more_than_linear_time(piece: str) -> None:
    text = (piece * 200_000)[:131_072]
    begun = time.process_time()
    Redactor().redact_text(text)
    # Measured at 0.2 s at most on a shared machine; quadratic time would be minutes.
    assert time.process_time() - begun < 10


def test_metrics_keep_their_values_and_their_definition() -> None:
    document = {
        "_aws": {"CloudWatchMetrics": [{"Dimensions": [["token", "region"]], "Metrics": [{"Name": "secret_hits"}]}]},
        "region": "eu",
        "secret_hits": [1.0, 2.0],
        "api_key": CANARY,
    }
    assert json.loads(Redactor().redact_record(json.dumps(document))) == {**document, "api_key": REDACTED}


def test_a_record_of_somebody_else_loses_its_secrets_and_stays_json() -> None:
    record = json.dumps(
        {"errorMessage": f"no Authorization: Bearer {CANARY}", "stackTrace": [f'  password = "{CANARY}"\n']}
    )
    shown = Redactor().redact_record(record)
    assert CANARY not in shown
    assert set(json.loads(shown)) == {"errorMessage", "stackTrace"}
    assert Redactor().redact_record(f"[ERROR] password={CANARY}\nnext") == f"[ERROR] password={REDACTED}\nnext"
    assert CANARY not in Redactor().redact_record(json.dumps({"level": "INFO", "service": f"Bearer {CANARY}"}))
    assert Redactor().redact_record('{"a":"Bearer 1234567","a":1}') == '{"a":1}'
    assert Redactor().redact_record('{"not": json') == '{"not": json'
