"""Hostile requests as data: what is sent through which front door, what AWS answers, and where that is written.

A source is a page of AWS's documentation, or a public capture that quotes the answer. What a row does not hold, such as
a body, its sources do not say.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lambdakit.emulator.authorizers import LOCAL_CREDENTIALS, Credentials
from tests.auth.issuers import Issuer, make_key
from tests.auth.test_verifier import signed, signed_with_the_public_key, with_claims, with_header
from tests.emulator.authorizers.signing import sha256, sign

DEVELOPER_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
JWT = f"{DEVELOPER_GUIDE}/http-api-jwt-authorizer.html"
JWT_TROUBLE = f"{DEVELOPER_GUIDE}/http-api-troubleshooting-jwt.html"
JWT_SCOPES = "https://github.com/KensioSoftware/yulin/issues/302"
FORBIDDEN_TABLE = "https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden"
MISMATCH = "https://repost.aws/knowledge-center/api-gateway-iam-sigv4-mismatch"
SIGNATURE_TROUBLE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html"
SIGNING = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"
EXPIRED = "https://github.com/mhart/aws4/issues/118"
NOT_YET = "https://github.com/NickWaterton/Roomba980-Python/issues/118"
BEARER_AT_IAM = "https://github.com/serverless/serverless/issues/3205"
UNDEFINED_TOKEN = "https://github.com/kndt84/aws-api-gateway-client/issues/31"
URL_FORBIDDEN = "https://github.com/DhananjayThomble/URL-Shortener-App/pull/391"
URL_TOKEN = "https://github.com/jamesmbourne/aws4-axios/issues/1553"
URL_QUERY = "https://github.com/RJPearson94/terraform-aws-open-next/pull/48"
URL_BODY = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html"
URL_SERVICE = "https://github.com/okigan/awscurl/issues/201"
AUTHORIZER_FAILURES = (
    "https://dev.to/marcogrcr/api-gateway-lambda-authorizer-lambda-proxy-integration-failure-modes-52bc"
)
AUTHORIZER_FORBIDDEN = "https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer"
AUTHORIZER_UNAUTHORIZED = "https://repost.aws/knowledge-center/api-gateway-401-error-lambda-authorizer"
AUTHORIZER_RAISES = "https://github.com/auth0-samples/jwt-rsa-aws-custom-authorizer/pull/6"
AUTHORIZER_RESPONSE = "https://github.com/serverless/examples/issues/305"
AUTHORIZER_NOTHING = "https://github.com/aws/chalice/issues/971"
AUTHORIZER_OUTPUT = f"{DEVELOPER_GUIDE}/api-gateway-lambda-authorizer-output.html"
AUTHORIZER_PATTERN = "https://serverlessland.com/patterns/apigw-lambda-authorizer-sam-nodejs"
HTTP_AUTHORIZER = f"{DEVELOPER_GUIDE}/http-api-lambda-authorizer.html"
HTTP_AUTHORIZER_IDENTITY = "https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html"
HTTP_AUTHORIZER_NO = "https://repost.aws/questions/QU4ik4HXnoRu-OQiSz12By5g/http-api-lambda-authorizer"
HTTP_AUTHORIZER_RESPONSE = "https://github.com/aws/aws-lambda-rust-runtime/discussions/530"

UNAUTHORIZED = {"message": "Unauthorized"}
FORBIDDEN = {"message": "Forbidden"}
DENY = {"Message": "User is not authorized to access this resource with an explicit deny"}
NOTHING = {"Message": "User is not authorized to access this resource"}
INVALID_KEY = {"message": "The security token included in the request is invalid."}
WRONG = {"message": "The request signature we calculated does not match the signature you provided"}
"""How the message of a wrong signature begins; what follows differs between services and years."""


class Place(NamedTuple):
    """Where the request goes, and who makes its tokens."""

    address: str
    issuer: Issuer


class Call(NamedTuple):
    """A request as it is put on the wire."""

    target: str
    headers: Mapping[str, str] = {}
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One request and AWS's answer; each text in `body` is how the one in the answer begins, None is not compared."""

    name: str
    door: str
    send: Callable[[Place], Call]
    status: int
    sources: tuple[str, ...]
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


# --- tokens at an HTTP API -------------------------------------------------------------------------------------------


def token(make: Callable[[Issuer], str], *, word: str = "Bearer ") -> Callable[[Place], Call]:
    return lambda place: Call("/items", {"Authorization": word + make(place.issuer)})


def claims(**changed: Any) -> Callable[[Place], Call]:
    return token(lambda issuer: issuer.sign({"scope": "read", **changed}))


def soon(seconds: int) -> int:
    return int(time.time()) + seconds


def no_token(name: str, send: Callable[[Place], Call], *sources: str, **more: Any) -> Row:
    return Row(
        name=name,
        door="tokens",
        send=send,
        status=401,
        body=UNAUTHORIZED,
        sources=(*(sources or (JWT,)), JWT_TROUBLE),
        **more,
    )


AUDIENCE = {
    "www-authenticate": 'Bearer scope="read write" error="invalid_token" '
    'error_description="the token does not have a valid audience"'
}
INVALID = {"www-authenticate": 'Bearer scope="read write" error="invalid_token"'}
TOKENS = [
    no_token("no token", lambda _: Call("/items")),
    no_token("a word for a token", lambda _: Call("/items", {"Authorization": "token"}), headers=INVALID),
    no_token("a token that is cut off", token(lambda issuer: issuer.sign().rpartition(".")[0])),
    no_token("no signature", token(lambda issuer: issuer.sign().rpartition(".")[0] + ".")),
    no_token("alg none", token(lambda issuer: with_header(issuer, {"alg": "none", "kid": "one rsa"}))),
    no_token("the public key as a shared secret", token(signed_with_the_public_key)),
    no_token("an elliptic curve", token(lambda issuer: issuer.sign({"scope": "read"}, "ES256"))),
    no_token("another curve", token(lambda issuer: issuer.sign({"scope": "read"}, "ES384"))),
    no_token("an Edwards curve", token(lambda issuer: issuer.sign({"scope": "read"}, "EdDSA"))),
    no_token("no name of a key", token(lambda issuer: with_header(issuer, {"alg": "RS256"}))),
    no_token("the name of no key", token(lambda issuer: issuer.sign(headers={"kid": "other"}))),
    no_token("another's key", token(lambda issuer: issuer.sign(key=make_key("rsa", 7)))),
    no_token("other claims than signed", token(lambda issuer: with_claims(issuer, {"sub": "admin"}))),
    no_token("another issuer", claims(iss="https://evil.example")),
    no_token("an issuer that begins alike", token(lambda issuer: issuer.sign({"iss": f"{issuer.address}.example"}))),
    no_token("no issuer", token(lambda issuer: issuer.sign({"scope": "read"}, without=("iss",)))),
    no_token("another audience", claims(aud="bank"), headers=AUDIENCE),
    no_token("other audiences", claims(aud=["bank", "garden"]), headers=AUDIENCE),
    no_token("another audience beside the right client", claims(aud="bank", client_id="shop"), headers=AUDIENCE),
    no_token(
        "another client and no audience",
        token(lambda issuer: issuer.sign({"client_id": "bank"}, without=("aud",))),
        headers=AUDIENCE,
    ),
    no_token("expired", claims(exp=soon(-2))),
    no_token("not valid yet", claims(nbf=soon(86_400))),
    no_token("issued in the future", claims(iat=soon(86_400))),
    no_token("an expiry that is a word", token(lambda issuer: signed(issuer, {"exp": "never"}))),
    Row(
        name="none of the scopes",
        door="tokens",
        send=claims(scope="admin readwrite"),
        status=403,
        body=FORBIDDEN,
        sources=(JWT, JWT_SCOPES),
    ),
    Row(
        name="no scope at all",
        door="tokens",
        send=token(lambda issuer: issuer.sign(without=("scope",))),
        status=403,
        body=FORBIDDEN,
        sources=(JWT, JWT_SCOPES),
    ),
    Row(name="one of the scopes", door="tokens", send=claims(scope="admin write"), status=200, sources=(JWT,)),
    Row(
        name="one of the scopes as another issuer writes them",
        door="tokens",
        send=token(lambda issuer: issuer.sign({"scp": ["write"]}, without=("scope",))),
        status=200,
        sources=(JWT,),
    ),
    Row(
        name="the right client and no audience",
        door="tokens",
        send=token(lambda issuer: issuer.sign({"client_id": "shop"}, without=("aud",))),
        status=200,
        sources=(JWT, JWT_TROUBLE),
    ),
    Row(
        name="a token without the word Bearer",
        door="tokens",
        send=token(lambda issuer: issuer.sign(), word=""),
        status=200,
        sources=(JWT,),
    ),
]

# --- tokens at a REST API --------------------------------------------------------------------------------------------

REST_SCOPES = f"{DEVELOPER_GUIDE}/rest-api-jwt-authorizer-methods.html"
REST_ALGORITHMS = "https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html"


def at_rest(name: str, scope: str, algorithm: str, status: int, *sources: str) -> Row:
    send = token(lambda issuer: issuer.sign({"scope": scope}, algorithm))

    def behind_stage(place: Place) -> Call:
        return send(place)._replace(target="/prod/items")

    return Row(name=name, door="rest tokens", send=behind_stage, status=status, sources=sources)


REST_TOKENS = [
    at_rest("none of the scopes at a REST API", "admin readwrite", "RS256", 403, REST_SCOPES),
    at_rest("scopes in capitals at a REST API", "READ WRITE", "RS256", 403, REST_SCOPES),
    at_rest("one of the scopes at a REST API", "admin write", "RS256", 200, REST_SCOPES, REST_ALGORITHMS),
    at_rest("an elliptic curve at a REST API", "read", "ES256", 200, REST_SCOPES, REST_ALGORITHMS),
]

# --- signatures at a REST API ----------------------------------------------------------------------------------------

KEY = LOCAL_CREDENTIALS[0]
OTHER_KEY = Credentials("AKIAI44QH8DHBEXAMPLE", KEY.secret)
OTHER_SECRET = KEY._replace(secret="je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY")
UNDEFINED = KEY._replace(token="undefined")


def at(seconds: int) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def signature(
    path: str = "/prod/items", *, change: Callable[[Call], Call] = lambda call: call, late: int = 0, **settings: Any
) -> Callable[[Place], Call]:
    """Sign a request for a REST API, late by some seconds, and change it afterwards."""

    def send(place: Place) -> Call:
        given: dict[str, Any] = {"service": "execute-api", "moment": at(-late) if late else "", **settings}
        address, headers = sign(place.address + path, **given)
        call = Call(
            address.removeprefix(place.address), headers, settings.get("method", "GET"), settings.get("body", b"")
        )
        return change(call)

    return send


def authorization(change: Callable[[str], str]) -> Callable[[Call], Call]:
    return lambda call: call._replace(headers={**call.headers, "Authorization": change(call.headers["Authorization"])})


def header(value: str) -> Callable[[Place], Call]:
    return lambda _: Call("/prod/items", {"Authorization": value, "X-Amz-Date": at(0)})


def rest(name: str, send: Callable[[Place], Call], body: Any, *sources: str, error_type: str = "") -> Row:
    headers = {"x-amzn-errortype": error_type} if error_type else {}
    return Row(name=name, door="rest iam", send=send, status=403, body=body, sources=sources, headers=headers)


MISSING = "MissingAuthenticationTokenException"
BAD = "InvalidSignatureException"
SIGNATURES = [
    rest(
        "unsigned",
        lambda _: Call("/prod/items"),
        {"message": "Missing Authentication Token"},
        FORBIDDEN_TABLE,
        error_type=MISSING,
    ),
    rest(
        "a bearer token in place of a signature",
        header("Bearer sometoken"),
        {
            "message": "'sometoken' not a valid key=value pair (missing equal-sign) in Authorization header: "
            "'Bearer sometoken'."
        },
        BEARER_AT_IAM,
    ),
    rest(
        "one word in place of a signature",
        header("sometoken"),
        {
            "message": "Authorization header requires 'Credential' parameter. Authorization header requires "
            "'Signature' parameter"
        },
        BEARER_AT_IAM,
    ),
    rest("a key that nobody knows", signature(key=OTHER_KEY), INVALID_KEY, FORBIDDEN_TABLE, MISMATCH),
    rest("a session token that is no token", signature(key=UNDEFINED), INVALID_KEY, UNDEFINED_TOKEN),
    rest("another secret", signature(key=OTHER_SECRET), WRONG, MISMATCH, error_type=BAD),
    rest("another path", signature(change=lambda call: call._replace(target="/prod/orders")), WRONG, MISMATCH),
    rest(
        "a query that was not signed",
        signature(change=lambda call: call._replace(target="/prod/items?a=1")),
        WRONG,
        MISMATCH,
    ),
    rest(
        "another query",
        signature("/prod/items?a=1", change=lambda call: call._replace(target="/prod/items?a=2")),
        WRONG,
        MISMATCH,
    ),
    rest("another method", signature(change=lambda call: call._replace(method="DELETE")), WRONG, MISMATCH),
    rest(
        "another body",
        signature(method="POST", body=b"a", change=lambda call: call._replace(body=b"b")),
        WRONG,
        MISMATCH,
        SIGNING,
    ),
    rest(
        "another value of a signed header",
        signature(
            headers={"X-Team": "tea"}, change=lambda call: call._replace(headers={**call.headers, "X-Team": "milk"})
        ),
        WRONG,
        MISMATCH,
        SIGNING,
    ),
    rest(
        "a signed header that is gone",
        signature(
            headers={"X-Team": "tea"},
            change=lambda call: call._replace(headers={k: v for k, v in call.headers.items() if k != "X-Team"}),
        ),
        WRONG,
        MISMATCH,
        SIGNING,
    ),
    rest(
        "a signature that ends otherwise",
        signature(change=authorization(lambda text: text[:-4] + "0000")),
        WRONG,
        MISMATCH,
    ),
    rest("a signature that is cut off", signature(change=authorization(lambda text: text[:-8])), WRONG, MISMATCH),
    rest(
        "a signature without the stage",
        signature("/items", change=lambda call: call._replace(target="/prod/items")),
        WRONG,
        SIGNATURE_TROUBLE,
        MISMATCH,
    ),
    rest(
        "a signature of six minutes ago",
        signature(late=360),
        {"message": "Signature expired: "},
        EXPIRED,
        FORBIDDEN_TABLE,
        error_type=BAD,
    ),
    rest(
        "a signature of in six minutes",
        signature(late=-360),
        {"message": "Signature not yet current: "},
        NOT_YET,
        SIGNATURE_TROUBLE,
    ),
    rest(
        "a signature for another region",
        signature(region="eu-west-1"),
        {"message": "Credential should be scoped to a valid region, not 'eu-west-1'. "},
        SIGNATURE_TROUBLE,
        "https://github.com/aws/aws-sdk-js/issues/792",
    ),
    rest(
        "a signature for another service",
        signature(service="lambda"),
        {"message": "Credential should be scoped to correct service: 'execute-api'"},
        SIGNATURE_TROUBLE,
    ),
    rest(
        "a scope of another day",
        signature(change=authorization(lambda text: text.replace(at(0)[:8], "20200101"))),
        {"message": "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"},
        SIGNATURE_TROUBLE,
    ),
    rest(
        "an address that is signed for another path",
        signature(form="query", change=lambda call: call._replace(target=call.target.replace("items", "orders"))),
        WRONG,
        MISMATCH,
        SIGNING,
    ),
    Row(name="signed", door="rest iam", send=signature(), status=200, sources=(SIGNING,)),
    Row(
        name="an address that is signed", door="rest iam", send=signature(form="query"), status=200, sources=(SIGNING,)
    ),
]

# --- signatures at a function URL ------------------------------------------------------------------------------------


def url(name: str, send: Callable[[Place], Call], body: Any, *sources: str, status: int = 403) -> Row:
    return Row(name=name, door="url iam", send=send, status=status, body=body, sources=sources)


def url_signature(
    path: str = "/items",
    *,
    change: Callable[[Call], Call] = lambda call: call,
    service: str = "lambda",
    **settings: Any,
) -> Callable[[Place], Call]:
    return signature(path, change=change, service=service, **settings)


UNSIGNED_BODY = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
URLS = [
    url("unsigned at a function URL", lambda _: Call("/items"), {"Message": "Forbidden"}, URL_FORBIDDEN),
    url("temporary keys with a token that is none", url_signature(key=UNDEFINED), INVALID_KEY, URL_TOKEN),
    url(
        "another query at a function URL",
        url_signature("/items?a=1", change=lambda call: call._replace(target="/items?a=test")),
        WRONG,
        URL_QUERY,
    ),
    url(
        "a body that was not signed",
        url_signature(method="POST", body=b"a", headers=UNSIGNED_BODY),
        None,
        URL_BODY,
    ),
    url(
        "the hash of another body",
        url_signature(
            method="POST",
            body=b"a",
            headers={"X-Amz-Content-SHA256": sha256(b"a")},
            change=lambda call: call._replace(body=b"b"),
        ),
        None,
        URL_BODY,
    ),
    url("a signature for API Gateway", url_signature(service="execute-api"), None, URL_SERVICE, SIGNATURE_TROUBLE),
    url("a signature for S3", url_signature(service="s3"), None, URL_SERVICE, SIGNATURE_TROUBLE),
    url("signed for a function URL", url_signature(), None, URL_SERVICE, status=200),
]

# --- Lambda authorizers ----------------------------------------------------------------------------------------------


def ask(word: str | None, path: str = "/prod/items") -> Callable[[Place], Call]:
    return lambda _: Call(path, {} if word is None else {"Authorization": word})


def guarded(name: str, word: str | None, status: int, body: Any, *sources: str, error_type: str = "") -> Row:
    headers = {"x-amzn-errortype": error_type} if error_type else {}
    return Row(
        name=name, door="rest function", send=ask(word), status=status, body=body, sources=sources, headers=headers
    )


def simply_guarded(name: str, word: str | None, status: int, body: Any, *sources: str) -> Row:
    return Row(name=name, door="http function", send=ask(word, "/items"), status=status, body=body, sources=sources)


NULL = {"message": None}
ERROR = {"message": "Internal Server Error"}
DENIED = "AccessDeniedException"
CONFIGURATION = "AuthorizerConfigurationException"
AUTHORIZERS = [
    guarded("no identity", None, 401, UNAUTHORIZED, AUTHORIZER_FAILURES, AUTHORIZER_UNAUTHORIZED),
    guarded("an empty identity", "", 401, UNAUTHORIZED, AUTHORIZER_FAILURES, AUTHORIZER_UNAUTHORIZED),
    guarded("a denial", "deny", 403, DENY, AUTHORIZER_FAILURES, FORBIDDEN_TABLE, error_type=DENIED),
    guarded("a denial beside what allows", "both", 403, DENY, AUTHORIZER_FAILURES),
    guarded("a policy for another path", "elsewhere", 403, NOTHING, AUTHORIZER_FAILURES, AUTHORIZER_FORBIDDEN),
    guarded("a policy without statements", "nothing", 403, NOTHING, AUTHORIZER_NOTHING, error_type=DENIED),
    guarded("an authorizer that fails", "raise", 500, NULL, AUTHORIZER_RAISES, AUTHORIZER_PATTERN),
    guarded("an authorizer that says Unauthorized", "unauthorized", 401, UNAUTHORIZED, AUTHORIZER_RAISES),
    guarded("an authorizer that says Unauthorized and more", "more", 500, NULL, AUTHORIZER_RAISES),
    guarded(
        "an authorizer that answers like a web server",
        "response",
        500,
        None,
        AUTHORIZER_RESPONSE,
        error_type=CONFIGURATION,
    ),
    guarded("a context with an object in it", "nested", 500, None, AUTHORIZER_OUTPUT),
    guarded("an authorizer that allows", "allow", 200, None, AUTHORIZER_FAILURES),
    simply_guarded("no identity at an HTTP API", None, 401, UNAUTHORIZED, HTTP_AUTHORIZER_IDENTITY, HTTP_AUTHORIZER),
    simply_guarded("an empty identity at an HTTP API", "", 401, None, HTTP_AUTHORIZER_IDENTITY, HTTP_AUTHORIZER),
    simply_guarded("isAuthorized is false", "deny", 403, FORBIDDEN, HTTP_AUTHORIZER_NO),
    simply_guarded("an HTTP response for isAuthorized", "response", 500, ERROR, HTTP_AUTHORIZER_RESPONSE),
    simply_guarded("isAuthorized is true", "allow", 200, None, HTTP_AUTHORIZER),
]


def decide(event: dict[str, Any]) -> Any:
    """Answer as a Lambda authorizer, by the word that it is sent."""
    if event.get("version") == "2.0":
        word = event["identitySource"][0]
        return (
            {"statusCode": 200, "body": json.dumps({"isAuthorized": True})}
            if word == "response"
            else {"isAuthorized": word == "allow"}
        )
    word, arn = event["headers"]["authorization"], event["methodArn"]
    if word in {"raise", "unauthorized", "more"}:
        raise ValueError({"raise": "no database", "unauthorized": "Unauthorized", "more": "Unauthorized: late"}[word])
    if word == "response":
        return {"statusCode": 401, "headers": {}, "body": "Unauthorized"}
    statements = [
        {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
        for effect, resource in POLICIES.get(word, [("Allow", arn)])
    ]
    context = {"team": {"name": "tea"}} if word == "nested" else {"team": "tea"}
    policy = {"Version": "2012-10-17", "Statement": statements}
    return {"principalId": "anna", "policyDocument": policy, "context": context}


POLICIES: dict[str, list[tuple[str, str]]] = {
    "deny": [("Deny", "*")],
    "both": [("Allow", "*"), ("Deny", "*")],
    "elsewhere": [("Allow", "arn:aws:execute-api:*:*:*/*/GET/orders")],
    "nothing": [],
}

ROWS = [*TOKENS, *REST_TOKENS, *SIGNATURES, *URLS, *AUTHORIZERS]
HOSTILE = [row for row in ROWS if row.status != 200]
