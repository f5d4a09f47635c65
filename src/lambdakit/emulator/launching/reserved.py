import re
from collections.abc import Mapping

from lambdakit.errors import UserError

_SIZE_LIMIT = 4096
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_RESERVED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "_LAMBDA_TELEMETRY_LOG_FD",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_FORMAT",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_LEVEL",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}


def check_variables(variables: Mapping[str, str], *, where: str) -> None:
    """Raise UserError for a variable that AWS would refuse: a reserved or malformed name, or more than 4 KB in all.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    for name, value in variables.items():
        if name in _RESERVED:
            raise UserError(
                f"the environment variable {name} is reserved by Lambda", where=where, fix=f"remove {name} or rename it"
            )
        if _NAME.fullmatch(name) is None:
            fix = "begin with a letter and use two or more letters, digits and underscores"
            raise UserError(f"the environment variable {name!r} has no valid name", where=where, fix=fix)
        if "\0" in value:
            fix = "encode binary values, for example as base64"
            raise UserError(f"the environment variable {name} holds a NUL character", where=where, fix=fix)
    size = sum(len(text.encode()) for item in variables.items() for text in item)
    if size > _SIZE_LIMIT:
        fix = "keep large values in a file of the package or in Parameter Store"
        raise UserError(f"the environment variables take {size} bytes, {_SIZE_LIMIT} are allowed", where=where, fix=fix)
