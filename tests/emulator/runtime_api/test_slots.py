import asyncio

import pytest

from lambdakit.emulator.runtime_api.api import RuntimeApi, State
from lambdakit.emulator.runtime_api.delivery import Delivery
from lambdakit.errors import EnvironmentFault
from tests.emulator.conversation import NEXT, Client, answer, connect, new_invocation, speak


async def park(api: RuntimeApi, count: int) -> list[Client]:
    """Open connections of which each waits for an invocation."""
    clients = [await connect(api) for _ in range(count)]
    for client in clients:
        client.writer.write(NEXT)
    await wait_for_slots(api, count)
    return clients


async def wait_for_slots(api: RuntimeApi, count: int) -> None:
    while api.idle_slots != count:  # noqa: ASYNC110 (requests come in without an event to wait for)
        await asyncio.sleep(0.001)


async def receive(clients: list[Client], deliveries: list[Delivery]) -> list[tuple[Client, Delivery]]:
    """Find out which connection got which invocation."""
    by_id = {each.invocation.request_id: each for each in deliveries}
    events = [await client.receive() for client in clients]
    return [
        (client, by_id.pop(event.headers["lambda-runtime-aws-request-id"]))
        for client, event in zip(clients, events, strict=True)
    ]


def close(clients: list[Client]) -> None:
    for client in clients:
        client.writer.close()


def test_as_many_invocations_run_as_there_are_slots_and_answers_find_theirs() -> None:
    async def conversation(api: RuntimeApi, _: Client) -> None:
        clients = await park(api, 3)
        deliveries = [api.deliver(new_invocation()) for _ in clients]
        with pytest.raises(EnvironmentFault, match="did not ask"):
            api.deliver(new_invocation())
        for client, delivery in reversed(await receive(clients, deliveries)):
            assert api.state is State.BUSY
            body = delivery.invocation.request_id.encode()
            assert (await client.send(answer(delivery.invocation, "response", body))).status == 202
        answers = [each.answered.result().payload.decode() for each in deliveries]
        assert answers == [each.invocation.request_id for each in deliveries]
        assert api.state is State.ANSWERED
        close(clients)

    speak(conversation, max_concurrency=3)


def test_a_request_for_an_invocation_beyond_the_slots_is_refused() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        clients = await park(api, 2)
        reply = await client.send(NEXT)
        assert (reply.status, reply.error_type(), api.idle_slots) == (403, "InvalidStateTransition", 2)
        close(clients)

    speak(conversation, max_concurrency=2)


def test_an_invocation_ends_when_its_connection_asks_for_the_next() -> None:
    async def conversation(api: RuntimeApi, _: Client) -> None:
        clients = await park(api, 2)
        deliveries = [api.deliver(new_invocation()) for _ in clients]
        [(first, early), (_, late)] = await receive(clients, deliveries)
        for client, delivery in ((clients[1], late), (first, early)):
            await client.send(answer(delivery.invocation, "response"))
        first.writer.write(NEXT)
        await early.ended
        assert (late.ended.done(), api.idle_slots) == (False, 1)
        close(clients)

    speak(conversation, max_concurrency=2)


def test_the_connection_of_the_answer_tells_as_well() -> None:
    async def conversation(api: RuntimeApi, other: Client) -> None:
        clients = await park(api, 2)
        deliveries = [api.deliver(new_invocation()) for _ in clients]
        [(_, _), (_, late)] = await receive(clients, deliveries)
        await other.send(answer(late.invocation, "response"))
        other.writer.write(NEXT)
        await late.ended
        assert not deliveries[0].ended.done()
        close(clients)

    speak(conversation, max_concurrency=2)


def test_a_request_on_a_new_connection_ends_the_invocation_that_was_answered_first() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        client.writer.write(NEXT)
        await api.ready
        delivery = api.deliver(new_invocation())
        await client.receive()
        await client.send(answer(delivery.invocation, "response"))
        other = await connect(api)
        other.writer.write(NEXT)
        await delivery.ended
        close([other])

    speak(conversation)


def test_a_slot_whose_client_is_gone_gets_no_invocation() -> None:
    async def conversation(api: RuntimeApi, _: Client) -> None:
        [gone, stays] = await park(api, 2)
        gone.writer.close()
        await gone.writer.wait_closed()
        await wait_for_slots(api, 1)
        delivery = api.deliver(new_invocation())
        [(_, received)] = await receive([stays], [delivery])
        assert received is delivery
        close([stays])

    speak(conversation, max_concurrency=2)
