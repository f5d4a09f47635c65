"""The reference names everything there is, the tables say what the code says, and every link leads somewhere."""

import asyncio
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from lambdakit import errors, project, settings
from lambdakit.asgi import LambdaApp
from lambdakit.asgi.loading import find
from lambdakit.asgi.refusals import deadline_passed, response_too_large
from lambdakit.asgi.types import Receive, Scope, Send
from lambdakit.auth import TokenVerifier
from lambdakit.auth.documents import fetch
from lambdakit.emulator import Environment, FunctionConfiguration, LocalFunction
from lambdakit.emulator.launching.variables import build_variables
from lambdakit.emulator.queues import Queues, Store
from lambdakit.events import FORMATS, LAMBDA_PAYLOAD_LIMIT, SOURCES, detect
from lambdakit.operations.functions.target import find_target
from lambdakit.project import (
    Function,
    FunctionAuth,
    HttpTrigger,
    McpSettings,
    McpTrigger,
    Project,
    QueueTrigger,
    TokenAuth,
)
from tests.asgi.apps import make_event
from tests.asgi.effects import TABLE
from tests.asgi.test_same_as_uvicorn import ANSWERS, EXAMPLES_PER_PART, PARTS, REQUESTS
from tests.cli.commands import toolkit

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
REQUIREMENTS = tomllib.loads((ROOT / "tests/requirements/requirements.toml").read_text(encoding="utf-8"))["requirement"]
EVENT_SOURCES, ANSWERS_PAGE = "reference/event-sources.md", "reference/answers.md"
PAGE_OF_REQUIREMENTS = {
    **dict.fromkeys(("response", "lifespan", "loop", "receive", "isolation", "scope", "sources"), ANSWERS_PAGE),
    **dict.fromkeys(("path", "root", "query", "headers", "cookies", "body"), EVENT_SOURCES),
    **dict.fromkeys(("server", "client", "scheme", "detect", "hostile"), EVENT_SOURCES),
}
"""Where a required behaviour is shown, by the first word of its id."""


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def rows(page: str, heading: str = "") -> dict[str, list[str]]:
    """Return the rows of the tables below a heading, or of the whole page, by each name in their first cell."""
    text = read(page)
    section = text if not heading else text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = [cells(line) for line in section.splitlines() if line.startswith("| ")]
    return {name: row for row in table for name in re.findall(r"`([^`]+)`", row[0])}


def table(*lines: list[str]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "page"),
    [((), "invoke-local"), (("invoke-local",), "invoke-local"), (("logs",), "logs"), (("dev",), "dev")],
)
def test_every_option_and_argument_of_the_command_is_documented(
    tmp_path: Path, command: tuple[str, ...], page: str
) -> None:
    help_text = toolkit(tmp_path, *command, "--help").stdout.decode()
    options = {
        name
        for line in re.findall(r"^  (-.*)", help_text, re.MULTILINE)
        for name in re.findall(r"(?<![\w-])--?[\w-]+", line)
    }
    arguments = set(re.findall(r"^  \[?([A-Z]+)\]?(?:\.\.\.)? <", help_text, re.MULTILINE))

    assert options
    assert (options | arguments) - set(rows(f"reference/{page}.md")) == set()


# --- the declaration -------------------------------------------------------------------------------------------------

SECTIONS: dict[type[Any], str] = {
    Project: "`[tool.lambdakit]`",
    Function: "`[tool.lambdakit.functions.NAME]`",
    HttpTrigger: "`http`",
    McpTrigger: "`mcp`",
    TokenAuth: "`auth`",
    FunctionAuth: "`auth` by a function",
    QueueTrigger: "`queue`",
    McpSettings: "`[tool.lambdakit.mcp]`",
}


def declared_keys(section: type[Any]) -> dict[str, list[str]]:
    """Return the default and the allowed values of each key, as the page has to show them."""
    rules = {
        name: get_args(hint)[1] for name, hint in get_type_hints(section, include_extras=True).items() if get_args(hint)
    }
    return {
        field.name: [shown_default(field), rules[field.name].allowed]
        for field in fields(section)
        if has_rule(rules, field)
    }


def has_rule(rules: dict[str, Any], field: Field[Any]) -> bool:
    return hasattr(rules.get(field.name), "allowed")


def shown_default(field: Field[Any]) -> str:
    if field.default is MISSING:
        return "`{}`" if field.default_factory is not MISSING else "required"
    return "none" if field.default is None else f"`{json.dumps(field.default)}`"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_the_declaration_is_documented_with_its_default_and_what_is_allowed(section: type[Any]) -> None:
    documented = rows("reference/declaration.md", SECTIONS[section])

    assert {name: row[1:3] for name, row in documented.items()} == declared_keys(section)


def test_every_section_of_the_declaration_is_checked() -> None:
    assert {getattr(project, name) for name in project.__all__ if hasattr(getattr(project, name), "clashes")} == set(
        SECTIONS
    )


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_declaration_on_a_page_is_valid(page: Path, tmp_path: Path) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
        assert project.load(tmp_path).functions


# --- events and answers ----------------------------------------------------------------------------------------------


def test_every_event_source_is_documented() -> None:

    assert set(rows(EVENT_SOURCES, "HTTP")) == set(FORMATS)
    assert set(FORMATS) <= set(rows(EVENT_SOURCES, "Paths"))
    assert set(FORMATS) <= set(rows(EVENT_SOURCES, "Query, headers and body"))
    assert set(rows(EVENT_SOURCES, "Other sources")) == {*SOURCES, "direct"}


@pytest.mark.parametrize("page", [EVENT_SOURCES, ANSWERS_PAGE])
def test_every_required_behaviour_is_on_its_page(page: str) -> None:
    own = [each for each in REQUIREMENTS if PAGE_OF_REQUIREMENTS[each["id"].split("-")[0]] == page]
    expected = table(["behaviour", "source"], ["---", "---"], *([each["sentence"], each["source"]] for each in own))

    assert read(page).partition("## What is required\n")[2].endswith(expected)


def test_the_refusals_of_the_adapter_are_shown_word_for_word() -> None:
    for refusal in (response_too_large(LAMBDA_PAYLOAD_LIMIT), deadline_passed()):
        assert refusal.body.decode() in read(ANSWERS_PAGE).splitlines()


def test_the_limits_of_the_services_are_shown() -> None:
    limits = rows(ANSWERS_PAGE, "Size")
    smaller = {
        name: f"{each.response_limit:,}"
        for name, each in FORMATS.items()
        if each.response_limit != LAMBDA_PAYLOAD_LIMIT
    }

    assert {name: row[1].partition("]")[0].lstrip("[") for name, row in limits.items()} == smaller
    assert f"[{LAMBDA_PAYLOAD_LIMIT:,}]" in read(ANSWERS_PAGE)


def shown_sources(sources: list[str]) -> str:
    return "all" if set(sources) == set(FORMATS) else ", ".join(f"`{source}`" for source in sources)


@pytest.mark.parametrize("side", ["request", "response"])
def test_the_gateway_effects_are_the_rows_of_the_comparison(side: str) -> None:
    effects = [
        [each["id"], shown_sources(each["sources"]), each["what"], each["evidence"]]
        for each in TABLE["effect"]
        if each["side"] == side
    ]

    head = [["effect", "sources", "what", "evidence"], ["---"] * 4]
    assert f"\n\n{table(*head, *effects)}\n" in read("reference/gateway-effects.md")


def test_the_figures_of_the_comparison_are_those_of_the_test() -> None:
    sentence = (
        f"The test sends {len(REQUESTS)} written requests, {len(ANSWERS)} written answers to `GET` and to `HEAD`, and "
        f"{EXAMPLES_PER_PART * len(PARTS):,} random requests with random answers"
    )

    assert sentence in " ".join(read("reference/gateway-effects.md").split())


# --- variables and errors --------------------------------------------------------------------------------------------


def test_every_environment_variable_is_documented(tmp_path: Path) -> None:
    documented = set(rows("reference/environment-variables.md"))
    source = Path(settings.__file__).read_text(encoding="utf-8")
    configuration = FunctionConfiguration(handler="app.handler", task_root=tmp_path)
    given = build_variables(configuration, python_version="3.13", runtime_api="", log_stream="", log_descriptor=3)

    assert set(re.findall(r'"((?:AWS|LAMBDAKIT)_\w+)"', source)) - documented == set()
    assert set(given) - documented == set()


def exceptions() -> dict[str, type[errors.LambdakitError]]:
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {name: kind for name, kind in kinds.items() if issubclass(kind, errors.LambdakitError)}


def test_every_exception_is_documented_with_its_base_and_its_exit_code() -> None:
    documented = rows("reference/errors.md", "Exceptions")

    assert {name: row[1:3] for name, row in documented.items()} == {
        name: [f"`{kind.__base__.__name__}`", exit_code(kind)] for name, kind in exceptions().items() if kind.__base__
    }


def exit_code(kind: type[errors.LambdakitError]) -> str:
    return "2" if issubclass(kind, errors.UserError) else "1" if issubclass(kind, errors.Fault) else ""


async def refuse_to_start(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "ConnectionError: no database"})


async def invoke_closed(payload: bytes) -> None:
    configuration = FunctionConfiguration(handler="app.handler", task_root=Path.cwd())
    await Environment(configuration, log=print).invoke(payload)


async def invoke_throttled() -> None:
    configuration = FunctionConfiguration(
        handler="api.handler", task_root=Path.cwd(), name="api", reserved_concurrency=0
    )
    async with LocalFunction(configuration, log=print) as function:
        await function.invoke(b"{}")


def refuse_for(scopes: tuple[str, ...]) -> None:
    raise errors.InsufficientScope(scopes, scopes)


VERIFIER = TokenVerifier(issuer="https://login.example.com/", audience="shop")


async def open_twice(path: Path) -> None:
    async with Store(path), Store(path):
        pass


async def receive_from_nowhere(path: Path) -> None:
    async with Queues(Store(path)) as queues:
        await queues.receive("orders")


DECLARATION = '[tool.lambdakit.functions.api]\nhandler = "api.handler"\n'
EVENT = make_event()
RAISED: dict[str, Callable[[Path], object]] = {
    "MalformedEvent": lambda _: FORMATS["function-url"].decode_request(EVENT | {"headers": {"host": 5}}),
    "MalformedResult": lambda _: FORMATS["rest-api"].decode_response({"body": 1}),
    "UnknownEvent": lambda _: detect({"warm": True}),
    "UnhandledEvent": lambda _: LambdaApp(None)({"Records": [{"eventSource": "aws:sqs"}]}),
    "AppNotFound": lambda _: find("json:dumbs"),
    "NotAnApp": lambda _: LambdaApp("json:__name__")(EVENT),
    "LifespanFailed": lambda _: LambdaApp(refuse_to_start)(EVENT),
    "DeclarationError": lambda folder: project.load(declare(folder, DECLARATION + "memory = 64\n")),
    "UnknownFunction": lambda folder: find_target("apy", declare(folder, DECLARATION)),
    "Throttled": lambda _: asyncio.run(invoke_throttled()),
    "PayloadTooLarge": lambda _: asyncio.run(invoke_closed(b"x" * (LAMBDA_PAYLOAD_LIMIT + 1))),
    "TokenRefused": lambda _: VERIFIER.verify("abc"),
    "InsufficientScope": lambda _: refuse_for(("orders:read",)),
    "IssuerFault": lambda _: fetch("http://login.example.com/keys", timeout=1),
    "QueuesInUse": lambda folder: asyncio.run(open_twice(folder / "queues.sqlite")),
    "QueueRefusal": lambda folder: asyncio.run(receive_from_nowhere(folder / "queues.sqlite")),
    "EnvironmentFault": lambda _: asyncio.run(invoke_closed(b"{}")),
}
"""How an exception comes about, for each whose message is the same on every machine."""


def declare(folder: Path, text: str) -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


@pytest.mark.parametrize("name", RAISED)
def test_the_example_of_an_exception_is_its_message(name: str, tmp_path: Path) -> None:
    shown = rows("reference/errors.md", "Examples")[name][1].strip("`")

    with pytest.raises(exceptions()[name]) as raised:
        RAISED[name](tmp_path)

    assert shown == str(raised.value).replace("`", "").replace(f"{tmp_path}/", "")


def test_every_exception_that_is_raised_has_an_example() -> None:
    abstract = {errors.LambdakitError, errors.UserError, errors.Fault}
    examples = rows("reference/errors.md", "Examples")

    assert set(examples) == {name for name, kind in exceptions().items() if kind not in abstract}


# --- links -----------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors that a code host makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        address, _, anchor = link.partition("#")
        target = (page.parent / address).resolve() if address else page
        if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
            yield link


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=page_id)
def test_a_relative_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    assert list(dead_links(page)) == []


def test_every_page_is_on_the_map() -> None:
    listed = {(DOCS / link).resolve() for link in re.findall(r"\]\(([\w/.-]+\.md)\)", read("README.md"))}

    assert listed == set(PAGES) - {DOCS / "README.md"}
