"""Agents, contact flows and file transfers: Amazon Bedrock, Amazon Connect, AWS Transfer Family."""

from collections.abc import Mapping
from typing import Any, Literal

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import as_text


class ConversationEvents(Family):
    """Makes events of services that talk to people."""

    def bedrock_agent(
        self,
        method: str = "GET",
        path: str = "/orders",
        *,
        text: str = "",
        parameters: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        action_group: str = "orders",
        session: Mapping[str, str] | None = None,
    ) -> Event:
        """Describe a call of an action that a Bedrock agent knows from an OpenAPI schema.

        Args:
            method: The method of the operation.
            path: Its path, as in the schema.
            text: What the user said.
            parameters: The operation's parameters.
            properties: The properties of its body.
            action_group: The action group.
            session: Attributes of the session.

        Source: https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
        """
        event = self._call(text, action_group, session)
        event |= {"apiPath": path, "httpMethod": method.upper(), "parameters": _properties(parameters or {})}
        if properties is not None:
            event["requestBody"] = {"content": {"application/json": {"properties": _properties(properties)}}}
        return event

    def bedrock_function(
        self,
        function: str = "find_order",
        *,
        text: str = "",
        parameters: Mapping[str, Any] | None = None,
        action_group: str = "orders",
        session: Mapping[str, str] | None = None,
    ) -> Event:
        """Describe a call of an action that a Bedrock agent knows from its function details.

        Args:
            function: The function's name in the action group.
            text: What the user said.
            parameters: The function's parameters.
            action_group: The action group.
            session: Attributes of the session.

        Source: https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
        """
        own = {"function": function, "parameters": _properties(parameters or {})}
        return self._call(text, action_group, session) | own

    def _call(self, text: str, action_group: str, session: Mapping[str, str] | None) -> Event:
        origin = self._origin
        agent = {"name": "shop", "version": "DRAFT", "id": origin.letters(10).upper(), "alias": "TSTALIASID"}
        return {
            "messageVersion": "1.0",
            "agent": agent,
            "inputText": text,
            "sessionId": origin.digits(15),
            "actionGroup": action_group,
            "sessionAttributes": dict(session or {}),
            "promptSessionAttributes": {},
        }

    def connect(
        self,
        *,
        parameters: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
        channel: Literal["VOICE", "CHAT", "TASK"] = "VOICE",
        customer: str = "+12065550100",
    ) -> Event:
        """Describe a call by a contact flow of Amazon Connect.

        Args:
            parameters: The parameters of the block.
            attributes: The contact's attributes.
            channel: How the customer contacts you.
            customer: The customer's telephone number.

        Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
        """
        origin, contact = self._origin, self._origin.uuid()
        instance = origin.arn("connect", f"instance/{origin.uuid()}")
        data: Event = {
            "Attributes": dict(attributes or {}),
            "Channel": channel,
            "ContactId": contact,
            "CustomerEndpoint": {"Address": customer, "Type": "TELEPHONE_NUMBER"},
            "InitialContactId": contact,
            "InitiationMethod": "INBOUND",
            "InstanceARN": instance,
            "MediaStreams": {"Customer": {"Audio": None}},
            "PreviousContactId": contact,
            "Queue": {"ARN": f"{instance}/queue/{origin.uuid()}", "Name": "orders"},
            "SystemEndpoint": {"Address": "+12065550101", "Type": "TELEPHONE_NUMBER"},
        }
        return {"Name": "ContactFlowEvent", "Details": {"ContactData": data, "Parameters": dict(parameters or {})}}

    def transfer_family(
        self,
        username: str = "arthur",
        *,
        password: str = "",
        protocol: Literal["SFTP", "FTP", "FTPS"] = "SFTP",
        source_ip: str = "203.0.113.10",
    ) -> Event:
        """Describe a question of AWS Transfer Family who may log in; without a password the user shows a key.

        Args:
            username: Who wants to log in.
            password: The password.
            protocol: The protocol.
            source_ip: From where.

        Source: https://docs.aws.amazon.com/transfer/latest/userguide/custom-lambda-idp.html
        """
        return {
            "username": username,
            "password": password,
            "protocol": protocol,
            "serverId": f"s-{self._origin.hex(17)}",
            "sourceIp": source_ip,
        }


def _properties(values: Mapping[str, Any]) -> list[Event]:
    return [{"name": name, "type": _type_of(value), "value": as_text(value)} for name, value in values.items()]


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case _:
            return "string"
