"""Every environment variable the toolkit reads.

Lambda sets the `AWS_*` names (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
"""

import os

from lambdakit.errors import OptionError

APP = "LAMBDAKIT_APP"
"""The app that `lambdakit.asgi.handler.handler` serves, as `module:attribute`."""

STREAMING = "LAMBDAKIT_STREAMING"
"""The one event source whose caller takes a streamed response, such as `function-url`; unset where none does."""

SAMPLE_EVENTS = "LAMBDAKIT_SAMPLE_EVENTS"
"""A folder of recorded AWS events that the test suite checks as well."""

LOG_SAMPLING = "LAMBDAKIT_LOG_SAMPLING"
"""The share of requests, 0 to 1, whose access line is written when nothing went wrong; unset means all."""

_LEVELS = {"TRACE": "NOTSET", "FATAL": "CRITICAL"}
"""What Lambda's own names of levels are called in Python, where they differ."""
_PYTHON_LEVELS = frozenset({"NOTSET", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"})


def app_name() -> str | None:
    """Return what `LAMBDAKIT_APP` names, or None."""
    return os.environ.get(APP)


def streaming_source() -> str | None:
    """Return the event source whose caller takes a streamed response, or None."""
    return os.environ.get(STREAMING) or None


def runtime_api() -> str | None:
    """Return host and port of the Runtime API, or None outside of Lambda."""
    return os.environ.get("AWS_LAMBDA_RUNTIME_API") or None


def handler_name() -> str | None:
    """Return the handler of the function's configuration, as `module.attribute`."""
    return os.environ.get("_HANDLER") or None


def task_root() -> str | None:
    """Return the folder of the function's code, or None outside of Lambda."""
    return os.environ.get("LAMBDA_TASK_ROOT") or None


def writes_ascii() -> bool:
    """Say whether Lambda's own client would write results in ASCII, as it does up to Python 3.11."""
    return os.environ.get("AWS_EXECUTION_ENV", "").endswith("python3.11")


def logs_json() -> bool:
    """Say whether the function's log format is JSON."""
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"


def log_level() -> str | None:
    """Return the level from which on the function's records are wanted, in the words of `logging`."""
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    return {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level) or None


def take_log_descriptor() -> int | None:
    """Return the descriptor for framed records, once: child processes must not find it and write to it too."""
    descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", "")
    return int(descriptor) if descriptor.isdecimal() else None


def max_concurrency() -> int | None:
    """Return how many events at a time Lambda sends this process, or None where that is one, but on Managed Instances.

    Raises:
        OptionError: It is no number.
    """
    value = os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY")
    if value is None:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise OptionError(
            f"AWS_LAMBDA_MAX_CONCURRENCY is {value!r}", where="the environment", fix="set a number from 1 on, or none"
        )
    return int(value)


def is_lambda() -> bool:
    """Say whether this process is a Lambda environment, on AWS or an emulated one."""
    return "AWS_LAMBDA_RUNTIME_API" in os.environ


def takes_snapshot() -> bool:
    """Say whether Lambda takes a snapshot after the init phase, so that no connection should be open then."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def wanted_level(preferred: str | int | None = None) -> str | int:
    """Return the least level of structured logs: Lambda's own setting, what the code prefers, Powertools', INFO.

    A name in the environment that Python's logging does not know counts as not given.
    Source: https://docs.aws.amazon.com/powertools/python/latest/core/logger/#aws-lambda-advanced-logging-controls-alc
    """
    fallback = os.environ.get("POWERTOOLS_LOG_LEVEL") or os.environ.get("LOG_LEVEL")
    lambda_level = _known_level(os.environ.get("AWS_LAMBDA_LOG_LEVEL"))
    return lambda_level or preferred or _known_level(fallback) or "INFO"


def _known_level(name: str | None) -> str | None:
    level = _LEVELS.get((name or "").upper(), (name or "").upper())
    return level if level in _PYTHON_LEVELS else None


def service_name() -> str:
    """Return the name under which logs, metrics and traces are filed: Powertools' setting or the function's name."""
    names = (os.environ.get("POWERTOOLS_SERVICE_NAME"), os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))
    return next((name for name in names if name), "service_undefined")


def function_name() -> str | None:
    """Return the name of the Lambda function that runs here, or None elsewhere."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_NAME")


def function_memory() -> str | None:
    """Return the function's memory in MB, as text, or None elsewhere."""
    return os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")


def log_sampling() -> str | None:
    """Return what `LAMBDAKIT_LOG_SAMPLING` says, or None."""
    return os.environ.get(LOG_SAMPLING)


def debug_sampling() -> str | None:
    """Return Powertools' sampling rate, which its logger writes into every line, or None."""
    return os.environ.get("POWERTOOLS_LOGGER_SAMPLE_RATE")


def trace_header() -> str | None:
    """Return the X-Ray header of the invocation as Lambda's own client leaves it in the environment, or None."""
    return os.environ.get("_X_AMZN_TRACE_ID")


def is_on_demand() -> bool:
    """Say whether the function's init phase keeps a caller waiting: not with snapshots or provisioned concurrency."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") == "on-demand"


def environment_items() -> list[tuple[str, str]]:
    """Return every environment variable; the logs keep the values of those that look secret out of their lines."""
    return list(os.environ.items())


def endpoint_variables() -> dict[str, str]:
    """Return every `AWS_ENDPOINT_URL...`, the addresses at which AWS's SDKs are told to find services."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL") and value}


def shell_credentials() -> dict[str, str]:
    """Return the AWS credentials of this process, or nothing where a key or its secret is missing."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    found = {name: os.environ[name] for name in names if os.environ.get(name)}
    return found if found.keys() >= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} else {}
