"""IAM: requests signed with credentials of AWS, which are those that local functions get."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from lambdakit.emulator.authorizers.protocol import Authorized
from lambdakit.emulator.authorizers.refusals import Kind, refuse
from lambdakit.emulator.authorizers.signature import Signature, Texts, describe, is_signed_with
from lambdakit.emulator.authorizers.signed_request import BadSignature, Unsigned, read_signature
from lambdakit.emulator.launching.variables import CREDENTIALS
from lambdakit.events import Gateway, Request, Response

_SKEW = timedelta(minutes=5)
_FORMAT = "%Y%m%dT%H%M%SZ"
_TERMINATOR = "aws4_request"
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
_WRONG = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class Credentials(NamedTuple):
    """A key that requests may be signed with; `token` is the session token that has to come with it, if any."""

    key_id: str
    secret: str
    token: str | None = None


LOCAL_CREDENTIALS = (
    Credentials(CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]),
    Credentials(
        CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"], CREDENTIALS["AWS_SESSION_TOKEN"]
    ),
)
"""What local functions find in their environment, with and without its session token."""


class IamAuthorizer:
    """Lets requests pass that are signed for the gateway's service and region with one of `credentials`.

    No policy is asked: whoever holds the key may call. `log` gets why others may not. Sources:
    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html,
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html,
    https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
    """

    def __init__(
        self,
        kind: Kind,
        *,
        region: str = "us-east-1",
        credentials: Sequence[Credentials] = LOCAL_CREDENTIALS,
        log: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._kind: Kind = kind
        self._service = service_of(kind)
        self._region = region
        self._credentials = credentials
        self._log = log
        self._clock = clock

    async def authorize(self, request: Request, gateway: Gateway) -> Authorized | Response:
        """Let a request pass if its signature is right."""
        try:
            signature = read_signature(request)
            self._check_scope(signature)
            self._check_time(signature)
            self._check_value(signature, request)
        except Unsigned:
            self._log(f"refused {request.method} {request.path!r}: it is not signed")
            return _refuse_unsigned(self._kind)
        except BadSignature as error:
            self._log(f"refused {request.method} {request.path!r}: {error.detail.strip()}")
            return _refuse(self._kind, error)
        return _identify(self._kind, signature.key_id, gateway.account_id)

    def _check_scope(self, signature: Signature) -> None:
        if signature.terminator != _TERMINATOR:
            raise BadSignature(
                f"Credential should be scoped with a valid terminator: '{_TERMINATOR}', not '{signature.terminator}'."
            )
        if signature.region != self._region:
            raise BadSignature(f"Credential should be scoped to a valid region, not '{signature.region}'. ")
        if signature.service != self._service:
            raise BadSignature(f"Credential should be scoped to correct service: '{self._service}'. ")
        if "host" not in signature.headers:
            raise BadSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")

    def _check_time(self, signature: Signature) -> None:
        signed = _read_moment(signature)
        now = datetime.fromtimestamp(self._clock(), UTC)
        lifetime = _SKEW if signature.lifetime is None else timedelta(seconds=signature.lifetime)
        if signed < now - lifetime:
            raise BadSignature(
                f"Signature expired: {signature.moment} is now earlier than {_write(now - lifetime)} "
                f"({_write(now)} - {lifetime.total_seconds() / 60:.0f} min.)"
            )
        if signed > now + _SKEW:
            raise BadSignature(
                f"Signature not yet current: {signature.moment} is still later than {_write(now + _SKEW)} "
                f"({_write(now)} + 5 min.)"
            )

    def _check_value(self, signature: Signature, request: Request) -> None:
        known = [
            each
            for each in self._credentials
            if each.key_id == signature.key_id and each.token == (signature.token or None)
        ]
        if not known:
            message = "The security token included in the request is invalid."
            raise BadSignature(message, error_type="UnrecognizedClientException")
        texts = describe(request, signature)
        if not any(is_signed_with(each.secret, signature, texts.to_sign) for each in known):
            explained = _explain(texts)
            # A function URL keeps to itself what it computed.
            raise BadSignature(_WRONG if self._kind == "function-url" else explained, detail=explained)


def _read_moment(signature: Signature) -> datetime:
    moment, day = signature.moment, signature.moment[:8]
    try:
        signed = datetime.strptime(moment, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise BadSignature(
            f"Date must be in ISO-8601 'basic format'. Got '{moment}'. See http://en.wikipedia.org/wiki/ISO_8601",
            error_type="IncompleteSignatureException",
        ) from None
    if day != signature.date:
        raise BadSignature(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signature.date}' != '{day}', from '{moment}'."
        )
    return signed


def service_of(kind: Kind) -> str:
    """Return the name of the service that requests to a gateway are signed for."""
    return "lambda" if kind == "function-url" else "execute-api"


def _write(moment: datetime) -> str:
    return moment.strftime(_FORMAT)


def _explain(texts: Texts) -> str:
    return (
        f"{_WRONG}\n\nThe Canonical String for this request should have been\n'{texts.canonical}'\n\n"
        f"The String-to-Sign should have been\n'{texts.to_sign}'\n"
    )


def _refuse_unsigned(kind: Kind) -> Response:
    if kind == "rest-api":
        message = {"message": "Missing Authentication Token"}
        return refuse(403, message, error_type="MissingAuthenticationTokenException")
    if kind == "http-api":
        return refuse(403, {"message": "Forbidden"})
    return refuse(403, {"Message": _FORBIDDEN}, error_type="AccessDeniedException")


def _refuse(kind: Kind, error: BadSignature) -> Response:
    if kind == "http-api":
        return refuse(403, {"message": "Forbidden"})
    return refuse(403, {"message": str(error)}, error_type=error.error_type)


def _identify(kind: Kind, key_id: str, account: str) -> Authorized:
    """Return who calls, as the events of each service spell it."""
    user, arn = f"AIDA{key_id[4:]}", f"arn:aws:iam::{account}:user/local"
    if kind == "rest-api":
        identity: dict[str, Any] = {
            "accessKey": key_id,
            "accountId": account,
            "caller": user,
            "user": user,
            "userArn": arn,
        }
        return Authorized(identity=identity)
    who = {
        "accessKey": key_id,
        "accountId": account,
        "callerId": user,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": arn,
        "userId": user,
    }
    return Authorized({"iam": who})
