"""`toolkit invoke-local`: call one function in a local Lambda environment."""

from lambdakit.cli.invoke_local.command import invoke_local

__all__ = ["invoke_local"]
