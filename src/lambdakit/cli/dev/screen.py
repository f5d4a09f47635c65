"""What `toolkit dev` prints: where functions answer to standard output, what happens to standard error."""

import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from lambdakit.cli.dev.tracebacks import Tracebacks
from lambdakit.cli.logs.structured import show_message
from lambdakit.cli.terminal import make_visible
from lambdakit.emulator import Answer, Outcome, Record
from lambdakit.emulator.front_doors import Visit
from lambdakit.operations.dev import EVERYTHING, Running
from lambdakit.operations.functions.cost import Architecture, price_million

_KEYS = "c: cold start now   s: fire schedules   l: functions' logs on or off   o: open   x: clear   q: quit   ?: keys"
_GAPS = (
    "not emulated: routes of HTTP APIs, CORS of gateways, WebSocket APIs, custom domains, DynamoDB and Kinesis streams"
)
_COLORS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}
_REMEMBERED = 256
_ADVICE = "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code."
"""Beginning of what AWS's client says beside each error that it reports."""


class Screen:
    """Prints one line for each invocation, what functions write, and errors with the user's own frames.

    `root` is the folder of the user's code, `architecture` the processor that prices are for.
    """

    def __init__(self, root: Path, *, architecture: Architecture) -> None:
        self._tracebacks = Tracebacks(root)
        self._architecture: Architecture = architecture
        self._shows_logs = True
        self._noted: set[tuple[str, str]] = set()
        self._explained: deque[str] = deque(maxlen=_REMEMBERED)

    def show(self, running: Sequence[Running], *, exports: str, seconds: float) -> None:
        """Print where each function answers, and how programs find what else there is."""
        columns = [len(max(texts, key=len)) for texts in zip(*((each.name, each.via) for each in running), strict=True)]
        ordered = sorted(running, key=lambda each: each.name == EVERYTHING)
        for each in ordered:
            typer.echo(f"{each.name:{columns[0]}}  {each.via:{columns[1]}}  {each.address}")
        typer.echo()
        for example in (*(each.example for each in ordered if each.example), f"\n{exports}"):
            typer.echo(example)
        typer.echo(_dim(f"\n{_GAPS}"), err=True)
        typer.echo(f"ready in {seconds:.2f} s", err=True)
        self.show_keys()

    def show_keys(self) -> None:
        """Print what the keys do."""
        typer.echo(_dim(_KEYS), err=True)

    def show_reload(self, changed: set[Path], root: Path, *, failed: Sequence[str], seconds: float) -> None:
        """Say that new code answers, but for the functions that have not started with it."""
        names = sorted(str(path.relative_to(root)) if path.is_relative_to(root) else str(path) for path in changed)
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        without = f", but for {', '.join(failed)}" if failed else ""
        self.note("", f"reloaded{without} after {names[0]}{more} in {seconds:.2f} s")

    def clear(self) -> None:
        """Empty the terminal."""
        typer.echo("\033[2J\033[H", err=True, nl=False)
        self.show_keys()

    def switch_logs(self) -> None:
        """Show what functions write no longer, or again; `toolkit logs` has it either way."""
        self._shows_logs = not self._shows_logs
        self.note("", f"what functions write is shown {'again' if self._shows_logs else 'no longer'}")

    def visit(self, name: str, visit: Visit) -> None:
        """Print one line for a request, and more where the function failed."""
        status = typer.style(str(visit.status or "---"), fg=_COLORS.get(visit.status // 100, "white"), bold=True)
        left = " (the client has left)" if visit.has_left else ""
        self._print(name, f"{visit.method} {make_visible(visit.path)} {status}{left}", visit.outcome)

    def invocation(self, name: str, source: str, outcome: Outcome) -> None:
        """Print one line for an invocation that no request brought."""
        went = typer.style("failed", fg="red", bold=True) if outcome.failed else typer.style("ok", fg="green")
        self._print(name, f"{make_visible(source)} {went}", outcome)

    def _print(self, name: str, what: str, outcome: Outcome | None) -> None:
        took = self._describe(outcome) if outcome else _dim("not invoked")
        typer.echo(f"{_bold(name)} {what} {took}", err=True)
        if outcome is not None and outcome.failed and outcome.report.request_id not in self._explained:
            self._explain(outcome.payload)

    def _describe(self, outcome: Outcome) -> str:
        report = outcome.report
        init = f"  init {report.init_duration_ms:.0f} ms" if report.init_duration_ms is not None else ""
        cost = price_million(report, self._architecture)
        return f"{report.duration_ms:.1f} ms{init}" + _dim(
            f"  billed {report.billed_duration_ms} ms  {report.max_memory_used_mb} MB  {cost:.2f} $/million"
        )

    def _explain(self, payload: bytes) -> None:
        error: dict[str, Any] = json.loads(payload)
        for frame in self._tracebacks.choose(error.get("stackTrace") or []):
            lines = frame.replace("\xa0", " ").rstrip("\n").split("\n")
            typer.echo("\n".join(map(make_visible, lines)), err=True)
        what = f"{error.get('errorType')}: {error.get('errorMessage')}"
        typer.echo(typer.style(f"  {make_visible(what)}", fg="red"), err=True)

    def record(self, record: Record) -> None:
        """Print what a function writes, and the emulator's own notes; the platform's lines say what a visit says."""
        if _ADVICE in record.message:
            return
        is_note = record.origin == "platform" and record.message.startswith("lambdakit: ")
        if record.origin == "function" and record.request_id is None and record.message.startswith("[ERROR] "):
            # What AWS's client says of an init that failed is told by whoever waited for it.
            return
        if record.origin == "function" and self._shows_logs:
            # AWS's client indents with spaces that do not break.
            message = self._tracebacks.fold(show_message(record.message).replace("\xa0", " "))
            if record.level == "ERROR" and "Traceback" in message and record.request_id:
                self._explained.append(record.request_id)
            self.note(record.function, message)
        elif is_note:
            self.note(record.function, record.message.removeprefix("lambdakit: "))

    def note(self, name: str, message: str) -> None:
        """Print what the developer has to know."""
        first, *others = map(make_visible, message.replace("\r\n", "\n").rstrip().split("\n"))
        typer.echo("\n".join([f"{_bold(name or 'toolkit')} {first}", *(f"    {line}" for line in others)]), err=True)

    def note_once(self, name: str, message: str) -> None:
        """Print what the developer has to know, unless it has been said."""
        if (name, message) not in self._noted:
            self._noted.add((name, message))
            self.note(name, message)

    def refuse(self, name: str, error: Answer, *, goes_on: bool) -> None:
        """Print why a function did not start."""
        self.note(name, "did not start" + ("; the code of before goes on" if goes_on else ""))
        self._explain(error.payload)


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def _dim(text: str) -> str:
    return typer.style(text, dim=True)
