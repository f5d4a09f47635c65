"""Loopback addresses for ASGI apps."""

import asyncio
import socket
import time
from typing import Any

from lambdakit.emulator.front_doors import listen
from tests.emulator.front_doors.in_process import visit

COUNT = 100
# What a client that waits for each acknowledgement would take: 40 milliseconds for each answer on Linux.
DELAYED = 0.04 * COUNT


async def answer_in_two_parts(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"tea"})


def ask_often(port: int) -> float:
    """Send one request after the other on one connection, and return the seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        start = time.monotonic()
        for _ in range(COUNT):
            connection.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
            received = b""
            while not received.endswith(b"tea"):
                received += connection.recv(4096)
        return time.monotonic() - start


def test_answers_do_not_wait_for_acknowledgements() -> None:
    async def work() -> None:
        async with listen(answer_in_two_parts) as address:
            port = int(address.rpartition(":")[2])
            assert await asyncio.to_thread(ask_often, port) < DELAYED * 0.9

    visit(work)


def test_an_address_is_free_again_when_it_is_left() -> None:
    async def work() -> None:
        async with listen(answer_in_two_parts) as address:
            port = int(address.rpartition(":")[2])
        async with listen(answer_in_two_parts, port) as again:
            assert again == address

    visit(work)
