from lambdakit.emulator.runtime_api.answer import error_body
from lambdakit.emulator.runtime_api.listener import Reply


def refuse(status: int, error_type: str, message: str) -> Reply:
    """Return the reply to a call that breaks the rules."""
    return Reply(status, error_body(error_type, message))


def forbid(error_type: str, message: str) -> Reply:
    """Return the reply to a call that is not allowed now, or not to this caller."""
    return refuse(403, error_type, message)


def forbid_transition(reason: str) -> Reply:
    """Return the reply to a call that comes at the wrong time."""
    return forbid("InvalidStateTransition", reason)
