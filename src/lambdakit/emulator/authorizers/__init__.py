"""Who may call a function, checked in front of it as AWS's gateways do."""

from lambdakit.emulator.authorizers.function import AskingRules, Decider, FunctionAuthorizer
from lambdakit.emulator.authorizers.iam import LOCAL_CREDENTIALS, Credentials, IamAuthorizer, service_of
from lambdakit.emulator.authorizers.protocol import Authorized, Authorizer

__all__ = [
    "LOCAL_CREDENTIALS",
    "AskingRules",
    "Authorized",
    "Authorizer",
    "Credentials",
    "Decider",
    "FunctionAuthorizer",
    "IamAuthorizer",
    "service_of",
]
