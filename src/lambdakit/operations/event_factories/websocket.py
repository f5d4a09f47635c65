"""WebSocket APIs of API Gateway."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_text, milliseconds, to_clock

_OPEN_FOR = timedelta(seconds=3)


class WebSocketEvents(Family):
    """Makes events of a connection, from its opening to its end.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
    """

    def websocket_connect(
        self, *, headers: Mapping[str, str] | None = None, connection: str | None = None, stage: str = "prod"
    ) -> Event:
        """Describe a connection that is opened.

        Args:
            headers: The client's headers.
            connection: The connection's id.
            stage: The API's stage.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
        """
        context = self._context("$connect", "CONNECT", connection, stage, opened=timedelta())
        opening = {
            "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
            "Sec-WebSocket-Key": self._origin.token(16),
            "Sec-WebSocket-Version": "13",
        }
        return {**_with_headers(context, {**opening, **(headers or {})}), "isBase64Encoded": False}

    def websocket_message(
        self,
        body: Any = "",
        *,
        route: str = "$default",
        connection: str | None = None,
        stage: str = "prod",
    ) -> Event:
        """Describe a message of the client.

        Args:
            body: What it says, as text or as what JSON can say.
            route: The route that was selected.
            connection: The connection's id.
            stage: The API's stage.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
        """
        context = self._context(route, "MESSAGE", connection, stage, opened=_OPEN_FOR)
        context["messageId"] = f"{self._origin.token(11)}"
        return {"requestContext": context, "body": as_text(body), "isBase64Encoded": False}

    def websocket_disconnect(
        self, *, code: int = 1000, reason: str = "", connection: str | None = None, stage: str = "prod"
    ) -> Event:
        """Describe a connection that has ended.

        Args:
            code: The code of the closing.
            reason: Its reason.
            connection: The connection's id.
            stage: The API's stage.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
        """
        context = self._context("$disconnect", "DISCONNECT", connection, stage, opened=_OPEN_FOR)
        context |= {"disconnectStatusCode": code, "disconnectReason": reason}
        return {**_with_headers(context, {"x-api-key": "", "x-restapi": ""}), "isBase64Encoded": False}

    def _context(self, route: str, kind: str, connection: str | None, stage: str, *, opened: timedelta) -> Event:
        origin, now, api = self._origin, self._origin.now, self._origin.letters(10)
        request_id = origin.token(11)
        return {
            "routeKey": route,
            "eventType": kind,
            "extendedRequestId": request_id,
            "requestTime": to_clock(now),
            "messageDirection": "IN",
            "stage": stage,
            "connectedAt": milliseconds(now - opened),
            "requestTimeEpoch": milliseconds(now),
            "identity": {"sourceIp": "203.0.113.10"},
            "requestId": request_id,
            "domainName": f"{api}.execute-api.{origin.region}.amazonaws.com",
            "connectionId": connection or origin.token(11),
            "apiId": api,
        }


def _with_headers(context: Event, headers: Mapping[str, str]) -> Event:
    forwarded = {
        "X-Forwarded-For": context["identity"]["sourceIp"],
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    sent = {"Host": context["domainName"], **forwarded, **headers}
    return {
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "requestContext": context,
    }
