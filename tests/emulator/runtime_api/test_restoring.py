import json

from lambdakit.emulator.runtime_api.api import RuntimeApi
from lambdakit.emulator.runtime_api.restoring import Credentials
from tests.emulator.conversation import NEXT, Client, post, speak

RESTORE = b"GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nHost: x\r\n\r\n"
FAILURE = post("/2018-06-01/runtime/restore/error", b'{"errorType": "Runtime.AfterRestoreError"}')


def test_a_runtime_waits_at_its_snapshot_until_it_is_restored() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        assert api.restoring is not None
        client.writer.write(RESTORE)
        await api.restoring.reached
        assert not api.ready.done()
        api.restoring.restore()
        reply = await client.receive()
        assert (reply.status, reply.body) == (200, b"")
        client.writer.write(NEXT)
        await api.ready

    speak(conversation, has_snapshot=True)


def test_an_error_of_a_restore_is_kept_once_and_refused_before() -> None:
    async def conversation(api: RuntimeApi, client: Client) -> None:
        assert api.restoring is not None
        assert (await client.send(FAILURE)).status == 403
        api.restoring.restore()
        assert [(await client.send(FAILURE)).status for _ in range(2)] == [202, 403]
        assert api.restoring.error is not None
        assert api.restoring.error.error_type == "Runtime.AfterRestoreError"

    speak(conversation, has_snapshot=True)


def test_credentials_are_given_for_their_token_alone() -> None:
    credentials = Credentials()

    async def conversation(api: RuntimeApi, client: Client) -> None:
        line = "GET /2021-04-23/credentials HTTP/1.1\r\nHost: x\r\n"
        for header in ("", "Authorization: other\r\n"):
            assert (await client.send(f"{line}{header}\r\n".encode())).status == 404
        reply = await client.send(f"{line}Authorization: {credentials.token}\r\n\r\n".encode())
        assert reply.status == 200
        body = json.loads(reply.body)
        assert set(body) == {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}

    assert credentials.secret_key not in repr(credentials)
    speak(conversation, credentials=credentials)
