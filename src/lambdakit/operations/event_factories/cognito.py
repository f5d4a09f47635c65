"""The triggers of Amazon Cognito user pools."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from lambdakit.operations.event_factories.origin import Event, Family

Trigger = Literal[
    "pre-sign-up",
    "post-confirmation",
    "pre-authentication",
    "post-authentication",
    "migrate-user",
    "custom-message",
    "custom-email-sender",
    "custom-sms-sender",
    "define-auth-challenge",
    "create-auth-challenge",
    "verify-auth-challenge",
    "pre-token",
    "pre-token-v2",
]
"""When a user pool calls a function."""

TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)
"""Every trigger."""

_GROUPS: Event = {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}
_CLAIMS: Event = {"groupConfiguration": _GROUPS}
_ENCRYPTED: Event = {"type": "customEmailSenderRequestV1", "code": ""}
_MESSAGES: Event = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
_MIGRATED = (
    "userAttributes",
    "forceAliasCreation",
    "enableSMSMFA",
    "finalUserStatus",
    "messageAction",
    "desiredDeliveryMediums",
)
_SHAPES: dict[Trigger, tuple[str, Event, Event | None]] = {
    "pre-sign-up": (
        "PreSignUp_SignUp",
        {"validationData": None},
        {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    ),
    "post-confirmation": ("PostConfirmation_ConfirmSignUp", {}, {}),
    "pre-authentication": ("PreAuthentication_Authentication", {"validationData": None, "userNotFound": False}, {}),
    "post-authentication": ("PostAuthentication_Authentication", {"newDeviceUsed": False}, {}),
    "migrate-user": (
        "UserMigration_Authentication",
        {"password": "secret", "validationData": None},
        dict.fromkeys(_MIGRATED),
    ),
    "custom-message": (
        "CustomMessage_SignUp",
        {"codeParameter": "{####}", "linkParameter": "{##Click Here##}"},
        _MESSAGES,
    ),
    "custom-email-sender": ("CustomEmailSender_SignUp", _ENCRYPTED, None),
    "custom-sms-sender": ("CustomSMSSender_SignUp", _ENCRYPTED | {"type": "customSMSSenderRequestV1"}, None),
    "define-auth-challenge": (
        "DefineAuthChallenge_Authentication",
        {"session": [], "userNotFound": False},
        {"challengeName": None, "issueTokens": None, "failAuthentication": None},
    ),
    "create-auth-challenge": (
        "CreateAuthChallenge_Authentication",
        {"challengeName": "CUSTOM_CHALLENGE", "session": [], "userNotFound": False},
        {"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None},
    ),
    "verify-auth-challenge": (
        "VerifyAuthChallengeResponse_Authentication",
        {"privateChallengeParameters": {"answer": "42"}, "challengeAnswer": "42", "userNotFound": False},
        {"answerCorrect": False},
    ),
    "pre-token": ("TokenGeneration_Authentication", _CLAIMS, {"claimsOverrideDetails": None}),
    "pre-token-v2": (
        "TokenGeneration_Authentication",
        _CLAIMS | {"scopes": {}},
        {"claimsAndScopeOverrideDetails": None},
    ),
}
"""By trigger: its source, what its request holds beside the user, and its response, of which senders have none."""

_WITHOUT_METADATA = {"pre-authentication"}


class CognitoEvents(Family):
    """Makes events of user pools."""

    def cognito(
        self,
        trigger: Trigger = "pre-sign-up",
        *,
        user: str = "arthur",
        attributes: Mapping[str, str] | None = None,
        request: Mapping[str, Any] | None = None,
        source: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Event:
        """Describe a call of a trigger of a Cognito user pool.

        Args:
            trigger: When the pool calls.
            user: The user's name.
            attributes: The user's attributes beside `sub`, by default a mail address.
            request: Fields of the request to replace or to add.
            source: The `triggerSource`, where a trigger has more than one.
            metadata: The client's metadata.

        Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html
        """
        usual, asked, response = _SHAPES[trigger]
        origin = self._origin
        described = {"sub": origin.uuid(), **(attributes or {"email": f"{user}@example.com", "email_verified": "true"})}
        own = {**asked, **({"code": origin.token(160)} if "code" in asked else {})}
        if trigger not in _WITHOUT_METADATA:
            own["clientMetadata"] = dict(metadata or {})
        event: Event = {
            "version": "2" if trigger == "pre-token-v2" else "1",
            "region": origin.region,
            "userPoolId": f"{origin.region}_{origin.letters(9)}",
            "userName": user,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": origin.letters(26)},
            "triggerSource": source or usual,
            "request": {"userAttributes": described, **own, **(request or {})},
        }
        return event if response is None else event | {"response": dict(response)}
