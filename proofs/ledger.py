"""What was made in the account, and how it is deleted again, whatever happens in between."""

import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

_NOT_FOUND = 404
_PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)


class Ledger:
    """Deletes what was noted, the last first.

    A thing is noted before it is made: a call that is interrupted, or whose answer is lost, may have made it.
    """

    def __init__(self, say: Callable[[str], None], pause: Callable[[float], None] = time.sleep) -> None:
        self._say = say
        self._pause = pause
        self._entries: list[tuple[str, Callable[[], object]]] = []

    def note(self, what: str, delete: Callable[[], object]) -> None:
        """Note something that is about to be made, with the call that deletes it."""
        self._entries.append((what, delete))

    def clear(self) -> list[str]:
        """Delete all that was noted and return what could not be deleted."""
        left: list[str] = []
        while self._entries:
            what, delete = self._entries.pop()
            problem = self._delete(delete)
            self._say(f"deleted {what}" if problem is None else f"NOT deleted: {what}: {problem}")
            if problem is not None:
                left.append(what)
        return left

    def _delete(self, delete: Callable[[], object]) -> str | None:
        problem = ""
        for pause in (*_PAUSES, None):
            try:
                delete()
            except ClientError as error:
                if is_missing(error):
                    return None
                problem = str(error)
            except BotoCoreError as error:
                problem = str(error)
            else:
                return None
            if pause is not None:
                self._pause(pause)
        return problem


def error_code(error: ClientError) -> str:
    """Return the code by which AWS names an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """Say whether an error means that what was named does not exist."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    # CloudWatch Logs says it with a 400.
    return status == _NOT_FOUND or error_code(error) in {"NoSuchEntity", "ResourceNotFoundException"}
