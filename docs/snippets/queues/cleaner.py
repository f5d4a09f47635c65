"""A function that runs by the clock."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> str:
    return f"cleaned up for {event['resources'][0]}"
