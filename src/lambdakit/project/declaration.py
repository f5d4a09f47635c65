"""What `[tool.lambdakit]` can say: the functions of a project, their sizes and what triggers them.

Limits are those of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from lambdakit.project.rules import (
    BOOLEAN,
    STRING,
    STRINGS,
    EachOf,
    Either,
    HavingKey,
    Keys,
    between,
    list_of,
    one_of,
    text,
)
from lambdakit.project.sections import Section, Table

_VIA = one_of("function-url", "http-api", "rest-api", "alb")
_HANDLER = text(r"[^\W\d]\w*(\.[^\W\d]\w*)+", '"package.module.attribute"')
_FUNCTION_NAME = text(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, hyphens and underscores")
_VARIABLE_NAME = text(r"[A-Za-z][A-Za-z0-9_]+", "two or more letters, digits and underscores, a letter first")
_ISSUER = text(
    r"https://[^\s/]\S*|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/\S*)?",
    'an address that starts with "https://", or with "http://" on this machine: 127.0.0.1, localhost or [::1]',
)
_LARGEST_QUICK_BATCH = 10
_IDENTITY = list_of(
    text(r"\$request\.(header\.[A-Za-z0-9_-]+|querystring\.\S+)", ""),
    'a list of "$request.header.NAME" and "$request.querystring.NAME"',
)
_STAGE = text(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, hyphens and underscores")
_RESOURCES = list_of(
    text(r"/|(/([A-Za-z0-9._:-]+|\{[A-Za-z0-9._-]+\}))*(/[A-Za-z0-9._:-]+|/\{[A-Za-z0-9._-]+\+?\})", ""),
    'a list of paths such as "/", "/orders/{id}" and "/{proxy+}"',
)
_MEDIA_TYPES = list_of(text(r"[^\s/]+/[^\s/]+", ""), 'a list of media types such as "image/png" and "*/*"')
_SCHEDULE = text(
    r"rate\((1 (minute|hour|day)|(?!1 )[1-9]\d* (minutes|hours|days))\)|cron\(\S+( \S+){5}\)",
    '"rate(5 minutes)", "rate(1 hour)", "cron(0 12 * * ? *)" and the like',
)


@dataclass(frozen=True, kw_only=True)
class TokenAuth(Section):
    """Callers show a JSON Web Token of `issuer` made out for `audience` that grants every scope."""

    issuer: Annotated[str, _ISSUER]
    audience: Annotated[str, text()]
    scopes: Annotated[tuple[str, ...], STRINGS] = ()


@dataclass(frozen=True, kw_only=True)
class FunctionAuth(Section):
    """Another declared function decides who may call, and its answer counts for `ttl` seconds.

    `identity` are the parts of a request by which it decides: none of them may be missing, and equal ones get the same
    answer. A REST API can also send it the token of one header alone (`event = "token"`). Sources:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html,
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """

    function: Annotated[str, _FUNCTION_NAME]
    identity: Annotated[tuple[str, ...], _IDENTITY] = ("$request.header.Authorization",)
    ttl: Annotated[int, between(0, 3_600, "s")] = 300
    event: Annotated[Literal["request", "token"], one_of("request", "token")] = "request"

    def clashes(self) -> Iterator[tuple[str, str]]:
        """Yield a token that is not one header, and answers that count for requests nothing tells apart."""
        if self.event == "token" and not (len(self.identity) == 1 and self.identity[0].startswith("$request.header.")):
            yield "identity", 'is not one header, allowed: one header, with event = "token"'
        if self.ttl and not self.identity:
            yield "identity", "is empty, allowed: at least one source, or ttl = 0"


Via = Literal["function-url", "http-api", "rest-api", "alb"]
"""The services that can bring a function its HTTP requests."""
Auth = Literal["none", "iam"] | TokenAuth | FunctionAuth
"""Who may call a function over HTTP."""

LogLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
"""From which level on a function's own JSON logs are wanted."""
SystemLogLevel = Literal["DEBUG", "INFO", "WARN"]
"""From which level on Lambda's JSON logs are wanted."""

_AUTH = Either(
    one_of("none", "iam"),
    HavingKey(
        "function",
        Table(FunctionAuth),
        Table(TokenAuth),
        allowed="a table with issuer, audience and scopes, a table with function",
    ),
)


@dataclass(frozen=True, kw_only=True)
class _WebTrigger(Section):
    # A REST API without these has the stage `prod`, the resources `/` and `/{proxy+}`, and takes all types as binary.
    auth: Annotated[Auth, _AUTH]
    via: Annotated[Via, _VIA] = "function-url"
    streaming: Annotated[bool, BOOLEAN] = False
    stage: Annotated[str | None, _STAGE] = None
    resources: Annotated[tuple[str, ...], _RESOURCES] = ()
    binary_media_types: Annotated[tuple[str, ...] | None, _MEDIA_TYPES] = None

    def clashes(self) -> Iterator[tuple[str, str]]:
        """Yield streaming through a service that waits for the whole response, and what the service has not."""
        yield from self._clashes_of_api()
        if self.streaming and self.via in {"http-api", "alb"}:
            yield "streaming", f'is true, but via = "{self.via}" cannot stream; function-url and rest-api can'
        if self.auth == "iam" and self.via == "alb":
            yield (
                "auth",
                'is "iam", but via = "alb" cannot check AWS signatures; function-url, http-api and rest-api can',
            )
        if isinstance(self.auth, FunctionAuth):
            yield from self._clashes_of_authorizer(self.auth)

    def _clashes_of_api(self) -> Iterator[tuple[str, str]]:
        if self.stage is not None and self.via in {"function-url", "alb"}:
            yield "stage", f'is "{self.stage}", but via = "{self.via}" has no stages; http-api and rest-api have'
        for name in ("resources", "binary_media_types"):
            if getattr(self, name) and self.via != "rest-api":
                yield name, f'is for a REST API, but via = "{self.via}", allowed: with via = "rest-api"'

    def _clashes_of_authorizer(self, auth: FunctionAuth) -> Iterator[tuple[str, str]]:
        if self.via in {"function-url", "alb"}:
            yield "auth", f'names a function, but via = "{self.via}" asks none; http-api and rest-api do'
        elif auth.event == "token" and self.via != "rest-api":
            yield "auth", f'has event = "token", but via = "{self.via}" sends whole requests; rest-api sends tokens'


@dataclass(frozen=True, kw_only=True)
class HttpTrigger(_WebTrigger):
    """HTTP requests reach the function through the service `via`; who may send them must be said in `auth`."""


@dataclass(frozen=True, kw_only=True)
class McpTrigger(_WebTrigger):
    """MCP clients reach the function over streamable HTTP; `sessions` says what keeps their sessions."""

    sessions: Annotated[Literal["none", "dynamodb"], one_of("none", "dynamodb")] = "none"


@dataclass(frozen=True, kw_only=True)
class QueueTrigger(Section):
    """SQS messages reach the function up to `batch` at a time, those that come within `window` seconds together.

    A message that is not deleted within `visibility` seconds is delivered again, after `retries` such failures it
    moves to the dead-letter queue
    (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
    At most `concurrency` batches are worked on at a time; with `fifo` the messages of a group one after another.
    """

    batch: Annotated[int, between(1, 10_000, "messages")] = 10
    retries: Annotated[int, between(0, 999)] = 3
    visibility: Annotated[int, between(0, 43_200, "s")] = 180
    window: Annotated[int, between(0, 300, "s")] = 0
    concurrency: Annotated[int | None, between(2, 1000, "batches")] = None
    fifo: Annotated[bool, BOOLEAN] = False

    def clashes(self) -> Iterator[tuple[str, str]]:
        """Yield batches that Lambda does not gather.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        if self.fifo and self.batch > _LARGEST_QUICK_BATCH:
            yield "batch", f"is {self.batch}, allowed: up to {_LARGEST_QUICK_BATCH} with fifo = true"
        if self.fifo and self.window:
            yield "window", f"is {self.window} (s), allowed: 0 with fifo = true"
        if not self.fifo and self.batch > _LARGEST_QUICK_BATCH and not self.window:
            yield (
                "batch",
                f"is {self.batch}, allowed: up to {_LARGEST_QUICK_BATCH}, or more with window = 1 (s) or longer",
            )


@dataclass(frozen=True, kw_only=True)
class Function(Section):
    """One Lambda function; `name` is its key in `[tool.lambdakit.functions]`."""

    name: str = ""
    handler: Annotated[str, _HANDLER]
    memory: Annotated[int, between(128, 10_240, "MB")] = 1024
    timeout: Annotated[int, between(1, 900, "s")] = 29
    environment: Annotated[Mapping[str, str], EachOf(_VARIABLE_NAME, STRING)] = field(default_factory=dict[str, str])
    http: Annotated[HttpTrigger | None, Table(HttpTrigger)] = None
    mcp: Annotated[McpTrigger | None, Table(McpTrigger)] = None
    queue: Annotated[QueueTrigger | None, Table(QueueTrigger)] = None
    schedule: Annotated[str | None, _SCHEDULE] = None
    extensions: Annotated[str | None, text()] = None
    max_concurrency: Annotated[int | None, between(1, 1600, "invocations")] = None
    log_format: Annotated[Literal["Text", "JSON"] | None, one_of("Text", "JSON")] = None
    log_level: Annotated[LogLevel | None, one_of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")] = None
    system_log_level: Annotated[SystemLogLevel | None, one_of("DEBUG", "INFO", "WARN")] = None

    def clashes(self) -> Iterator[tuple[str, str]]:
        """Yield a queue that would deliver a message again while the function still works on it, and idle log levels.

        Lambda refuses such a queue (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html), and
        filters JSON logs alone (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
        """
        for name in ("log_level", "system_log_level"):
            if getattr(self, name) is not None and self.log_format != "JSON":
                yield name, 'filters JSON logs alone, allowed: with log_format = "JSON"'
        if self.queue and self.queue.visibility < self.timeout:
            yield (
                "queue",
                f"has visibility = {self.queue.visibility} (s), allowed: at least timeout = {self.timeout} (s)",
            )


@dataclass(frozen=True, kw_only=True)
class McpSettings(Section):
    """What all MCP functions of a project share: public domain, session table, state key and token issuer."""

    domain: Annotated[str | None, text()] = None
    table: Annotated[str | None, text()] = None
    key: Annotated[str | None, text()] = None
    issuer: Annotated[str | None, _ISSUER] = None


@dataclass(frozen=True, kw_only=True)
class Project(Section):
    """The whole declaration; `root` is the folder of its pyproject.toml."""

    root: Path = Path()
    python: Annotated[str, one_of("3.11", "3.12", "3.13", "3.14")] = "3.13"
    architecture: Annotated[Literal["arm64", "x86_64"], one_of("arm64", "x86_64")] = "arm64"
    functions: Annotated[Mapping[str, Function], EachOf(_FUNCTION_NAME, Table(Function))] = field(
        default_factory=dict[str, Function]
    )
    mcp: Annotated[McpSettings, Table(McpSettings)] = field(default_factory=McpSettings)

    def clashes(self) -> Iterator[tuple[str | Keys, str]]:
        """Yield an authorizer that is not there, and a Python that Managed Instances do not have.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html
        """
        managed = [name for name, function in self.functions.items() if function.max_concurrency is not None]
        if managed and self.python in {"3.11", "3.12"}:
            yield "python", f'is "{self.python}", but {managed[0]} has max_concurrency, allowed: "3.13", "3.14"'
        for name, function in self.functions.items():
            for kind, trigger in (("http", function.http), ("mcp", function.mcp)):
                auth = None if trigger is None else trigger.auth
                if isinstance(auth, FunctionAuth) and auth.function not in self.functions:
                    problem = f'is "{auth.function}", allowed: a declared function, {", ".join(self.functions)}'
                    yield ("functions", name, kind, "auth", "function"), problem
