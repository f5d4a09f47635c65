import asyncio

from lambdakit.testing import Functions


def test_orders_at_a_time_meet_environments_of_their_own(lambda_function: Functions) -> None:
    api = lambda_function("api", via="rest-api", memory=2048)

    async def work() -> list[int]:
        async with api.ahttp() as client:
            responses = await asyncio.gather(*(client.post("/orders?item=tea") for _ in range(3)))
            return [response.json()["id"] for response in responses]

    assert asyncio.run(work()) == [1, 1, 1]
    assert api.environments == 3
