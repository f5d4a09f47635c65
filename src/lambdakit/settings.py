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
