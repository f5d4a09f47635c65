"""Every exception the toolkit raises.

    LambdakitError
    ├── UserError                  something to change in the user's code, declaration or command
    │   ├── MalformedEvent         an event of a known source with a field of the wrong shape
    │   │   └── MalformedResult    a function's result in a shape that its caller refuses
    │   ├── UnknownEvent           an event whose source cannot be recognised
    │   ├── UnhandledEvent         an event of a known source that nothing is registered for
    │   ├── AppNotFound            "module:attribute" leads nowhere
    │   ├── AppNotImportable       the app's module, or one that it imports, cannot be imported
    │   ├── NotAnApp               what was found is no ASGI app
    │   ├── LifespanFailed         the app refused to start
    │   ├── DeclarationError       a mistake in [tool.lambdakit]
    │   ├── UnknownFunction        a function that is not declared
    │   ├── OptionError            a value on the command line that cannot be used
    │   ├── PayloadTooLarge        an event that Lambda would not accept
    │   ├── Throttled              more invocations at a time than Lambda would run
    │   ├── AddressInUse           a port that another process holds
    │   ├── QueuesInUse            a file of queues that another process holds, or that holds none
    │   ├── QueueRefusal           a request that SQS would refuse
    │   ├── MissingExtra           a package that an extra of lambdakit would have installed
    │   └── TokenRefused           a bearer token that shows no right to call
    │       └── InsufficientScope  a good token that does not grant what the call needs
    └── Fault                      the toolkit broke its own promise
        ├── IssuerFault            the keys of a token issuer cannot be had
        ├── EnvironmentFault       a local Lambda environment that could not be started or spoken to
        └── RuntimeApiFault        the Runtime API does not give an event, or refuses an outcome
            └── BrokenResponse     an answer of the Runtime API that broke off or is no HTTP

Every message says what is wrong, where, and how to fix it.
"""

from typing import Literal


class LambdakitError(Exception):
    """The root of the tree; catching it catches all that the toolkit raises on purpose."""

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(what + (f" (in {where})" if where else "") + (f". Fix: {fix}" if fix else ""))


class UserError(LambdakitError):
    """A mistake that the user can correct; commands end with exit code 2."""


class MalformedEvent(UserError):
    """An event comes from a known source but one of its fields has the wrong shape."""


class MalformedResult(MalformedEvent):
    """A function returned something that the service which called it cannot turn into a response."""


class UnknownEvent(UserError):
    """An event matches no source that the toolkit knows."""


class UnhandledEvent(UserError):
    """An event was recognised, but no callable is registered for its source."""


class AppNotFound(UserError):
    """The module or attribute named as the app does not exist."""


class AppNotImportable(UserError):
    """The module of the app cannot be imported: it, or a module that it imports, is missing or no Python."""


class NotAnApp(UserError):
    """The object named as the app cannot be called as an ASGI app."""


class LifespanFailed(UserError):
    """The app reported or raised an error while it started."""


class DeclarationError(UserError):
    """The [tool.lambdakit] table holds a mistake."""


class UnknownFunction(UserError):
    """The named function is not declared."""


class OptionError(UserError):
    """An option on the command line has a value that cannot be used."""


class PayloadTooLarge(UserError):
    """An event or its client context is larger than Lambda accepts."""


class Throttled(UserError):
    """More invocations at a time than the function or its account may have.

    A caller on AWS gets `status` and `error_type`, and `reason` as the field `Reason`.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    status = 429
    error_type = "TooManyRequestsException"

    def __init__(self, what: str, *, where: str = "", fix: str = "", reason: str) -> None:
        self.reason = reason
        super().__init__(what, where=where, fix=fix)


class AddressInUse(UserError):
    """A port that was asked for belongs to another process."""


class QueuesInUse(UserError):
    """A file of queues belongs to another process, or is none."""


class QueueRefusal(UserError):
    """A request to a queue that SQS would refuse as well; `code` is the error's name in its API."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class MissingExtra(UserError):
    """A package is missing that one of the extras installs."""


TokenFlaw = Literal[
    "malformed", "algorithm", "key", "signature", "claims", "issuer", "audience", "expired", "too early", "scopes"
]
"""What is wrong with a token that is refused."""


class TokenRefused(UserError):
    """A bearer token is refused; `flaw` says what is wrong with it, and no message holds any of it.

    `status` and `error` are what an HTTP answer gives for it.
    Source: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    """

    status = 401
    error = "invalid_token"

    def __init__(self, what: str, *, flaw: TokenFlaw) -> None:
        self.flaw: TokenFlaw = flaw
        super().__init__(what, where="a bearer token")


class InsufficientScope(TokenRefused):
    """A token is good but does not grant all of `scopes`, which the call needs."""

    status = 403
    error = "insufficient_scope"

    def __init__(self, scopes: tuple[str, ...], missing: tuple[str, ...]) -> None:
        self.scopes = scopes
        super().__init__(f"it does not grant {' '.join(missing)}", flaw="scopes")


class Fault(LambdakitError):
    """The toolkit itself failed; commands end with exit code 1."""


class IssuerFault(Fault):
    """An issuer does not say where its keys are, or does not give them, so that no token of it can be checked."""


class EnvironmentFault(Fault):
    """A local Lambda environment could not be started or broke off."""


class RuntimeApiFault(Fault):
    """The Runtime API gives no event, or takes no outcome."""


class BrokenResponse(RuntimeApiFault):
    """An answer of the Runtime API broke off or is no HTTP."""
