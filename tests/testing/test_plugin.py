"""What the plugin does to a run of tests, seen from outside: each test here runs pytest in a process of its own."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.emulator.functions import has_ended
from tests.testing.functions import write_project

SECONDS = 100
SHARING = """
    import json
    import pathlib

    def test_first(lambda_function):
        counter = lambda_function("counter", shared=True)
        pathlib.Path("pid").write_text(str(counter.http.get("/").json()["pid"]))
        assert lambda_function("counter", memory=256, shared=True) is not counter

    def test_second(lambda_function):
        shared, own = lambda_function("counter", shared=True), lambda_function("counter")
        assert shared.http.get("/").json()["calls"] == 2
        assert own.http.get("/").json()["calls"] == 1
"""
ENDING = """
    import pathlib
    import psutil
    import pytest

    @pytest.fixture(autouse=True)
    def _breaks_in_teardown():
        yield
        raise KeyError("teardown")

    def test_fails(lambda_function):
        counter = lambda_function("counter")
        pathlib.Path("pid").write_text(str(counter.http.get("/").json()["pid"]))
        raise ValueError("the test fails")

    def test_next():
        process_id = int(pathlib.Path("pid").read_text())
        assert not psutil.pid_exists(process_id) or psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE
"""
PARALLEL = """
    import pytest

    @pytest.mark.parametrize("number", range(6))
    def test_counts(lambda_function, lambda_events, number):
        counter = lambda_function("counter", environment={"WORD": str(number)}, shared=number % 2 == 0)
        seen = [counter.http.get("/").json() for _ in range(3)]
        assert [each["calls"] for each in seen] == [1, 2, 3]
        assert {each["word"] for each in seen} == {str(number)}
"""
EVENTS = """
    import pathlib
    import pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test_events(lambda_events, number):
        with pathlib.Path("ids").open("a") as ids:
            ids.write(lambda_events.sqs("tea")["Records"][0]["messageId"] + "\\n")
"""
MISTAKE = """
    def test_mistake(lambda_function):
        lambda_function("countr")

    def test_size(lambda_function):
        lambda_function("counter", memory=3)

    def test_service(lambda_function):
        lambda_function("counter", via="htp-api")
"""

LOGS = """
    import pytest

    def test_passes(lambda_function):
        assert lambda_function("functions:fail", shared=True).invoke("coffee").failed

    def test_fails(lambda_function):
        assert not lambda_function("functions:fail", shared=True).invoke("tea").failed

    @pytest.fixture
    def failing(lambda_function):
        yield lambda_function("functions:fail")
        raise KeyError("teardown")

    def test_breaks_in_teardown(failing):
        failing.invoke("towel")

    @pytest.fixture
    def broken(lambda_function):
        assert lambda_function("counter").http.get("/").status_code == 404

    def test_breaks_in_setup(broken):
        pass

    def test_writes_much(lambda_function):
        lambda_function("functions:write").invoke()
        raise KeyError("much")
"""

COROUTINES = """
    import pytest

    @pytest.fixture(scope="module")
    def anyio_backend():
        return "asyncio"

    @pytest.mark.anyio
    async def test_coroutine(lambda_function):
        counter = lambda_function("counter")
        async with counter.ahttp() as client:
            assert (await client.get("/")).json()["calls"] == 1
        result = await counter.ainvoke({"a": 1})
        assert not result.failed
        counter.cold_start()
        assert counter.http.get("/").json()["calls"] == 1
        assert "call 2" in counter.logs.text
"""


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_tests_share_a_function_that_they_ask_for_alike(tmp_path: Path) -> None:
    done = run_pytest(write_project(tmp_path, test_sharing=SHARING))

    assert done.returncode == 0, done.stdout
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_processes_end_with_a_test_also_when_it_fails(tmp_path: Path) -> None:
    done = run_pytest(write_project(tmp_path, test_ending=ENDING))

    assert "1 failed, 1 passed, 2 errors" in done.stdout, done.stdout
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_processes_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
    write_project(
        tmp_path, test_killed=ENDING.replace('raise ValueError("the test fails")', "import time; time.sleep(60)")
    )
    command = [sys.executable, "-m", "pytest", "-q", "test_killed.py", "-k", "fails"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as running:
        try:
            deadline = time.monotonic() + SECONDS
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                assert running.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            running.kill()
    assert has_ended(int((tmp_path / "pid").read_text()))


def shown_log(output: str, test: str) -> str:
    return output.partition(f" {test} _")[2].partition("- Lambda log of ")[2].partition("\n___")[0]


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_a_test_that_fails_shows_what_its_functions_logged(tmp_path: Path, options: tuple[str, ...]) -> None:
    output = run_pytest(write_project(tmp_path, test_logs=LOGS), *options).stdout

    # The shared function has logged "no coffee" before, in a test that passes.
    assert "no coffee" not in output
    assert "[ERROR] ValueError: no tea" in shown_log(output, "test_fails")
    assert 'raise ValueError(f"no {event}")' in shown_log(output, "test_fails")
    assert "no towel" in shown_log(output, "ERROR at teardown of test_breaks_in_teardown")
    assert "call 1" in shown_log(output, "ERROR at setup of test_breaks_in_setup")


def test_of_a_long_log_the_last_hundred_lines_are_shown(tmp_path: Path) -> None:
    write_project(tmp_path, test_logs=LOGS)
    log = shown_log(run_pytest(tmp_path, "-k", "much").stdout, "test_writes_much")

    assert re.search(r"^\(\d+ lines before\)$", log, re.MULTILINE)
    assert "line 299" in log
    assert "line 200" not in log


def test_workers_of_xdist_do_not_meet(tmp_path: Path) -> None:
    done = run_pytest(write_project(tmp_path, test_parallel=PARALLEL), "-n", "2")

    assert "6 passed" in done.stdout, done.stdout


def test_a_test_may_be_a_coroutine(tmp_path: Path) -> None:
    done = run_pytest(write_project(tmp_path, test_coroutines=COROUTINES))

    assert "1 passed" in done.stdout, done.stdout


def test_the_ids_of_events_are_those_of_the_test(tmp_path: Path) -> None:
    write_project(tmp_path, test_events=EVENTS)
    for _ in range(2):
        assert run_pytest(tmp_path).returncode == 0
    first, second, again, _ = (tmp_path / "ids").read_text().splitlines()

    assert first == again != second


def test_a_mistake_is_shown_at_the_line_of_the_test(tmp_path: Path) -> None:
    done = run_pytest(write_project(tmp_path, test_mistake=MISTAKE))

    assert ">       lambda_function(" in done.stdout
    assert "there is no function 'countr', declared: counter, worker, ordered" in done.stdout
    assert "UserError: memory is 3 MB (in function counter). Fix: choose 128 to 10240" in done.stdout
    assert "there is no service 'htp-api' (in via). Fix: use function-url, http-api, rest-api, alb" in done.stdout
    assert "configuration.py:" not in done.stdout
    assert "functions.py:" not in done.stdout


def test_the_declaration_is_the_nearest_one_above_the_test(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        test = f"def test_counts(lambda_function):\n    assert lambda_function('{name}').invoke().value['body']\n"
        write_project(tmp_path / name, **{f"test_{name}": test})
        declaration = (tmp_path / name / "pyproject.toml").read_text().replace("functions.counter", f"functions.{name}")
        (tmp_path / name / "pyproject.toml").write_text(declaration)
    done = run_pytest(tmp_path, "--import-mode=importlib")

    assert "2 passed" in done.stdout, done.stdout


def test_a_missing_package_is_told_with_what_installs_it(tmp_path: Path) -> None:
    conftest = "import sys\nsys.modules['httpx2'] = None\n"
    done = run_pytest(write_project(tmp_path, conftest=conftest, test_mistake=MISTAKE))

    assert "the package 'httpx2' is missing (in lambda_function). Fix: pip install 'lambdakit[testing]'" in done.stdout


def test_the_plugin_can_be_switched_off(tmp_path: Path) -> None:
    done = run_pytest(write_project(tmp_path, test_mistake=MISTAKE), "-p", "no:lambdakit")

    assert "fixture 'lambda_function' not found" in done.stdout


def test_a_run_that_uses_no_function_imports_nothing_for_it(tmp_path: Path) -> None:
    look = "import json, sys, lambdakit.testing.plugin, lambdakit.testing; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=SECONDS, check=True)
    heavy = ("lambdakit.emulator", "lambdakit.operations", "httpx2", "anyio", "mcp", "uvicorn", "asyncio")

    assert [name for name in json.loads(done.stdout) if name.startswith(heavy)] == []
