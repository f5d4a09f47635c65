import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambdakit.errors import UserError
from tests.emulator.functions import ANY, configure, invoke

AWS_VARIABLES = {
    "AWS_ACCESS_KEY": "AKIAIOSFODNN7EXAMPLE",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_NAME": "orders",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_FORMAT": "Text",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
    "AWS_REGION": "eu-west-1",
    "AWS_SESSION_TOKEN": "local",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "LANG": "en_US.UTF-8",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "SHLVL": "0",
    "TZ": ":UTC",
    "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
    "_AWS_XRAY_DAEMON_PORT": "2000",
    "_HANDLER": "app.handler",
}
SHOW = "import os; seen = dict(os.environ); handler = lambda event, context: seen"


def look(folder: Path, **settings: Any) -> dict[str, str]:
    return invoke(configure(folder, SHOW, **settings)).results()[0]


def test_a_function_sees_exactly_lambdas_variables_and_its_own(tmp_path: Path) -> None:
    settings = {"name": "orders", "memory": 256, "region": "eu-west-1", "variables": {"TABLE": "orders-ü"}}
    seen = look(tmp_path, **settings)
    root = str((tmp_path / "task").resolve())
    own = {"TABLE": "orders-ü", "LAMBDA_TASK_ROOT": root, "PWD": root}
    assert {name: value for name, value in seen.items() if name in AWS_VARIABLES | own} == AWS_VARIABLES | own
    varying = {"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_SECRET_ACCESS_KEY", "LD_LIBRARY_PATH"}
    # awslambdaric removes the log descriptor after reading it, Python sets LC_CTYPE where the machine lacks the locale,
    # and TMPDIR stands in for a private /tmp where there are no namespaces.
    tolerated = {"_LAMBDA_TELEMETRY_LOG_FD", "LC_CTYPE", "TMPDIR"}
    assert varying <= set(seen) - set(AWS_VARIABLES) - set(own) <= varying | tolerated
    assert re.fullmatch(r"127\.0\.0\.1:\d+", seen["AWS_LAMBDA_RUNTIME_API"])
    assert f":{root}:{root}/lib:" in seen["LD_LIBRARY_PATH"]


def test_nothing_of_the_developers_environment_reaches_the_function(tmp_path: Path) -> None:
    """In a process of its own, whose environment is the developer's."""
    (tmp_path / "developer").mkdir()
    (tmp_path / "developer" / "only_here.py").touch()
    caller = f"""
import asyncio, json, pathlib
from lambdakit.emulator import Environment, FunctionConfiguration

async def call():
    configuration = FunctionConfiguration(handler="app.handler", task_root=pathlib.Path({str(tmp_path)!r}))
    async with Environment(configuration, log=lambda record: None) as environment:
        print((await environment.invoke(b"null")).payload.decode())

asyncio.run(call())
"""
    (tmp_path / "app.py").write_text(
        "import importlib.util, os\n"
        "handler = lambda event, context: [dict(os.environ), importlib.util.find_spec('only_here') is None]\n"
    )
    developer = {
        **os.environ,
        "AWS_PROFILE": "production",
        "DEVELOPER_SECRET": "1",
        "HOME": "/root",
        "PYTHONPATH": str(tmp_path / "developer"),
        "VIRTUAL_ENV": "/venv",
    }
    done = subprocess.run([sys.executable, "-c", caller], env=developer, capture_output=True, check=True, timeout=60)
    seen, is_hidden = json.loads(done.stdout)
    assert set(developer) & set(seen) <= {"LANG", "LC_CTYPE", "PATH", "PWD", "SHLVL", "TMPDIR", "TZ"}
    assert is_hidden


def test_the_function_runs_in_its_code_folder_and_imports_from_there(tmp_path: Path) -> None:
    source = """
        import os, sys
        handler = lambda event, context: [os.getcwd(), sys.path[0], __file__]
    """
    root = str((tmp_path / "task").resolve())
    [(folder, first, file)] = invoke(configure(tmp_path, source)).results()
    assert (folder, first, file) == (root, root, f"{root}/app.py")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"AWS_REGION": "x"}, "AWS_REGION is reserved by Lambda.*function orders.*remove AWS_REGION or rename it"),
        ({"_HANDLER": "x"}, "_HANDLER is reserved"),
        ({"AWS_LAMBDA_RUNTIME_API": "x"}, "AWS_LAMBDA_RUNTIME_API is reserved"),
        ({"LAMBDA_TASK_ROOT": "x"}, "LAMBDA_TASK_ROOT is reserved"),
        ({"2ND": "x"}, "'2ND' has no valid name.*begin with a letter"),
        ({"MY-NAME": "x"}, "'MY-NAME' has no valid name"),
        ({"BINARY": "a\0b"}, "BINARY holds a NUL character.*base64"),
        ({"LARGE": "ü" * 2046}, "take 4097 bytes, 4096 are allowed"),
    ],
)
def test_variables_that_aws_would_refuse_are_refused(tmp_path: Path, variables: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        configure(tmp_path, "", name="orders", variables=variables)


def test_what_this_machine_adds_gives_way_and_does_not_count(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context): return [os.environ['AWS_ENDPOINT_URL_S3'], os.environ['MINE']]"
    added = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1", "MINE": "no"}
    configuration = configure(tmp_path, source, variables={"MINE": "x" * 4092}, surroundings=added)
    assert invoke(configuration, ANY).results() == [["http://127.0.0.1:1", "x" * 4092]]


def test_four_kilobytes_of_variables_and_a_value_for_an_unreserved_name_are_fine(tmp_path: Path) -> None:
    seen = look(tmp_path, variables={"LARGE": "ü" * 2000, "TZ": "Europe/Berlin", "PATH": "/nowhere"})
    assert (len(seen["LARGE"]), seen["TZ"], seen["PATH"]) == (2000, "Europe/Berlin", "/nowhere")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory": 127}, "memory is 127 MB.*choose 128 to 10240"),
        ({"memory": 10_241}, "memory is 10241 MB"),
        ({"timeout": 0}, "timeout is 0 seconds"),
        ({"timeout": 901}, "timeout is 901 seconds.*choose up to 900"),
        ({"name": "bestellungen-für"}, "name is not valid.*function bestellungen-für"),
        ({"task_root": Path("/nowhere")}, "the code folder /nowhere does not exist"),
    ],
)
def test_settings_that_aws_would_refuse_are_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        configure(tmp_path, "", **settings)
