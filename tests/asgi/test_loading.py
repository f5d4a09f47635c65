import asyncio
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambdakit.asgi.loading import find, is_app, is_handler
from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.errors import AppNotFound, AppNotImportable, NotAnApp
from tests.asgi.apps import answering, send, serving

WRONG_FOLDER = "Fix: check the name and run from the folder that holds it"

served = answering(b"served")


def create_app() -> object:
    return served


async def create_app_slowly() -> object:
    await asyncio.sleep(0)
    return served


class AppClass:
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._work = served(scope, receive, send)

    def __await__(self) -> Any:
        return self._work.__await__()


class Namespace:
    app = staticmethod(served)


def takes_a_scope(scope: object) -> None:
    """Stand for a callable that is neither an app nor a factory nor a handler."""


def takes_anything(*arguments: object) -> None:
    """Stand for a callable that could be an app as well as a handler."""


def lambda_handler(event: object, context: object) -> str:
    return "handled"


@pytest.mark.parametrize(
    "reference",
    [
        served,
        create_app,
        create_app_slowly,
        functools.partial(served),
        AppClass,
        f"{__name__}:served",
        f"{__name__}:create_app",
        f"{__name__}:Namespace.app",
    ],
)
def test_an_app_may_be_an_object_a_factory_or_a_name(reference: object) -> None:
    with serving(reference) as handler:
        assert send(handler).body == b"served"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shop", "'shop' does not name an app. Fix: write it as 'package.module:attribute'"),
        (":app", "':app' does not name an app. Fix: write it as 'package.module:attribute'"),
        (
            "nowhere.shop:app",
            f"there is no module 'nowhere' (in nowhere.shop:app). {WRONG_FOLDER}",
        ),
        (
            "json.nowhere:app",
            f"there is no module 'json.nowhere' (in json.nowhere:app). {WRONG_FOLDER}",
        ),
        ("json:dumbs", "there is no 'dumbs' (in json:dumbs). Fix: did you mean 'dumps'?"),
        (
            "json:zzzzzz",
            "there is no 'zzzzzz' (in json:zzzzzz). Fix: define 'zzzzzz' there or name what is there",
        ),
    ],
)
def test_a_name_that_leads_nowhere_says_which_part_of_it(name: str, message: str) -> None:
    with pytest.raises(AppNotFound) as raised:
        find(name)

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("module", "source", "message"),
    [
        (
            "shop_without_database",
            "\nimport database_that_is_missing\n",
            "No module named 'database_that_is_missing' (in {folder}/shop_without_database.py:2). Fix: correct",
        ),
        (
            "shop_with_a_wrong_name",
            "from json import dumbs\n",
            "(in {folder}/shop_with_a_wrong_name.py:1). Fix: correct the import, or install what it names",
        ),
        (
            "shop_with_a_typo",
            "app = 1\ndef create_app(:\n",
            "cannot be imported: invalid syntax (in {folder}/shop_with_a_typo.py:2). Fix: correct that line",
        ),
    ],
)
def test_an_import_that_fails_inside_the_apps_module_names_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, source: str, message: str
) -> None:
    (tmp_path / f"{module}.py").write_text(source)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    with pytest.raises(AppNotImportable) as raised:
        find(f"{module}:app")

    assert message.format(folder=tmp_path) in str(raised.value)


def test_whatever_else_a_module_raises_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop_without_settings.py").write_text("import os\nos.environ['NOT_SET_ANYWHERE']\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    with pytest.raises(KeyError, match="NOT_SET_ANYWHERE"):
        find("shop_without_settings:app")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("json:__name__", "'json:__name__' is a value of type str, no ASGI app"),
        (42, "what was given is a value of type int, no ASGI app"),
        (lambda: None, "the factory <lambda> returned None, no ASGI app"),
        (lambda_handler, "lambda_handler is a Lambda handler, no ASGI app. Fix: declare it as the function's handler"),
        (takes_a_scope, "takes_a_scope is a value of type function, no ASGI app"),
    ],
)
def test_what_is_no_app_is_named(reference: object, message: str) -> None:
    with pytest.raises(NotAnApp) as raised, serving(reference) as handler:
        send(handler)

    assert message in str(raised.value)


def test_the_app_is_imported_while_the_loop_runs_as_under_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_that_wants_a_loop.py").write_text(
        "import asyncio\nfrom tests.asgi.apps import answering\n"
        "loop = asyncio.get_running_loop()\napp = answering(b'served')\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    with serving("shop_that_wants_a_loop:app") as handler:
        assert "shop_that_wants_a_loop" not in sys.modules
        assert send(handler).body == b"served"


@pytest.mark.parametrize(
    ("value", "app", "handler"),
    [
        (served, True, False),
        (create_app, False, False),
        (lambda_handler, False, True),
        (takes_anything, True, False),
        (type, True, False),
        ("text", False, False),
    ],
)
def test_apps_and_handlers_are_told_apart_by_their_arguments(
    value: Callable[..., object], app: bool, handler: bool
) -> None:
    assert (is_app(value), is_handler(value)) == (app, handler)
