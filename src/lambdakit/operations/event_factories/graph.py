"""AWS AppSync: GraphQL resolvers and channels of AppSync Events."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lambdakit.operations.event_factories.origin import Event, Family


class GraphEvents(Family):
    """Makes events of AppSync."""

    def appsync(
        self,
        field: str = "order",
        *,
        arguments: Mapping[str, Any] | None = None,
        type_name: str = "Query",
        source: Mapping[str, Any] | None = None,
        selection: Sequence[str] = ("id",),
        user: str | None = None,
    ) -> Event:
        """Describe a call of a direct Lambda resolver of AppSync.

        Args:
            field: The field that is resolved.
            arguments: Its arguments.
            type_name: The type that the field belongs to.
            source: The object that the field belongs to.
            selection: The fields that are asked for.
            user: A user of a Cognito user pool; without one the API key is enough.

        Source: https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html
        """
        return {
            "arguments": dict(arguments or {}),
            "identity": None if user is None else self._identify(user),
            "source": None if source is None else dict(source),
            "request": self._request("appsync-api"),
            "prev": None,
            "info": {
                "selectionSetList": list(selection),
                "selectionSetGraphQL": "{\n  " + "\n  ".join(selection) + "\n}",
                "parentTypeName": type_name,
                "fieldName": field,
                "variables": {},
            },
            "stash": {},
        }

    def _identify(self, user: str) -> Event:
        origin, subject = self._origin, self._origin.uuid()
        issuer = f"https://cognito-idp.{origin.region}.amazonaws.com/{origin.region}_{origin.letters(9)}"
        moment = int(origin.now.timestamp())
        claims = {
            "sub": subject,
            "iss": issuer,
            "aud": origin.letters(26),
            "token_use": "id",
            "cognito:username": user,
            "auth_time": moment,
            "iat": moment,
            "exp": moment + 3600,
        }
        return {
            "sub": subject,
            "issuer": issuer,
            "username": user,
            "claims": claims,
            "sourceIp": ["203.0.113.10"],
            "defaultAuthStrategy": "ALLOW",
            "groups": None,
        }

    def _request(self, service: str) -> Event:
        host = f"{self._origin.letters(26)}.{service}.{self._origin.region}.amazonaws.com"
        headers = {"host": host, "x-forwarded-for": "203.0.113.10", "content-type": "application/json"}
        return {"headers": headers, "domainName": None}

    def appsync_events(
        self,
        *payload: Mapping[str, Any],
        channel: str = "/default/orders",
        operation: Literal["PUBLISH", "SUBSCRIBE"] = "PUBLISH",
    ) -> Event:
        """Describe a call of a channel handler of AppSync Events.

        Args:
            payload: What is published; a subscription has none.
            channel: The channel, with its namespace.
            operation: What a client does.

        Source: https://docs.aws.amazon.com/appsync/latest/eventapi/channel-namespace-handlers.html
        """
        segments = channel.strip("/").split("/")
        events = [{"id": self._origin.uuid(), "payload": dict(each)} for each in payload]
        return {
            "identity": None,
            "result": None,
            "request": self._request("appsync-api"),
            "info": {
                "channel": {"path": channel, "segments": segments},
                "channelNamespace": {"name": segments[0]},
                "operation": operation,
            },
            "error": None,
            "prev": None,
            "stash": {},
            "outErrors": [],
            "events": events if operation == "PUBLISH" else None,
        }
