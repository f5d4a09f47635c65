"""Who may call a function, checked in front of it as AWS's gateways do."""

from lambdakit.emulator.authorizers.choosing import explain_gap, make_authorizer
from lambdakit.emulator.authorizers.function import FunctionAuthorizer
from lambdakit.emulator.authorizers.iam import LOCAL_CREDENTIALS, Credentials, IamAuthorizer
from lambdakit.emulator.authorizers.protocol import Authorized, Authorizer
from lambdakit.emulator.authorizers.tokens import HttpApiTokens, RestApiTokens

__all__ = [
    "LOCAL_CREDENTIALS",
    "Authorized",
    "Authorizer",
    "Credentials",
    "FunctionAuthorizer",
    "HttpApiTokens",
    "IamAuthorizer",
    "RestApiTokens",
    "explain_gap",
    "make_authorizer",
]
