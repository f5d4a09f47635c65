"""What each service does not take, to the byte, and how it says so."""

from typing import Any

import pytest

from tests.emulator.front_doors.in_process import Posted, open_door, visit

KB, MB = 1024, 1024 * 1024
URL_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
HTTP_QUOTAS = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"
REST_QUOTAS = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
)
ALB_LIMITS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
ALB_ERRORS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html"
# AWS documents the limits alone. These are the words that users of deployed APIs have met and published.
REPORTED = "reported by users"


async def fine(_: dict[str, Any], posted: Posted) -> None:
    await posted.answer({"statusCode": 200})


@pytest.mark.parametrize(
    ("via", "part", "limit", "body", "source"),
    [
        ("function-url", "header", MB, "", URL_QUOTAS),
        ("http-api", "header", 10_240, "HTTP header is larger than 10240 bytes.", HTTP_QUOTAS),
        ("http-api", "query", 10_240, "HTTP header is larger than 10240 bytes.", HTTP_QUOTAS),
        ("rest-api", "header", 10_240, "HTTP header is larger than 10240 bytes.", (REST_QUOTAS, REPORTED)),
        ("rest-api", "query", 10_240, "HTTP header is larger than 10240 bytes.", (REST_QUOTAS, REPORTED)),
    ],
)
def test_the_request_line_and_the_values_of_headers_have_a_limit_together(
    via: str, part: str, limit: int, body: str, source: object
) -> None:
    async def work() -> None:
        async with open_door(via, fine) as door:
            request = door.client.build_request("GET", "/", headers={"x-long": ""}, params={"q": ""})
            taken = len(f"GET {request.url.raw_path.decode()} HTTP/1.1") + sum(map(len, request.headers.values()))
            for more, expected in ((0, 200), (1, 431)):
                filling = "x" * (limit - taken + more)
                header, query = (filling, "") if part == "header" else ("", filling)
                response = await door.client.get("/", params={"q": query}, headers={"x-long": header})
                assert response.status_code == expected
            assert body in response.text
            assert len(door.function.events) == 1

    visit(work)


@pytest.mark.parametrize(
    ("part", "size", "status", "source"),
    [
        ("path", 16 * KB, 200, ALB_LIMITS),
        ("path", 16 * KB + 1, 414, ALB_ERRORS),
        ("header", 16 * KB, 200, ALB_LIMITS),
        ("header", 16 * KB + 1, 400, ALB_ERRORS),
    ],
)
def test_a_load_balancer_counts_lines_apart(part: str, size: int, status: int, source: str) -> None:
    async def work() -> None:
        async with open_door("alb") as door:
            path = "/" + "x" * (size - len("GET / HTTP/1.1")) if part == "path" else "/"
            headers = {"x": "y" * (size - len("x: \r\n"))} if part == "header" else {}
            response = await door.client.get(path, headers=headers)
            assert response.status_code == status
            assert status == 200 or f"<h1>{status} " in response.text

    visit(work)


def test_a_load_balancer_counts_all_headers_together() -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    async def work() -> None:
        async with open_door("alb") as door:
            headers = {f"x-{number}": "y" * 16_000 for number in range(4)}
            assert (await door.client.get("/", headers=headers)).status_code == 200
            headers["x-4"] = "y" * 2000
            assert (await door.client.get("/", headers=headers)).status_code == 400

    visit(work)


@pytest.mark.parametrize(
    ("via", "limit", "body", "error_type", "source"),
    [
        (
            "function-url",
            6 * MB,
            '{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}',
            "RequestEntityTooLargeException",
            (URL_QUOTAS, REPORTED),
        ),
        ("http-api", 10 * MB, '{"message":"Request Entity Too Large"}', None, HTTP_QUOTAS),
        ("rest-api", 10 * MB, "HTTP content length exceeded 10485760 bytes.", None, (REST_QUOTAS, REPORTED)),
        ("alb", MB, "<html>", None, ALB_ERRORS),
    ],
)
def test_a_body_over_the_limit_does_not_reach_the_function(
    via: str, limit: int, body: str, error_type: str | None, source: object
) -> None:
    async def work() -> None:
        async with open_door(via, fine) as door:
            headers = {"content-type": "text/plain"}
            response = await door.client.post("/", content=b"x" * (limit + 1), headers=headers)
            assert (response.status_code, response.headers.get("x-amzn-errortype")) == (413, error_type)
            assert response.text.startswith(body)
            assert door.function.events == []
            assert (await door.client.post("/", content=b"x" * limit, headers=headers)).status_code == 200

    visit(work)


def test_a_load_balancer_refuses_an_answer_over_a_megabyte() -> None:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    async def work() -> None:
        async def answer(event: dict[str, object], posted: Posted) -> None:
            size = MB - len('{"statusCode": 200, "body": ""}') + (event["path"] == "/more")
            await posted.answer({"statusCode": 200, "body": "x" * size})

        async with open_door("alb", answer) as door:
            assert (await door.client.get("/")).status_code == 200
            assert (await door.client.get("/more")).status_code == 502
            assert "1048577 bytes" in door.notes[0]

    visit(work)
