from typing import Any

from lambdakit.auth import TokenVerifier
from lambdakit.errors import TokenRefused

verifier = TokenVerifier(issuer="https://login.example.com/", audience="shop", scopes=["orders:read"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    _, _, token = event["identitySource"][0].partition(" ")
    try:
        principal = verifier.verify(token)
    except TokenRefused:
        return {"isAuthorized": False}
    return {"isAuthorized": True, "context": {"subject": principal.subject}}
