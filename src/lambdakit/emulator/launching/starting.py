from lambdakit.emulator.launching.configuration import FunctionConfiguration
from lambdakit.emulator.launching.wrapper import OWN_WRAPPER, call_wrapper


def start_command(configuration: FunctionConfiguration) -> list[str]:
    """Return the command that starts the runtime, by the function's wrapper script where it has one.

    Lambda calls such a script with the interpreter and the arguments of its own runtime.
    """
    if configuration.runtime == "lambdakit":
        return [str(OWN_WRAPPER), str(configuration.python), "/var/runtime/bootstrap.py"]
    wrapper = call_wrapper(configuration.variables, configuration.task_root)
    return [*wrapper, str(configuration.python), *_arguments(configuration)]


def _arguments(configuration: FunctionConfiguration) -> list[str]:
    start = ["-m", "awslambdaric", configuration.handler]
    if configuration.debug_port is None:
        return start
    listen = ["--listen", f"127.0.0.1:{configuration.debug_port}", "--wait-for-client"]
    # The debugger cannot follow into frozen modules and says so at every start.
    return ["-Xfrozen_modules=off", "-m", "debugpy", *listen, *start]
