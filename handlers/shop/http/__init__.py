"""The shop over HTTP; nothing in here knows where it runs."""

from handlers.shop.http.app import create_app

__all__ = ["create_app"]
