"""What `toolkit dev` prints: where functions answer to standard output, what happens to standard error."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from lambdakit.cli.invoke_local.cost import Architecture, price_million
from lambdakit.emulator import Answer, Outcome, Record
from lambdakit.emulator.front_doors import Visit
from lambdakit.operations.dev import Running

_KEYS = "c: cold start now   ?: keys   q: quit"
_COLORS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOT_THE_USERS = ("site-packages", "/lib/python", "lambdakit/")


class Screen:
    """Prints one line for each invocation, what functions write, and errors with the user's own frames."""

    def __init__(self, *, architecture: Architecture) -> None:
        self._architecture: Architecture = architecture

    def show(self, running: Sequence[Running], *, seconds: float) -> None:
        """Print where each function answers."""
        width = max(len(each.name) for each in running)
        for each in running:
            typer.echo(f"{each.name:{width}}  {each.via:12}  {each.address}")
        typer.echo(f"\nready in {seconds:.2f} s; try: curl -i {running[0].address}", err=True)
        self.show_keys()

    def show_keys(self) -> None:
        """Print what the keys do."""
        typer.echo(_dim(_KEYS), err=True)

    def show_reload(self, changed: set[Path], root: Path, *, seconds: float) -> None:
        """Say that new code answers."""
        names = sorted(str(path.relative_to(root)) if path.is_relative_to(root) else str(path) for path in changed)
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        self.note("", f"reloaded after {names[0]}{more} in {seconds:.2f} s")

    def visit(self, name: str, visit: Visit) -> None:
        """Print one line for a request, and more where the function failed."""
        status = typer.style(str(visit.status or "---"), fg=_COLORS.get(visit.status // 100, "white"), bold=True)
        took = self._describe(visit.outcome) if visit.outcome else _dim("not invoked")
        typer.echo(f"{_bold(name)} {visit.method} {_clean(visit.path)} {status} {took}", err=True)
        if visit.outcome is not None and visit.outcome.failed:
            self._explain(visit.outcome.payload)

    def _describe(self, outcome: Outcome) -> str:
        report = outcome.report
        init = f"  init {report.init_duration_ms:.0f} ms" if report.init_duration_ms is not None else ""
        cost = price_million(report, self._architecture)
        return f"{report.duration_ms:.1f} ms{init}" + _dim(
            f"  billed {report.billed_duration_ms} ms  {report.max_memory_used_mb} MB  {cost:.2f} $/million"
        )

    def _explain(self, payload: bytes) -> None:
        error: dict[str, Any] = json.loads(payload)
        frames: list[str] = error.get("stackTrace") or []
        for frame in frames:
            if not any(mark in frame for mark in _NOT_THE_USERS):
                typer.echo(_clean(frame.rstrip("\n")), err=True)
        what = f"{error.get('errorType')}: {error.get('errorMessage')}"
        typer.echo(typer.style(f"  {_clean(what)}", fg="red"), err=True)

    def record(self, record: Record) -> None:
        """Print what a function writes, and the emulator's own notes; the platform's lines say what a visit says."""
        if record.origin == "function" or record.message.startswith("lambdakit: "):
            typer.echo(f"{_bold(record.function)} {_clean(record.message)}", err=True)

    def note(self, name: str, message: str) -> None:
        """Print what the developer has to know."""
        typer.echo(f"{_bold(name or 'toolkit')} {_clean(message)}", err=True)

    def refuse(self, name: str, error: Answer, *, goes_on: bool) -> None:
        """Print why a function did not start."""
        self.note(name, "did not start" + ("; the code of before goes on" if goes_on else ""))
        self._explain(error.payload)


def _clean(text: str) -> str:
    """Return text without what would steer the terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def _dim(text: str) -> str:
    return typer.style(text, dim=True)
