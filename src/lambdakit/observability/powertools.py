"""The parts of AWS Lambda Powertools, wired to the one formatter; importing this module imports Powertools."""

import logging
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from lambdakit.observability.fields import complete
from lambdakit.observability.lines import Serialize, read_json


class PowertoolsLineFormatter(LambdaPowertoolsFormatter):
    """Powertools' own formatter, with the fields of the invocation and the request on every line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object without a line break."""
        return super().format(complete(record))


class _Registered(logging.Handler):
    """What a Powertools logger holds its formatter with; the root logger's handler writes its lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Leave the record to the root logger."""


def make_formatter(serialize: Serialize, keys: Mapping[str, Any]) -> PowertoolsLineFormatter:
    """Return the formatter that takes over from the standard library's."""
    return PowertoolsLineFormatter(json_serializer=serialize, json_deserializer=read_json, **keys)


def make_logger(service: str, level: str | int, formatter: PowertoolsLineFormatter) -> Logger:
    """Return the service's logger, whose records the root logger writes, each once."""
    filters = {handler: list(handler.filters) for handler in logging.getLogger().handlers}
    handler = _Registered()
    logger = Logger(service=service, level=level, logger_formatter=formatter, logger_handler=handler)
    # Powertools makes other handlers drop the service's records; here those are the ones that write them.
    for each, own in filters.items():
        each.filters[:] = own
    return logger


def make_metrics(service: str) -> Metrics:
    """Return the metrics of a service; POWERTOOLS_METRICS_NAMESPACE names the namespace, else the service does."""
    metrics = Metrics(service=service)
    metrics.namespace = metrics.namespace or service
    return metrics
