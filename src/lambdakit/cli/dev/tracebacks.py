"""Tracebacks, down to the lines that the user wrote."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import lambdakit

_PACKAGE = Path(lambdakit.__file__).parent
_FRAME = re.compile(r'(?P<margin>[\s|]*)File "(?P<file>.+?)", line \d+')


class Tracebacks:
    """Leaves the frames of libraries out of whatever text holds tracebacks; `root` is the user's folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def fold(self, text: str) -> str:
        """Return a text in which the frames of others have become one line that counts them."""
        return "\n".join(self._fold(text.split("\n"))).removesuffix("\nTraceback (most recent call last):")

    def _fold(self, lines: Sequence[str]) -> Iterator[str]:
        hidden, margin = 0, ""
        is_inside = False
        for line in lines:
            frame = _FRAME.match(line)
            if frame is not None:
                margin = frame["margin"]
                is_inside = not self._is_the_users(frame["file"])
                hidden += is_inside
            elif is_inside and not line.startswith(f"{margin}  "):
                is_inside = False
            if is_inside:
                continue
            if hidden:
                yield f"{margin}({hidden} in libraries)"
                hidden = 0
            yield line
        if hidden:
            yield f"{margin}({hidden} in libraries)"

    def choose(self, frames: Iterable[str]) -> list[str]:
        """Return the frames of a traceback that are the user's."""
        found = ((_FRAME.match(frame), frame) for frame in frames)
        return [frame for match, frame in found if match is None or self._is_the_users(match["file"])]

    def _is_the_users(self, file: str) -> bool:
        path = Path(file)
        if not path.is_relative_to(self._root) or path.is_relative_to(_PACKAGE):
            return False
        inside = path.relative_to(self._root).parts
        return "site-packages" not in inside and not any(part.startswith(".") for part in inside)
