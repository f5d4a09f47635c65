"""The parts of AWS Lambda Powertools, wired to the one formatter; importing this module imports Powertools."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.constants import LOGGER_ATTRIBUTE_PRECONFIGURED
from aws_lambda_powertools.logging.filters import SuppressFilter
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
    return LambdaPowertoolsFormatter(
        json_serializer=cast("Any", serialize), json_deserializer=reads, use_rfc3339=True, **keys
    )


def make_logger(service: str, level: str, formatter: LambdaPowertoolsFormatter) -> Logger:
    """Return the service's logger, whose records the root logger writes, each once."""
    _take_over(logging.getLogger(service), formatter)
    logger = Logger(service=service, level=level, logger_formatter=formatter, logger_handler=_Registered())
    # Powertools makes other handlers drop the service's records; here those are the ones that write them.
    for handler in logging.getLogger().handlers:
        handler.filters[:] = [each for each in handler.filters if not _drops(each, service)]
    return logger


def _take_over(made: logging.Logger, formatter: LambdaPowertoolsFormatter) -> None:
    """Let Powertools set up a logger again that the user has made before; what holds the old one gets our lines."""
    for handler in made.handlers:
        handler.setFormatter(formatter)
    made.handlers.clear()
    made.__dict__.pop(LOGGER_ATTRIBUTE_PRECONFIGURED, None)


def _drops(each: object, service: str) -> bool:
    return isinstance(each, SuppressFilter) and each.logger == service


def make_metrics(service: str) -> Metrics:
    """Return the metrics of a service; POWERTOOLS_METRICS_NAMESPACE names the namespace, else the service does."""

    def make() -> EphemeralMetrics:
        metrics = EphemeralMetrics(service=service)
        metrics.namespace = metrics.namespace or service
        return metrics

    return cast("Metrics", RequestMetrics(make))
