"""What goes wrong in a function, in init and later, and what comes after it."""

from tests.emulator.contract.answers import Seen, broke, failed_init, raised
from tests.emulator.contract.rows import Call, Difference, Row

_COUNTING = """
    import os, sys, time
    calls = 0
    def handler(event, context):
        global calls
        calls += 1
        if event == "fail":
            {statement}
        return calls
"""
_AROUND = (Call(b'"work"'), Call(b'"fail"'), Call(b'"work"'))
_TIME_OUT_IN_TEXT = "AWS's emulator answers a time-out in plain text; a real account answers in JSON"


def _crash(name: str, statement: str, reason: str, *differences: Difference) -> Row:
    """Return a row of a process that ends in an invocation: the next one finds a new process."""
    return Row(
        name=name,
        source=_COUNTING.replace("{statement}", statement),
        calls=_AROUND,
        expect=(1, broke("Runtime.ExitError", f"Runtime exited with error: {reason}"), 1),
        differences=differences,
    )


def _init(name: str, source: str, error: Seen, *differences: Difference, handler: str = "app.handler") -> Row:
    return Row(name=name, source=source, handler=handler, expect=(error,), differences=differences)


_EXCEPTIONS = (
    Row(
        name="an exception is reported with its type, message and trace, and the process lives on",
        source=_COUNTING.replace("{statement}", 'raise ValueError("no such order")'),
        calls=_AROUND,
        expect=(1, raised("ValueError", "no such order"), 3),
    ),
    Row(
        name="an exception of one's own is named without its module",
        source="""
            class Shop:
                class Closed(Exception):
                    pass
            def handler(event, context):
                raise Shop.Closed("until\\nMonday ü")
        """,
        expect=(raised("Closed", "until\nMonday ü"),),
    ),
    Row(
        name="an exception without a message has an empty one",
        source="""
            def handler(event, context):
                raise KeyError
        """,
        expect=(raised("KeyError", ""),),
    ),
    Row(
        name="a handler with the wrong parameters is a TypeError",
        source="""
            def handler(event):
                pass
        """,
        expect=(raised("TypeError", "handler() takes 1 positional argument but 2 were given", has_trace=True),),
    ),
    Row(
        name="a result that is no JSON is a MarshalError",
        source="handler = lambda event, context: {1: {2, 3}}",
        expect=(
            raised(
                "Runtime.MarshalError",
                "Unable to marshal response: Object of type set is not JSON serializable",
                has_trace=False,
            ),
        ),
    ),
    Row(
        name="an event that is no JSON is an UnmarshalError, and the next is served",
        source="handler = lambda event, context: event",
        calls=(Call(b"not json"), Call(b""), Call(b"1")),
        expect=(
            *(
                raised(
                    "Runtime.UnmarshalError",
                    "Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)",
                    has_trace=False,
                ),
            )
            * 2,
            1,
        ),
    ),
)

_ENDINGS = (
    _crash(
        "sys.exit ends the process",
        "sys.exit(3)",
        "exit status 3",
        Difference(
            where="lambdakit",
            reason="the toolkit's runtime reports it as an error and lives on",
            expect=(1, raised("Runtime.ExitError", "the handler called sys.exit(3); return or raise instead"), 3),
        ),
    ),
    _crash("os._exit ends the process", "os._exit(4)", "exit status 4"),
    _crash("SIGKILL ends the process", "os.kill(os.getpid(), 9)", "signal: killed"),
    _crash("a segmentation fault ends the process", "os.kill(os.getpid(), 11)", "signal: segmentation fault"),
    Row(
        name="a process that ends without a reason is told so",
        source=_COUNTING.replace("{statement}", "os._exit(0)"),
        calls=_AROUND,
        expect=(1, broke("Runtime.ExitError", "Runtime exited without providing a reason"), 1),
    ),
    Row(
        name="a function out of time is killed, and the next call finds a new process",
        source=_COUNTING.replace("{statement}", "time.sleep(60)"),
        calls=_AROUND,
        timeout=1,
        expect=(1, broke("Sandbox.Timedout", "Task timed out after 1.00 seconds"), 1),
        differences=(
            Difference(where="rie", reason=_TIME_OUT_IN_TEXT, expect=(1, b"Task timed out after 1.00 seconds", 1)),
        ),
    ),
)

_CUT_OFF = (
    Row(
        name="an async handler out of time is cut off",
        source="""
            import asyncio
            calls = 0
            async def handler(event, context):
                global calls
                calls += 1
                await asyncio.sleep(60 if event == "fail" else 0)
                return calls
        """,
        calls=_AROUND,
        timeout=1,
        expect=(
            1,
            raised(
                "Sandbox.Timedout",
                "Task timed out: the handler was cut off 0.1 seconds before the function's time-out",
                has_trace=False,
            ),
            3,
        ),
        runtimes=("lambdakit",),
    ),
)

_IN_INIT = (
    _init(
        "a missing handler",
        "",
        failed_init("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
    ),
    _init(
        "a handler without a module",
        "",
        failed_init(
            "Runtime.MalformedHandlerName", "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"
        ),
        Difference(
            where="lambdakit",
            reason="the toolkit's runtime says what a handler's name looks like",
            expect=(
                failed_init(
                    "Runtime.MalformedHandlerName", "Bad handler 'handler': it has to be written as module.attribute"
                ),
            ),
        ),
        handler="handler",
    ),
    _init(
        "a missing module",
        "",
        failed_init("Runtime.ImportModuleError", "Unable to import module 'nowhere': No module named 'nowhere'"),
        handler="nowhere.handler",
    ),
    _init(
        "a built-in module",
        "",
        failed_init("Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        Difference(
            where="lambdakit",
            reason="the toolkit's runtime words it for someone who has not looked for it",
            expect=(
                failed_init("Runtime.BuiltInModuleConflict", "Python has a module of its own with the name of 'sys'"),
            ),
        ),
        handler="sys.exit",
    ),
    _init(
        "a syntax error",
        "def :",
        failed_init(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
            has_trace=True,
        ),
    ),
    _init(
        "an exception while the module is imported",
        "1 / 0",
        failed_init("ZeroDivisionError", "division by zero", has_trace=True),
    ),
    _init(
        "os._exit while the module is imported",
        "import os; os._exit(4)",
        broke("Runtime.ExitError", "Runtime exited with error: exit status 4"),
        Difference(
            where="rie",
            reason="AWS's emulator tells the caller nothing of a process that ends in init",
            expect=(b"",),
        ),
    ),
    _init(
        "sys.exit while the module is imported",
        "import sys; sys.exit(3)",
        broke("Runtime.ExitError", "Runtime exited with error: exit status 3"),
        Difference(
            where="rie",
            reason="AWS's emulator tells the caller nothing of a process that ends in init",
            expect=(b"",),
        ),
        Difference(
            where="lambdakit",
            reason="the toolkit's runtime reports it, with the line that called it",
            expect=(
                failed_init(
                    "Runtime.ExitError", "the handler called sys.exit(3); return or raise instead", has_trace=True
                ),
            ),
        ),
        Difference(
            where="rie lambdakit",
            reason="the toolkit's runtime reports it, with the line that called it",
            expect=(
                failed_init(
                    "Runtime.ExitError", "the handler called sys.exit(3); return or raise instead", has_trace=True
                ),
            ),
        ),
    ),
    Row(
        name="an init that does not end is out of time",
        source="""
            import time
            time.sleep(60)
        """,
        timeout=1,
        expect=(broke("Sandbox.Timedout", "Task timed out after 1.00 seconds"),),
        init_timeout=1,
        differences=(
            Difference(where="rie", reason=_TIME_OUT_IN_TEXT, expect=(b"Task timed out after 1.00 seconds",)),
        ),
    ),
    Row(
        name="an init that failed is tried again with the next call",
        source="""
            import pathlib, tempfile
            mark = pathlib.Path(tempfile.gettempdir(), "tried")
            tries = int(mark.read_text()) + 1 if mark.exists() else 1
            mark.write_text(str(tries))
            if tries < 3:
                raise ConnectionError(f"try {tries}")
            handler = lambda event, context: tries
        """,
        calls=(Call(), Call()),
        expect=(failed_init("ConnectionError", "try 2", has_trace=True), 3),
        differences=(
            Difference(
                where="rie",
                reason="AWS's emulator tries init once per call; Lambda once more inside the first invocation",
                expect=tuple(failed_init("ConnectionError", f"try {number}", has_trace=True) for number in (1, 2)),
            ),
        ),
    ),
)

ROWS = (*_EXCEPTIONS, *_ENDINGS, *_CUT_OFF, *_IN_INIT)
