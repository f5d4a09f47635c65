"""Stands in for awslambdaric's native HTTP client, which exists for Linux alone.

awslambdaric imports it by the name of this module and calls these four functions.
"""  # noqa: INP001 (this folder alone goes on a function's path, so it is no package)

import http.client
import os

_NAMES = (
    "Content-Type",
    "Lambda-Runtime-Aws-Request-Id",
    "Lambda-Runtime-Aws-Tenant-Id",
    "Lambda-Runtime-Client-Context",
    "Lambda-Runtime-Cognito-Identity",
    "Lambda-Runtime-Invocation-Id",
    "Lambda-Runtime-Invoked-Function-Arn",
    "Lambda-Runtime-Trace-Id",
)
_connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
_headers: dict[str, str] = {}


def initialize_client(user_agent: str) -> None:
    """Remember what to call ourselves."""
    _headers["User-Agent"] = user_agent


def point(address: str) -> None:
    """Speak to the Runtime API at another address from now on, as after a restore."""
    global _connection  # noqa: PLW0603 (the module is the client)
    _connection.close()
    _connection = http.client.HTTPConnection(address)


def next() -> tuple[bytes, dict[str, str | int | None]]:  # noqa: A001 (awslambdaric calls it so)
    """Wait for an event and return its body and headers: the deadline as a number, None for what did not come."""
    status, headers, body = _call("GET", "next")
    if not 200 <= status < 300:  # noqa: PLR2004 (the range of success)
        raise RuntimeError(f"Failed to get next invocation. Http Response code: {status}")
    deadline = int(headers.get("lambda-runtime-deadline-ms", "0"))
    return body, {name: headers.get(name.lower()) for name in _NAMES} | {"Lambda-Runtime-Deadline-Ms": deadline}


def post_invocation_result(invoke_id: str, data: bytes, content_type: str, invocation_id: str | None) -> None:
    """Post the function's result; RuntimeError when it is not accepted."""
    _post(f"{invoke_id}/response", data, {"Content-Type": content_type}, invocation_id)


def post_error(invoke_id: str, error: str, xray_cause: str, invocation_id: str | None) -> None:
    """Post the function's error; RuntimeError when it is not accepted."""
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Xray-Error-Cause": _as_header(xray_cause)}
    _post(f"{invoke_id}/error", error.encode(), headers, invocation_id)


def _as_header(text: str) -> str:
    return text.encode().decode("latin-1").replace("\r", " ").replace("\n", " ")


def _post(path: str, data: bytes, headers: dict[str, str], invocation_id: str | None) -> None:
    if invocation_id:
        headers["Lambda-Runtime-Invocation-Id"] = invocation_id
    status, _, body = _call("POST", path, data, headers)
    if not 200 <= status < 300:  # noqa: PLR2004 (the range of success)
        raise RuntimeError(f"Failed to post {path}. Http response code: {status}. {body.decode(errors='replace')}")


def _call(
    method: str, path: str, data: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    _connection.request(method, f"/2018-06-01/runtime/invocation/{path}", data, {**_headers, **(headers or {})})
    response = _connection.getresponse()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
