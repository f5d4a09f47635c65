"""What the linters cannot be told: sizes, names, and what a text may speak of."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINES_OF_A_MODULE = 400
LINES_OF_A_FUNCTION = 40
# Names that say nothing of what is inside, so anything ends up in there.
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
# Paths of one machine and notes of unfinished work: the code outlives both.
FOREIGN = re.compile(r"(?<![\w.}])/(?:home|root|Users)/|\b(?:TODO|FIXME|XXX)\b")


def read(*patterns: str) -> dict[str, str]:
    """Return the text of every file that matches, by its path in the repository."""
    paths = (path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines below the signature, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def undocumented(source: str) -> set[str]:
    """Return the names that a module assigns without a docstring below."""
    body = ast.parse(source).body
    pairs = zip(body, [*body[1:], None], strict=True)
    return {name for node, below in pairs if not is_docstring(below) for name in assigned(node)}


def assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def is_docstring(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def exported(package: str) -> set[str]:
    """Return what the `__init__.py` of a folder imports for others to use."""
    body = ast.parse(MODULES.get(f"{package}/__init__.py", "")).body
    return {alias.asname or alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names}


MODULES = read("src/**/*.py", "handlers/**/*.py")


def test_a_module_is_short_enough_to_know() -> None:
    lengths = {path: len(source.splitlines()) for path, source in MODULES.items()}

    assert {path: lines for path, lines in lengths.items() if lines > LINES_OF_A_MODULE} == {}


def test_a_function_fits_on_one_screen() -> None:
    lengths = {f"{path}:{each.name}": length(each) for path, source in MODULES.items() for each in functions(source)}

    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_a_module_is_named_for_what_it_holds() -> None:
    assert [path for path in MODULES if EMPTY_NAMES.intersection(re.split(r"[/_.]", path))] == []


def test_an_exported_constant_has_a_docstring() -> None:
    # Ruff asks the same of functions and classes.
    names = {path: undocumented(source) & exported(path.rpartition("/")[0]) for path, source in MODULES.items()}

    assert {path: constants for path, constants in names.items() if constants} == {}


def test_a_text_speaks_of_the_project_alone() -> None:
    texts = read(
        "*.md", "justfile", "pyproject.toml", "changelog.d/*.md", "docs/**/*.md", "tests/**/*.py", "benchmarks/**/*.py"
    )
    del texts[Path(__file__).relative_to(ROOT).as_posix()]

    assert {path: found for path, text in (texts | MODULES).items() if (found := FOREIGN.findall(text))} == {}
