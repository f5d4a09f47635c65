"""What runs a function: the local Lambda and AWS's emulator, each with AWS's runtime client and with the toolkit's."""

import asyncio
import os
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import lambdakit
from lambdakit.emulator import Environment, FunctionConfiguration
from lambdakit.errors import PayloadTooLarge
from tests.emulator.contract.answers import REFUSED, Seen, error_type, read_answer
from tests.emulator.contract.rie import run_emulator
from tests.emulator.contract.rows import Call, Row

NAME, MEMORY = "orders", 256
_WRAPPER = Path(lambdakit.__file__).with_name("runtime") / "bootstrap"
_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def write_function(row: Row, folder: Path) -> None:
    """Write the row's program as `app.py`."""
    (folder / "app.py").write_text(textwrap.dedent(row.source), encoding="utf-8")


def call_locally(row: Row, runtime: str, folder: Path) -> list[Seen]:
    """Call a row's function in the local Lambda."""
    assert runtime in {"awslambdaric", "lambdakit"}
    configuration = FunctionConfiguration(
        handler=row.handler,
        task_root=folder,
        name=NAME,
        memory=MEMORY,
        timeout=row.timeout,
        init_timeout=row.init_timeout,
        variables=row.variables,
        runtime="lambdakit" if runtime == "lambdakit" else "awslambdaric",
    )
    return asyncio.run(_call_all(configuration, row.calls))


async def _call_all(configuration: FunctionConfiguration, calls: Sequence[Call]) -> list[Seen]:
    seen: list[Seen] = []
    async with Environment(configuration, log=print) as environment:
        for call in calls:
            try:
                outcome = await environment.invoke(call.payload, client_context=call.client_context)
            except PayloadTooLarge:
                seen.append(REFUSED)
                continue
            answer = read_answer(outcome.payload)
            # The header X-Amz-Function-Error and the payload must tell the same.
            assert outcome.is_streamed or outcome.error_type == error_type(answer)
            seen.append(answer)
    return seen


def call_in_aws_emulator(row: Row, runtime: str, folder: Path) -> list[Seen]:
    """Call a row's function in AWS's own emulator."""
    commands: Mapping[str, list[str]] = {
        "awslambdaric": [sys.executable, "-m", "awslambdaric", row.handler],
        "lambdakit": [str(_WRAPPER), sys.executable, "/var/runtime/bootstrap.py"],
    }
    variables = {
        "PATH": os.environ["PATH"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{_VERSION}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY),
        "AWS_LAMBDA_FUNCTION_NAME": NAME,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(row.timeout),
        "LAMBDA_TASK_ROOT": str(folder),
        "TMPDIR": str(folder),
        "_HANDLER": row.handler,
        **row.variables,
    }
    with run_emulator(commands[runtime], folder, variables) as caller:
        return [read_answer(caller.invoke(call.payload, call.client_context)) for call in row.calls]


TARGETS: Mapping[str, Callable[[Row, str, Path], list[Seen]]] = {
    "local": call_locally,
    "rie": call_in_aws_emulator,
}
"""By the name that a row's differences use."""
