import pytest

from lambdakit.errors import Throttled
from lambdakit.testing import Functions, LambdaFunction


@pytest.fixture
def api(lambda_function: Functions) -> LambdaFunction:
    api = lambda_function("api")
    api.http.post("/orders", params={"item": "tea"})
    return api


def test_orders_survive_a_freeze(api: LambdaFunction) -> None:
    api.freeze()

    assert api.http.get("/orders/1").status_code == 200


def test_orders_are_lost_with_their_environment(api: LambdaFunction) -> None:
    api.cold_start()

    assert api.http.get("/orders/1").status_code == 404


def test_a_crash_is_answered_by_a_new_environment(api: LambdaFunction) -> None:
    api.kill()

    assert api.http.post("/orders", params={"item": "towel"}).json() == {"id": 1}


def test_a_caller_is_told_when_there_is_no_room(api: LambdaFunction) -> None:
    with api.throttle(), pytest.raises(Throttled):
        api.invoke({})
