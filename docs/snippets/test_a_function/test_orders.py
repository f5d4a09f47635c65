from lambdakit.testing import Events, Functions


def test_an_order_is_placed_and_read(lambda_function: Functions) -> None:
    api = lambda_function("api")

    assert api.http.post("/orders", params={"item": "tea"}).json() == {"id": 1}
    assert api.http.get("/orders/1").json() == {"item": "tea"}
    assert "order 1 placed" in api.logs.written.text


def test_an_event_as_the_service_sends_it(lambda_function: Functions, lambda_events: Events) -> None:
    result = lambda_function("api").invoke(lambda_events.http_api("GET", "/orders/7"))

    assert result.value["statusCode"] == 404
    assert result.report.billed_duration_ms > 0
