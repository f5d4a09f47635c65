"""The rules of the service before a function, by what is declared for it."""

from dataclasses import replace
from typing import Any

from lambdakit.emulator.front_doors import GATEWAYS, GatewayRules
from lambdakit.operations.functions.target import Target
from lambdakit.project import Via


def choose_rules(target: Target, via: Via) -> GatewayRules:
    """Return a service's rules as they are declared for a function; another than the declared one has its own."""
    rules, trigger = GATEWAYS[via], target.web_trigger
    if trigger is None or trigger.via != via:
        return rules
    declared: dict[str, Any] = {"stage": trigger.stage or rules.stage, "routes": trigger.resources or rules.routes}
    if trigger.binary_media_types is not None:
        declared["binary_media_types"] = trigger.binary_media_types
    return replace(rules, **declared)
