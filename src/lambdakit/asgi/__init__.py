"""Serve ASGI apps as Lambda handlers."""

from lambdakit.asgi.app import LambdaApp

__all__ = ["LambdaApp"]
