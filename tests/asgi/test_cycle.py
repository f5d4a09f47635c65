import asyncio
import json
import logging

import pytest

from lambdakit.asgi.types import Receive, Scope, Send
from tests.asgi.apps import EVERY_FORMAT, Deadline, answered_lifespan, answering, header, send, serving


def start(status: int = 200, headers: list[tuple[bytes, bytes]] | None = None) -> dict[str, object]:
    return {"type": "http.response.start", "status": status, "headers": headers or []}


def body(content: bytes, *, more: bool = False) -> dict[str, object]:
    return {"type": "http.response.body", "body": content, "more_body": more}


def test_the_chunks_of_a_streamed_response_arrive_as_one_body() -> None:
    with serving(answering(b"three", chunks=(b"one ", b"two "))) as handler:
        assert send(handler).body == b"one two three"


@pytest.mark.requirement("response-nothing-sent")
@pytest.mark.parametrize("messages", [[], [start()], [start(), body(b"half", more=True)]])
def test_an_app_that_does_not_finish_its_response_is_a_logged_500(
    messages: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    with serving(app, lifespan="off") as handler:
        response = send(handler)

    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert header(response, b"content-type") == b"text/plain; charset=utf-8"
    assert "ASGI callable returned without" in caplog.text


@pytest.mark.requirement("response-app-raises")
@pytest.mark.parametrize("messages", [[], [start()], [start(), body(b"half", more=True)]])
@pytest.mark.parametrize("error", [ValueError("no stock"), SystemExit(3), asyncio.CancelledError()])
def test_an_app_that_raises_before_its_response_is_complete_is_a_logged_500(
    messages: list[dict[str, object]], error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        raise error

    with serving(app, lifespan="off") as handler:
        response = send(handler)

    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert type(error).__name__ in caplog.text


@pytest.mark.requirement("response-app-raises")
def test_an_app_that_raises_after_its_response_keeps_the_response(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(201))
        await send(body(b"made"))
        raise ValueError("in a background task")

    with serving(app, lifespan="off") as handler:
        response = send(handler)

    assert (response.status, response.body) == (201, b"made")
    assert "in a background task" in caplog.text


def test_a_keyboard_interrupt_is_not_swallowed() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyboardInterrupt

    with serving(app, lifespan="off") as handler, pytest.raises(KeyboardInterrupt):
        send(handler)


@pytest.mark.parametrize(
    ("messages", "what"),
    [
        ([body(b"")], "Expected ASGI message 'http.response.start', but got 'http.response.body'."),
        ([start(), start()], "Expected ASGI message 'http.response.body', but got 'http.response.start'."),
        (
            [start(), body(b"whole"), body(b"more")],
            "Unexpected ASGI message 'http.response.body' sent, after response already completed.",
        ),
    ],
)
def test_messages_out_of_order_are_an_error_inside_the_app(
    messages: list[dict[str, object]], what: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    with serving(app, lifespan="off") as handler:
        send(handler)

    assert what in caplog.text


@pytest.mark.requirement("response-invalid-header")
@pytest.mark.parametrize(
    "pair",
    [
        (b"x-split", b"one\r\nset-cookie: admin=1"),
        (b"x-nul", b"\x00"),
        (b"", b"no name"),
        (b"two words", b"value"),
        (b"new\nline", b"value"),
        ("text", b"value"),
        (b"x-number", 3),
    ],
)
def test_a_header_that_http_does_not_allow_is_a_logged_500(
    pair: tuple[bytes, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(answering(b"", headers=[pair])) as handler:
        response = send(handler)

    assert (response.status, response.body) == (500, b"Internal Server Error")
    assert "Exception in ASGI application" in caplog.text


@pytest.mark.requirement("response-latin-1-header")
@pytest.mark.parametrize("via", EVERY_FORMAT)
def test_a_latin_1_header_value_passes(via: str) -> None:
    with serving(answering(b"", headers=[(b"x-name", "café".encode("latin-1"))])) as handler:
        assert header(send(handler, via=via), b"x-name") == "café".encode("latin-1")


def test_a_status_without_a_number_is_a_500() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": "fine"})

    with serving(app, lifespan="off") as handler:
        assert send(handler).status == 500


@pytest.mark.requirement("response-without-body")
@pytest.mark.parametrize("via", EVERY_FORMAT)
@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_has_none_whatever_the_app_sends(via: str, status: int) -> None:
    with serving(answering(b"unexpected", status=status)) as handler:
        response = send(handler, via=via)

    assert (response.status, response.body) == (status, b"")


@pytest.mark.parametrize("status", [204, 304])
def test_a_length_is_not_corrected_where_there_is_no_body_to_count(status: int) -> None:
    with serving(answering(status=status, headers=[(b"content-length", b"5")])) as handler:
        assert header(send(handler), b"content-length") == b"5"


def test_the_body_of_a_head_request_is_not_held_to_the_limit() -> None:
    with serving(answering(b"x" * 7_000_000)) as handler:
        assert send(handler, method="HEAD").status == 200


@pytest.mark.requirement("response-without-body")
@pytest.mark.parametrize("via", EVERY_FORMAT)
def test_a_head_request_gets_the_headers_alone(via: str) -> None:
    with serving(answering(b"12345", headers=[(b"content-length", b"5")])) as handler:
        response = send(handler, method="HEAD", via=via)

    assert response.body == b""
    assert header(response, b"content-length") == b"5"


def test_a_wrong_content_length_is_corrected() -> None:
    with serving(answering(b"123", headers=[(b"Content-Length", b"5"), (b"x-kept", b"1")])) as handler:
        response = send(handler)

    assert header(response, b"content-length") == b"3"
    assert header(response, b"x-kept") == b"1"


@pytest.mark.requirement("receive-waits")
def test_the_body_comes_first_and_a_disconnect_only_after_the_response() -> None:
    received: list[dict[str, object]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(dict(await receive()))
        waiting = [asyncio.create_task(read(receive)) for _ in range(2)]
        await asyncio.sleep(0)
        received.append({"waiting": not any(task.done() for task in waiting)})
        await send(start())
        await send(body(b""))
        await asyncio.gather(*waiting)
        received.append(dict(await receive()))

    async def read(receive: Receive) -> None:
        received.append(dict(await receive()))

    with serving(app, lifespan="off") as handler:
        send(handler, method="POST", body=b"order")

    assert received == [
        {"type": "http.request", "body": b"order", "more_body": False},
        {"waiting": True},
        *[{"type": "http.disconnect"}] * 3,
    ]


@pytest.mark.requirement("response-too-large")
@pytest.mark.parametrize(("via", "limit"), [("alb", 1_048_576), ("function-url", 6_291_556)])
def test_an_endless_response_is_cut_at_the_limit_and_answered_with_500(via: str, limit: int) -> None:
    sent = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(start())
        while True:
            sent += 65_536
            await send(body(b"x" * 65_536, more=True))

    with serving(app, lifespan="off") as handler:
        response = send(handler, via=via)

    assert response.status == 500
    assert f"{limit:,} bytes" in json.loads(response.body)["detail"]
    assert sent <= limit + 65_536


@pytest.mark.requirement("response-too-large")
def test_an_app_that_swallows_the_limit_is_still_answered_with_500() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        try:
            await send(body(b"x" * 7_000_000))
        except Exception:  # noqa: BLE001 (what the test is about)
            logging.getLogger("shop").debug("swallowed")

    with serving(app, lifespan="off") as handler:
        response = send(handler)

    assert header(response, b"content-type") == b"application/problem+json"


@pytest.mark.requirement("response-too-large")
@pytest.mark.parametrize(
    ("content_type", "content", "fits"),
    [
        (b"text/plain", b"x" * 6_200_000, True),
        (b"text/plain", b'"' * 3_000_000, True),
        (b"text/plain", b'"' * 3_200_000, False),
        (b"image/png", b"\xff" * 4_700_000, True),
        (b"image/png", b"\xff" * 4_750_000, False),
    ],
)
def test_what_counts_is_the_size_of_the_json_that_carries_the_body(
    content_type: bytes, content: bytes, fits: bool
) -> None:
    with serving(answering(content, headers=[(b"content-type", content_type)])) as handler:
        assert (send(handler).status == 200) is fits


@pytest.mark.requirement("response-deadline")
@pytest.mark.parametrize("has_started", [False, True])
def test_an_app_at_work_when_time_is_almost_up_is_cancelled_and_answered_with_504(has_started: bool) -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if has_started:
            await send(start())
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with serving(app, lifespan="off") as handler:
        response = send(handler, context=Deadline(100))

    assert response.status == 504
    assert json.loads(response.body)["title"] == "Gateway Timeout"
    assert ended == ["cancelled"]


@pytest.mark.requirement("response-deadline")
def test_a_complete_response_goes_out_although_the_work_after_it_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(201))
        await send(body(b"made"))
        await asyncio.get_running_loop().create_future()

    with serving(app, lifespan="off") as handler:
        response = send(handler, "/orders", method="POST", context=Deadline(100))

    assert (response.status, response.body) == (201, b"made")
    assert "POST '/orders' was cut off before the function's time-out" in caplog.text


@pytest.mark.requirement("response-deadline")
def test_an_app_that_will_not_be_cancelled_is_left_behind_and_the_next_request_is_served() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if await answered_lifespan(scope, receive, send):
            return
        if scope["path"] == "/stubborn":
            await stubborn(asyncio.get_running_loop().create_future())
        await answering(b"served")(scope, receive, send)

    async def stubborn(answer: asyncio.Future[None]) -> None:
        for _ in range(2):
            try:
                await asyncio.shield(answer)
            except asyncio.CancelledError:
                continue

    with serving(app) as handler:
        assert send(handler, "/stubborn", context=Deadline(100)).status == 504
        assert send(handler, context=Deadline(10_000)).body == b"served"


def test_a_context_without_time_left_sets_no_deadline() -> None:
    with serving(answering(b"served")) as handler:
        assert send(handler, context=Deadline(0)).body == b"served"
