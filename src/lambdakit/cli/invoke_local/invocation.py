"""Send a call to one local environment and say how it went."""

import asyncio
import json
import re
from pathlib import Path

import lambdakit
from lambdakit.cli.invoke_local.calls import Call, HttpCall
from lambdakit.cli.invoke_local.held_log import REFUSALS, HeldLog
from lambdakit.cli.invoke_local.output import log, print_json
from lambdakit.cli.invoke_local.rounds import Rounds, send
from lambdakit.cli.invoke_local.streaming import StreamPrinter
from lambdakit.cli.invoke_local.summary import sum_up
from lambdakit.emulator import FunctionConfiguration, Outcome
from lambdakit.errors import LifespanFailed, UserError
from lambdakit.operations.functions.cost import Architecture
from lambdakit.operations.logs import LogKeeper, log_folder

_PACKAGE = Path(lambdakit.__file__).parent
_FRAME = re.compile(r'File "(.+?)", line (\d+)')
_OWN_MISTAKES = {kind.__name__ for kind in UserError.__subclasses__()}
_FIXES = {
    "Runtime.BuiltInModuleConflict": "rename the module, Python has one of the same name",
    "Runtime.HandlerNotFound": "define it, or correct the handler",
    "Runtime.ImportModuleError": "correct the handler, or install what the module imports",
    "Runtime.MalformedHandlerName": "write the handler as module.attribute",
    "Runtime.UserCodeSyntaxError": "correct that line",
}


def invoke(configuration: FunctionConfiguration, call: Call, rounds: Rounds, *, architecture: Architecture) -> int:
    """Invoke the function up to its first failure, print the last result and return the exit code.

    Raises:
        UserError: No request can reach the function before its code, handler or app is corrected.
    """
    held_log = HeldLog(log)
    if configuration.debug_port is not None or configuration.system_log_level == "WARN":
        # Nothing may come then that tells of the end of init.
        held_log.release()
    keeper = LogKeeper(log_folder(configuration.task_root), log, variables=configuration.variables)
    signals: list[int] = []
    printer = StreamPrinter(call) if isinstance(call, HttpCall) and rounds.is_single and not call.raw else None
    sending = send(
        configuration, call.payload, rounds, log=held_log, keep=keeper.keep, signals=signals, receiver=printer
    )
    try:
        outcomes = asyncio.run(sending)
    except asyncio.CancelledError:
        held_log.release()
        return 128 + signals[0]
    except BaseException:
        held_log.release()
        raise
    last = next((outcome for outcome in outcomes if outcome.failed), outcomes[-1])
    mistake = _find_mistake(configuration, last)
    if mistake is None or last.error_type == LifespanFailed.__name__:
        # Where an app's own startup fails is seen in the log alone.
        held_log.release()
    if mistake is not None:
        mistake.add_note(held_log.text)
        raise mistake
    sum_up(outcomes, last, architecture)
    if last.failed:
        return _report_failure(configuration, last, has_body=printer is not None and printer.has_begun)
    return _print_result(call, last, printer)


def _print_result(call: Call, outcome: Outcome, printer: StreamPrinter | None) -> int:
    if printer is not None and printer.has_begun:
        return printer.finish()
    kept = printer.kept if printer is not None else b""
    return call.print_result(kept or outcome.payload, is_streamed=outcome.is_streamed)


def _find_mistake(configuration: FunctionConfiguration, outcome: Outcome) -> UserError | None:
    """Return the mistake of the user that kept the function from seeing an event, if it is one."""
    own_mistakes = _OWN_MISTAKES if outcome.phase != "invoke" else REFUSALS
    if outcome.error_type in own_mistakes and _is_raised_by_the_toolkit(outcome):
        return UserError(_describe(configuration, outcome))
    if outcome.phase == "init" and outcome.error_type in _FIXES:
        where = f"handler {configuration.handler} in {configuration.task_root}"
        return UserError(_describe(configuration, outcome), where=where, fix=_FIXES[outcome.error_type])
    return None


def _is_raised_by_the_toolkit(outcome: Outcome) -> bool:
    """Tell our exceptions from others of the same name, by the file that raised them."""
    trace: list[str] = json.loads(outcome.payload).get("stackTrace") or [""]
    return str(_PACKAGE) in trace[-1]


def _report_failure(configuration: FunctionConfiguration, outcome: Outcome, *, has_body: bool) -> int:
    if not has_body:
        print_json(outcome.payload)
    place = _find_own_line(configuration.task_root, outcome)
    log(f"toolkit: {_describe(configuration, outcome)}{f' (in {place})' if place else ''}")
    return 1


def _find_own_line(root: Path, outcome: Outcome) -> str | None:
    """Return file and line of the last call in the user's own code, if the trace of a failure has one."""
    trace: list[str] = json.loads(outcome.payload).get("stackTrace") or []
    for path, line in reversed(_FRAME.findall("".join(trace))):
        is_own = path.startswith(f"{root}/") and "site-packages" not in path and not path.startswith(str(_PACKAGE))
        if is_own:
            return f"{path.removeprefix(f'{root}/')}:{line}"
    return None


def _describe(configuration: FunctionConfiguration, outcome: Outcome) -> str:
    message = " ".join(str(json.loads(outcome.payload)["errorMessage"]).split())
    return f"the function {configuration.name} failed in its {outcome.phase} phase: {outcome.error_type}: {message}"
