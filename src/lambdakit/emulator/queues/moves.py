"""The requests that start, show and end the moving of dead letters."""

from typing import Any

from lambdakit.emulator.queues import moving
from lambdakit.emulator.queues.actions import Request

_FASTEST = 500


async def start_message_move_task(request: Request) -> dict[str, Any]:
    """Start to move a dead-letter queue's messages."""
    source, destination = request.text("SourceArn"), request.values.get("DestinationArn")
    rate = request.whole("MaxNumberOfMessagesPerSecond", 1, _FASTEST)
    handle = await request.queues.run(
        lambda connection, now, catalog: moving.start(connection, now, catalog, source, destination, rate)
    )
    request.queues.go_on_moving(handle)
    return {"TaskHandle": handle}


async def list_message_move_tasks(request: Request) -> dict[str, Any]:
    """Show the newest tasks of a queue, by default one."""
    source, count = request.text("SourceArn"), request.whole("MaxResults", 1, 10) or 1
    moves = await request.queues.run(
        lambda connection, _, catalog: moving.list_moves(connection, catalog, source, count)
    )
    return {"Results": [_show(move) for move in moves]}


def _show(move: moving.Move) -> dict[str, Any]:
    shown = {
        "TaskHandle": move.handle if move.status == "RUNNING" else None,
        "Status": move.status,
        "SourceArn": move.source,
        "DestinationArn": move.destination,
        "MaxNumberOfMessagesPerSecond": move.rate,
        "ApproximateNumberOfMessagesMoved": move.moved,
        "ApproximateNumberOfMessagesToMove": move.to_move,
        "FailureReason": move.failure,
        "StartedTimestamp": move.started_at,
    }
    return {name: value for name, value in shown.items() if value is not None}


async def cancel_message_move_task(request: Request) -> dict[str, Any]:
    """End a task; what has moved stays where it is."""
    handle = request.text("TaskHandle")
    moved = await request.queues.run(lambda connection, _now, _catalog: moving.cancel(connection, handle))
    return {"ApproximateNumberOfMessagesMoved": moved}
