"""The parts of AWS Lambda Powertools, wired to the one formatter; importing this module imports Powertools."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics

from lambdakit.observability.lines import Serialize, read_json
from lambdakit.observability.metrics import RequestMetrics


class _Registered(logging.Handler):
    """What a Powertools logger holds its formatter with; the root logger's handler writes its lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Leave the record to the root logger."""


def make_formatter(serialize: Serialize, keys: Mapping[str, Any]) -> LambdaPowertoolsFormatter:
    """Return the formatter that takes over from the standard library's."""
    reads: Any = read_json
    return LambdaPowertoolsFormatter(json_serializer=cast("Any", serialize), json_deserializer=reads, **keys)


def make_logger(service: str, level: str, formatter: LambdaPowertoolsFormatter) -> Logger:
    """Return the service's logger, whose records the root logger writes, each once."""
    filters = {handler: list(handler.filters) for handler in logging.getLogger().handlers}
    logger = Logger(service=service, level=level, logger_formatter=formatter, logger_handler=_Registered())
    # Powertools makes other handlers drop the service's records; here those are the ones that write them.
    for each, own in filters.items():
        each.filters[:] = own
    return logger


def make_metrics(service: str) -> Metrics:
    """Return the metrics of a service; POWERTOOLS_METRICS_NAMESPACE names the namespace, else the service does."""

    def make() -> EphemeralMetrics:
        metrics = EphemeralMetrics(service=service)
        metrics.namespace = metrics.namespace or service
        return metrics

    return cast("Metrics", RequestMetrics(make))
