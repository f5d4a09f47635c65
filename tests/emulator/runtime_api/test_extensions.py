import json

import pytest

from lambdakit.emulator.runtime_api.api import RuntimeApi
from tests.emulator.conversation import NEXT, Client, Reply, answer, connect, new_invocation, post, speak

PREFIX = "/2020-01-01/extension"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def register(client: Client, name: str, *events: str, feature: str = "") -> Reply:
    headers = [f"Lambda-Extension-Name: {name}", f"Lambda-Extension-Accept-Feature: {feature}"]
    return await client.send(post(f"{PREFIX}/register", json.dumps({"events": events}).encode(), *headers))


def ask(identifier: str) -> bytes:
    return f"GET {PREFIX}/event/next HTTP/1.1\r\nHost: x\r\nLambda-Extension-Identifier: {identifier}\r\n\r\n".encode()


def test_registering_tells_about_the_function() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        assert not api.has_extensions
        reply = await register(client, "mine", feature="other, accountId")
        assert (reply.status, api.has_extensions) == (200, True)
        assert len(reply.headers["lambda-extension-identifier"]) == 36
        assert json.loads(reply.body) == {
            "functionName": "shop",
            "functionVersion": "$LATEST",
            "handler": "app.handler",
            "accountId": "123456789012",
        }

    speak(conversation, function_name="shop", handler="app.handler")


def test_init_and_each_invocation_end_when_the_extension_too_asks_for_what_comes_next() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        extension = await connect(api)
        identifier = (await register(extension, "mine", "INVOKE")).headers["lambda-extension-identifier"]
        client.writer.write(NEXT)
        # Any other call that is answered shows that the request before it has arrived.
        await register(extension, "mine")
        assert not api.ready.done()
        extension.writer.write(ask(identifier))
        await api.ready
        invocation = new_invocation()
        delivery = api.deliver(invocation)
        event = json.loads((await extension.receive()).body)
        assert event == {
            "eventType": "INVOKE",
            "deadlineMs": 1_800_000_000_500,
            "requestId": invocation.request_id,
            "invokedFunctionArn": "arn:aws:lambda:x",
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_id},
        }
        await client.receive()
        await client.send(answer(invocation, "response"))
        client.writer.write(NEXT)
        await register(extension, "mine")
        assert not delivery.ended.done()
        extension.writer.write(ask(identifier))
        await delivery.ended
        extension.writer.close()

    speak(conversation)


def test_an_extension_without_events_holds_nothing_up_once_it_waits() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        extension = await connect(api)
        identifier = (await register(extension, "quiet")).headers["lambda-extension-identifier"]
        extension.writer.write(ask(identifier))
        for _ in range(2):
            client.writer.write(NEXT)
            await api.ready
            invocation = new_invocation()
            api.deliver(invocation)
            await client.receive()
            await client.send(answer(invocation, "response"))
        extension.writer.close()

    speak(conversation)


@pytest.mark.parametrize(
    ("request_bytes", "error_type"),
    [
        (post(f"{PREFIX}/register", b'{"events": []}'), "Extension.InvalidExtensionName"),
        (post(f"{PREFIX}/register", b"[]", "Lambda-Extension-Name: a"), "InvalidRequestFormat"),
        (post(f"{PREFIX}/register", b"[" * 60_000, "Lambda-Extension-Name: a"), "InvalidRequestFormat"),
        (post(f"{PREFIX}/register", b'{"events": [1]}', "Lambda-Extension-Name: a"), "InvalidRequestFormat"),
        (
            post(f"{PREFIX}/register", b'{"events": ["SHUTDOWN"]}', "Lambda-Extension-Name: a"),
            "Extension.InvalidEventType",
        ),
        (
            post(f"{PREFIX}/register", b'{"events": ["OTHER"]}', "Lambda-Extension-Name: a"),
            "Extension.InvalidEventType",
        ),
        (ask(""), "Extension.MissingExtensionIdentifier"),
        (ask("mine"), "Extension.InvalidExtensionIdentifier"),
        (ask(UNKNOWN), "Extension.UnknownExtensionIdentifier"),
        (post(f"{PREFIX}/exit/error", b"{}"), "Extension.MissingExtensionIdentifier"),
    ],
)
def test_a_call_that_breaks_the_rules_is_forbidden_by_name(request_bytes: bytes, error_type: str) -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        reply = await client.send(request_bytes)
        assert (reply.status, reply.error_type(), api.has_extensions) == (403, error_type, False)

    speak(conversation)


def test_no_more_than_ten_register_and_none_twice_or_after_init() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        assert [(await register(client, str(number))).status for number in range(10)] == [200] * 10
        assert (await register(client, "3")).error_type() == "Extension.InvalidExtensionState"
        assert (await register(client, "eleventh")).error_type() == "Extension.TooManyExtensions"

    async def too_late(api: RuntimeApi, client: Client) -> None:
        client.writer.write(NEXT)
        await api.ready
        other = await connect(api)
        assert (await register(other, "late")).error_type() == "Extension.RegistrationClosed"
        other.writer.close()

    speak(conversation)
    speak(too_late)


def test_an_error_that_an_extension_reports_is_kept() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        identifier = (await register(client, "mine")).headers["lambda-extension-identifier"]
        headers = [f"Lambda-Extension-Identifier: {identifier}", "Lambda-Extension-Function-Error-Type: Extension.Own"]
        nameless = await client.send(post(f"{PREFIX}/init/error", b"{}", headers[0]))
        assert nameless.error_type() == "Extension.MissingHeader"
        assert (await client.send(post(f"{PREFIX}/init/error", b"{}", *headers))).status == 202
        assert api.extensions.error is not None
        assert api.extensions.error.error_type == "Extension.InitError"

    speak(conversation)


def test_subscribing_to_telemetry_is_accepted_from_an_extension_alone() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        identifier = (await register(client, "mine")).headers["lambda-extension-identifier"]
        line = "PUT /2022-07-01/telemetry HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        assert (await client.send(f"{line}\r\n".encode())).status == 403
        reply = await client.send(f"{line}Lambda-Extension-Identifier: {identifier}\r\n\r\n".encode())
        assert (reply.status, reply.body) == (200, b'"OK"')

    speak(conversation)
