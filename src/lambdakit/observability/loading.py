"""What waits for the first answer: importing Powertools takes longer than most answers do."""

from collections.abc import Callable

_pending: list[Callable[[], object]] = []


def load_pending() -> None:
    """Load what `setup` put off; a runtime calls it after the first answer, and again does nothing."""
    while _pending:
        _pending.pop()()


def put_off(load: Callable[[], object]) -> None:
    """Remember something to load after the first answer."""
    _pending.append(load)
