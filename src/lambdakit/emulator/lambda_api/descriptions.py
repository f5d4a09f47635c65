"""What the API says of a function.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""

import hashlib
import json
from typing import Any

from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.names import LATEST
from lambdakit.emulator.launching.configuration import FunctionConfiguration


def describe_configuration(configuration: FunctionConfiguration) -> dict[str, Any]:
    """Return a function's configuration without what only an account knows, such as its role and its code's hash."""
    logs = configuration.log_settings
    content: dict[str, Any] = {
        "FunctionName": configuration.name,
        "FunctionArn": configuration.arn,
        "Handler": configuration.handler,
        "Timeout": max(round(configuration.timeout), 1),
        "MemorySize": configuration.memory,
        "Version": LATEST,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {
            "ApplyOn": "PublishedVersions" if configuration.snapstart else "None",
            "OptimizationStatus": "On" if configuration.snapstart else "Off",
        },
        "LoggingConfig": {"LogFormat": logs.log_format, "LogGroup": f"/aws/lambda/{configuration.name}"},
    }
    if configuration.variables:
        content["Environment"] = {"Variables": dict(configuration.variables)}
    # The same until something changes, as the real one is.
    content["RevisionId"] = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
    return content


def describe_function(function: Callee) -> dict[str, Any]:
    """Return a function's configuration with its tags and its reserved concurrency."""
    configuration = function.configuration
    content: dict[str, Any] = {"Configuration": describe_configuration(configuration), "Tags": {}}
    if configuration.reserved_concurrency is not None:
        content["Concurrency"] = {"ReservedConcurrentExecutions": configuration.reserved_concurrency}
    return content
