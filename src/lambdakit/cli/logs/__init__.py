"""`toolkit logs`: show the logs of local runs."""

from lambdakit.cli.logs.command import logs

__all__ = ["logs"]
