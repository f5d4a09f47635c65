"""Who may call a function, checked in front of it as AWS's gateways do."""

from lambdakit.emulator.authorizers.choosing import curl_options, explain_gap, make_authorizer
from lambdakit.emulator.authorizers.function import Decider, FunctionAuthorizer
from lambdakit.emulator.authorizers.iam import LOCAL_CREDENTIALS, Credentials, IamAuthorizer
from lambdakit.emulator.authorizers.protocol import Authorized, Authorizer

__all__ = [
    "LOCAL_CREDENTIALS",
    "Authorized",
    "Authorizer",
    "Credentials",
    "Decider",
    "FunctionAuthorizer",
    "IamAuthorizer",
    "curl_options",
    "explain_gap",
    "make_authorizer",
]
