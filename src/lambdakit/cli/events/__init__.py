"""`toolkit events`: an event of any source, printed as JSON."""

from lambdakit.cli.events.group import make_group

__all__ = ["make_group"]
