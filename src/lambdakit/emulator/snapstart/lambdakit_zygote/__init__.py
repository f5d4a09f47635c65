"""Runs in the function's own interpreter, on its standard library alone, and holds the process at its snapshot.

Arguments: the runtime's name, the descriptor of the control socket, and what the runtime needs. It is imported by the
name of this folder, because the function's interpreter may not have the toolkit.
"""

from .starting import main

__all__ = ["main"]
