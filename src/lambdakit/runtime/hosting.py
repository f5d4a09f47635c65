"""Whether this process is run by our runtime; apart from it, as asking must cost nothing."""

_is_hosting: list[bool] = []


def announce() -> None:
    """Say that our runtime runs this process."""
    _is_hosting[:] = [True]


def is_hosting() -> bool:
    """Return whether our runtime runs this process."""
    return bool(_is_hosting)
