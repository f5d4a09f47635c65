from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.logs.journal import LogSettings

LOG_STREAM = "AWS_LAMBDA_LOG_STREAM_NAME"
"""The variable whose value no two environments share."""

NOT_FOR_EXTENSIONS = frozenset(
    {
        "_HANDLER",
        "_LAMBDA_TELEMETRY_LOG_FD",
        "_AWS_XRAY_DAEMON_ADDRESS",
        "_AWS_XRAY_DAEMON_PORT",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        LOG_STREAM,
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Variables that are meant for the runtime alone.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_ACCESS_KEY": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "local",
}
"""Credentials that open nothing."""

_SYSTEM = {
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
    "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "LANG": "en_US.UTF-8",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "SHLVL": "0",
    "TZ": ":UTC",
}


def build_variables(
    configuration: FunctionConfiguration,
    *,
    python_version: str,
    runtime_api: str,
    log_stream: str,
    log_descriptor: int,
) -> dict[str, str]:
    """Build the whole environment of the function's process: Lambda's variables and the user's, nothing else."""
    root, limit = str(configuration.task_root), configuration.max_concurrency
    return {
        **(configuration.credentials or CREDENTIALS),
        **_SYSTEM,
        "_HANDLER": configuration.handler,
        "_LAMBDA_TELEMETRY_LOG_FD": str(log_descriptor),
        "AWS_DEFAULT_REGION": configuration.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{python_version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory),
        "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": configuration.initialization_type,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{configuration.name}",
        LOG_STREAM: log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": configuration.region,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": root,
        # AWS's value also names /lib64 and /usr/lib64. The loader searches them anyway; named here they would come
        # before the folders that the developer's own interpreter brings its libraries in.
        "LD_LIBRARY_PATH": f"/var/lang/lib:/var/runtime:/var/runtime/lib:{root}:{root}/lib:/opt/lib",
        "PWD": root,
        **_log_variables(configuration.log_settings),
        **({} if limit is None else {"AWS_LAMBDA_MAX_CONCURRENCY": str(limit)}),
        **configuration.surroundings,
        **configuration.variables,
    }


def _log_variables(settings: LogSettings) -> dict[str, str]:
    level = {"AWS_LAMBDA_LOG_LEVEL": settings.log_level} if settings.log_format == "JSON" else {}
    return {"AWS_LAMBDA_LOG_FORMAT": settings.log_format, **level}
