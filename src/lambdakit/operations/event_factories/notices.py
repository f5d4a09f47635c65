"""What happened somewhere: EventBridge, schedules, alarms, AWS Config and IoT."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from lambdakit.operations.event_factories.origin import Event, Family
from lambdakit.operations.event_factories.values import milliseconds, to_milliseconds


class NoticeEvents(Family):
    """Makes events of services that tell what happened."""

    def eventbridge(
        self,
        detail_type: str = "OrderPlaced",
        *,
        detail: Mapping[str, Any] | None = None,
        source: str = "shop.orders",
        resources: Sequence[str] = (),
    ) -> Event:
        """Describe an event of an EventBridge bus.

        Args:
            detail_type: What kind of event it is.
            detail: What it says.
            source: Who sends it.
            resources: The ARNs of what it is about.

        Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
        """
        return self._bridge(detail_type, source, resources, detail or {})

    def schedule(self, *, name: str = "every-hour", by: Literal["rule", "scheduler"] = "rule") -> Event:
        """Describe a call at a time: of a scheduled rule, or of EventBridge Scheduler without an input of its own.

        Args:
            name: The name of the rule or of the schedule.
            by: What calls.

        Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
        """
        if by == "rule":
            arn = self._origin.arn("events", f"rule/{name}")
            return self.eventbridge("Scheduled Event", source="aws.events", resources=[arn])
        arn = self._origin.arn("scheduler", f"schedule/default/{name}")
        event = self.eventbridge("Scheduled Event", source="aws.scheduler", resources=[arn])
        # Not in AWS's documentation; users of Scheduler meet text here.
        return event | {"detail": "{}"}

    def cloudwatch_alarm(
        self,
        name: str = "too-many-errors",
        *,
        state: Literal["ALARM", "OK", "INSUFFICIENT_DATA"] = "ALARM",
        previous: Literal["ALARM", "OK", "INSUFFICIENT_DATA"] = "OK",
        reason: str = "",
        namespace: str = "AWS/Lambda",
        metric: str = "Errors",
    ) -> Event:
        """Describe a change of the state of a CloudWatch alarm.

        Args:
            name: The alarm's name.
            state: Its state now.
            previous: Its state before.
            reason: Why it changed.
            namespace: The namespace of the metric.
            metric: The metric.

        Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
        """
        origin, now = self._origin, self._origin.now
        before = now - timedelta(minutes=5)
        query = {"id": origin.uuid(), "metricStat": _statistic(namespace, metric), "returnData": True}
        return {
            "source": "aws.cloudwatch",
            "alarmArn": origin.arn("cloudwatch", f"alarm:{name}"),
            "accountId": origin.account,
            "time": _with_offset(to_milliseconds(now)),
            "region": origin.region,
            "alarmData": {
                "alarmName": name,
                "state": _state(state, reason or f"the alarm is in {state}", to_milliseconds(now)),
                "previousState": _state(previous, f"the alarm was in {previous}", to_milliseconds(before)),
                "configuration": {"description": "", "metrics": [query]},
            },
        }

    def config_rule(
        self,
        *,
        parameters: Mapping[str, Any] | None = None,
        rule: str = "tagged",
        item: Mapping[str, Any] | None = None,
    ) -> Event:
        """Describe a call of a custom AWS Config rule: on a change where an item is given, else on its schedule.

        Args:
            parameters: The rule's parameters.
            rule: The rule's name.
            item: The configuration item that changed.

        Source: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
        """
        origin, now = self._origin, to_milliseconds(self._origin.now)
        cause: Event = {"notificationCreationTime": now, "recordVersion": "1.3"}
        if item is None:
            cause |= {"messageType": "ScheduledNotification", "awsAccountId": origin.account}
        else:
            cause |= {"messageType": "ConfigurationItemChangeNotification", "configurationItem": dict(item)}
        number = f"config-rule-{origin.letters(6)}"
        return {
            "version": "1.0",
            "invokingEvent": json.dumps(cause),
            "ruleParameters": json.dumps(dict(parameters or {})),
            "resultToken": origin.token(96),
            "eventLeftScope": False,
            "executionRoleArn": f"arn:aws:iam::{origin.account}:role/config",
            "configRuleArn": origin.arn("config", f"config-rule/{number}"),
            "configRuleName": rule,
            "configRuleId": number,
            "accountId": origin.account,
            "evaluationMode": "DETECTIVE",
        }

    def iot_thing(
        self,
        thing: str = "sensor",
        *,
        operation: Literal["CREATED", "UPDATED", "DELETED"] = "CREATED",
        version: int = 1,
    ) -> Event:
        """Describe a change of a thing in the AWS IoT registry, as an IoT rule passes it on.

        Args:
            thing: The thing's name.
            operation: What happened to it.
            version: The version that it has now.

        Source: https://docs.aws.amazon.com/iot/latest/developerguide/registry-events.html
        """
        origin = self._origin
        return {
            "eventType": "THING_EVENT",
            "eventId": origin.uuid(),
            "timestamp": milliseconds(origin.now),
            "operation": operation,
            "accountId": origin.account,
            "thingId": origin.uuid(),
            "thingName": thing,
            "versionNumber": version,
            "thingTypeName": None,
            "billingGroupName": None,
            "attributes": {},
        }


def _statistic(namespace: str, metric: str) -> Event:
    described = {"namespace": namespace, "name": metric, "dimensions": dict[str, str]()}
    return {"metric": described, "period": 60, "stat": "Sum"}


def _state(value: str, reason: str, moment: str) -> Event:
    return {"value": value, "reason": reason, "reasonData": "{}", "timestamp": _with_offset(moment)}


def _with_offset(moment: str) -> str:
    return moment.replace("Z", "+0000")
