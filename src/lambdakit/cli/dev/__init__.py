"""`toolkit dev`: every declared function behind a local front door, with the code that is on disk."""

from lambdakit.cli.dev.command import dev

__all__ = ["dev"]
