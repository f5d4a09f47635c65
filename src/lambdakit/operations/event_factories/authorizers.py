"""Calls of Lambda authorizers."""

from collections.abc import Mapping
from typing import Any

from lambdakit.operations.event_factories.http import Details, HttpEvents, build_request
from lambdakit.operations.event_factories.origin import Event


class AuthorizerEvents(HttpEvents):
    """Makes the events by which APIs ask who may call them."""

    def authorizer_token(self, token: str = "Bearer secret", method: str = "GET", path: str = "/") -> Event:  # noqa: S107 (an example)
        """Describe a question of a REST API to a token authorizer.

        Args:
            token: The token as the header has it.
            method: The method of the request.
            path: Its path.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
        """
        api = self._origin.letters(10)
        return {"type": "TOKEN", "methodArn": self._method(api, "prod", method, path), "authorizationToken": token}

    def authorizer_request(
        self,
        method: str = "GET",
        path: str = "/",
        *,
        headers: Mapping[str, str] | None = None,
        source_ip: str = "203.0.113.10",
    ) -> Event:
        """Describe a question of a REST API to a request authorizer.

        Args:
            method: The method of the request.
            path: Its path, perhaps with a query string.
            headers: Its headers.
            source_ip: The client's address.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
        """
        event = self._ask("rest-api", method, path, {"headers": headers or {}, "source_ip": source_ip})
        context = event["requestContext"]
        arn = self._method(context["apiId"], context["stage"], method, event["path"])
        return {"type": "REQUEST", "methodArn": arn, **event}

    def authorizer_http_api(
        self,
        method: str = "GET",
        path: str = "/",
        *,
        headers: Mapping[str, str] | None = None,
        identity_source: str = "authorization",
        source_ip: str = "203.0.113.10",
    ) -> Event:
        """Describe a question of an HTTP API to an authorizer with payload format 2.0.

        Args:
            method: The method of the request.
            path: Its path, perhaps with a query string.
            headers: Its headers.
            identity_source: The header that has to be there.
            source_ip: The client's address.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
        """
        given = headers or {"Authorization": "Bearer secret"}
        event = self._ask("http-api", method, path, {"headers": given, "source_ip": source_ip})
        context, shown = event["requestContext"], event["headers"]
        asked = {
            "type": "REQUEST",
            "routeArn": self._method(context["apiId"], context["stage"], method, event["rawPath"]),
            "identitySource": [shown[identity_source.lower()]] if identity_source.lower() in shown else None,
        }
        return {**asked, **event, "queryStringParameters": event.get("queryStringParameters", {})}

    def authorizer_appsync(
        self,
        token: str = "secret",  # noqa: S107 (an example)
        *,
        query: str = "{ orders { id } }",
        variables: Mapping[str, Any] | None = None,
    ) -> Event:
        """Describe a question of AppSync to a Lambda authorizer.

        Args:
            token: The token as the header has it.
            query: The GraphQL document.
            variables: Its variables.

        Source: https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
        """
        context = {
            "apiId": self._origin.letters(26),
            "accountId": self._origin.account,
            "requestId": self._origin.uuid(),
            "queryString": query,
            "operationName": None,
            "variables": dict(variables or {}),
        }
        host = f"{context['apiId']}.appsync-api.{self._origin.region}.amazonaws.com"
        return {"authorizationToken": token, "requestContext": context, "requestHeaders": {"host": host}}

    def _ask(self, via: str, method: str, path: str, details: Details) -> Event:
        request = build_request(method, path, details, host=self.choose_host(via))
        event = self.http(via, request, source_ip=details.get("source_ip", "203.0.113.10"))
        # An authorizer is asked before anybody reads the body.
        for name in ("body", "isBase64Encoded"):
            event.pop(name, None)
        return event

    def _method(self, api: str, stage: str, method: str, path: str) -> str:
        return self._origin.arn("execute-api", f"{api}/{stage}/{method.upper()}/{path.partition('?')[0].lstrip('/')}")
