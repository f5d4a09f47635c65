import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from lambdakit.emulator.lambda_api import replies
from lambdakit.emulator.lambda_api.asynchronous import AsynchronousSettings, Destination
from lambdakit.emulator.lambda_api.callee import Callee
from lambdakit.emulator.lambda_api.names import LATEST

_NUMBERS = {"MaximumRetryAttempts": (0, 2), "MaximumEventAgeInSeconds": (60, 21_600)}


class EventConfigs:
    """What callers have set for the events of functions, beside what `declared` says.

    `find_destination` returns what gets records in place of an ARN, or None for one that leads nowhere.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
    """

    def __init__(
        self, declared: Callable[[str], AsynchronousSettings], find_destination: Callable[[str], Destination | None]
    ) -> None:
        self._declared = declared
        self._find_destination = find_destination
        self._set: dict[str, dict[str, Any]] = {}

    def settings(self, name: str) -> AsynchronousSettings:
        """Return what holds for a function's events now."""
        settings, content = self._declared(name), self._set.get(name)
        if content is None:
            return settings
        return replace(
            settings,
            retries=content.get("MaximumRetryAttempts", settings.retries),
            maximum_age=content.get("MaximumEventAgeInSeconds", settings.maximum_age),
            on_success=self._destination(content, "OnSuccess") or settings.on_success,
            on_failure=self._destination(content, "OnFailure") or settings.on_failure,
        )

    def _destination(self, content: Mapping[str, Any], when: str) -> Destination | None:
        arn = content["DestinationConfig"].get(when, {}).get("Destination")
        return self._find_destination(arn) if arn else None

    def put(self, function: Callee, body: bytes, *, keeps: bool = False) -> dict[str, Any]:
        """Set what a body says, with `keeps` beside what was set before, and return all of it.

        Raises:
            Refused: A value is out of range, or a destination leads nowhere.
        """
        name, sent = function.configuration.name, _read(body)
        before: dict[str, Any] = self._set.get(name, {}) if keeps else {}
        wanted = before | sent
        content: dict[str, Any] = {key: wanted[key] for key in _NUMBERS if key in wanted}
        content["DestinationConfig"] = wanted.get("DestinationConfig") or {}
        content["LastModified"] = time.time()
        content["FunctionArn"] = f"{function.configuration.arn}:{LATEST}"
        self._check(content)
        self._set[name] = content
        return content

    def _check(self, content: Mapping[str, Any]) -> None:
        for key, (least, most) in _NUMBERS.items():
            value = content.get(key, least)
            if not isinstance(value, int) or not least <= value <= most:
                constraint = f"Member must have value from {least} to {most}"
                raise replies.invalid_value(str(value), key[0].lower() + key[1:], constraint)
        for when, destination in content["DestinationConfig"].items():
            arn = destination.get("Destination")
            if arn and self._find_destination(arn) is None:
                raise replies.invalid_parameter(f"The destination ARN {arn} of {when} leads nowhere here.")

    def get(self, function: Callee) -> dict[str, Any]:
        """Return what was set for a function.

        Raises:
            Refused: Nothing was.
        """
        content = self._set.get(function.configuration.name)
        if content is None:
            arn = f"{function.configuration.arn}:{LATEST}"
            raise replies.not_found(f"The function {arn} doesn't have an EventInvokeConfig")
        return content

    def list_all(self, function: Callee) -> list[dict[str, Any]]:
        """Return what was set for all versions of a function, of which there is one."""
        content = self._set.get(function.configuration.name)
        return [] if content is None else [content]

    def delete(self, function: Callee) -> None:
        """Forget what was set for a function; Refused where nothing was."""
        self.get(function)
        del self._set[function.configuration.name]


def _read(body: bytes) -> dict[str, Any]:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise replies.invalid_content(f"Could not parse request body into json: {error}") from error
    sent = content if _is_table(content) else {}
    destinations: object = sent.get("DestinationConfig") or {}
    if not _is_table(destinations) or not all(_is_table(each) for each in destinations.values()):
        raise replies.invalid_content("Could not parse request body into json: DestinationConfig is no structure")
    return sent


def _is_table(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
