"""Every environment variable the toolkit reads.

Lambda sets the `AWS_*` names (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
"""

import os

APP = "LAMBDAKIT_APP"
"""The app that `lambdakit.asgi.handler.handler` serves, as `module:attribute`."""

SAMPLE_EVENTS = "LAMBDAKIT_SAMPLE_EVENTS"
"""A folder of recorded AWS events that the test suite checks as well."""


def app_name() -> str | None:
    """Return what `LAMBDAKIT_APP` names, or None."""
    return os.environ.get(APP)


def starts_in_init() -> bool:
    """Say whether this process is a Lambda environment whose init phase should start the app.

    A SnapStart environment starts it after the restore instead, so that no snapshot holds an open connection.
    """
    kind = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
    return "AWS_LAMBDA_RUNTIME_API" in os.environ and kind != "snap-start"
