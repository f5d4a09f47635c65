"""Logs, metrics and traces of one service, set up once."""

import logging
import random
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lambdakit import settings
from lambdakit.errors import MissingExtra, OptionError
from lambdakit.observability import hosts
from lambdakit.observability.lines import LineFormatter, SafeSerializer
from lambdakit.observability.loading import put_off
from lambdakit.observability.redaction import Redactor
from lambdakit.observability.tracing import make_tracer

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics


class Observability:
    """What `setup` returns: a logger, metrics and a tracer of one service, each loaded when it is first asked for.

    They need the extra `observability`; without it `logging` still writes the same lines and these raise MissingExtra.
    """

    def __init__(self, *, service: str, level: str | int, sampling: float, redact: Iterable[str]) -> None:
        self.service = service
        self.level = level
        self.sampling = sampling
        self._serialize = SafeSerializer(Redactor(redact))
        self._formatter: Any = LineFormatter(self._serialize, self._keys())
        self._parts: dict[str, Any] = {}
        hosts.take_root(self._formatter, level)
        hosts.take_server_loggers()

    def _keys(self) -> dict[str, Any]:
        return {"service": self.service, "sampling_rate": settings.debug_sampling()}

    @property
    def logger(self) -> "Logger":
        """The Powertools logger of the service; its lines and those of `logging` have one shape."""
        if "logger" not in self._parts:
            powertools = _import_powertools()
            self._formatter = powertools.make_formatter(self._serialize, self._keys())
            self._parts["logger"] = powertools.make_logger(self.service, self.level, self._formatter)
            hosts.take_root(self._formatter, self.level)
        return self._parts["logger"]

    @property
    def metrics(self) -> "Metrics":
        """Metrics in CloudWatch's embedded format; an access log writes what a request has added."""
        if "metrics" not in self._parts:
            self._parts["metrics"] = _import_powertools().make_metrics(self.service)
        return self._parts["metrics"]

    @property
    def tracer(self) -> Any:
        """The Powertools tracer, or an object with its methods that does nothing where X-Ray cannot be used."""
        if "tracer" not in self._parts:
            _import_powertools()
            self._parts["tracer"] = make_tracer(self.service)
        return self._parts["tracer"]

    def is_sampled(self) -> bool:
        """Decide whether a request in which nothing went wrong gets an access line."""
        return self.sampling >= 1 or random.random() < self.sampling  # noqa: S311 (not a secret)

    def flush_metrics(self) -> None:
        """Write the metrics that were added since the last time, if any."""
        metrics: Any = self._parts.get("metrics")
        if metrics is not None and metrics.metric_set:
            metrics.flush_metrics()

    def load(self) -> None:
        """Let Powertools take over the lines, where it is installed."""
        try:
            _ = self.logger
        except MissingExtra:
            return


_configured: list[Observability] = []


def setup(
    *,
    service: str | None = None,
    level: str | int | None = None,
    sampling: float | None = None,
    redact: Iterable[str] = (),
) -> Observability:
    """Make every line of log a JSON object of one shape and return the service's logger, metrics and tracer.

    The first call decides; later ones return what it made.

    Args:
        service: The service's name; else POWERTOOLS_SERVICE_NAME, else the function's name.
        level: The least level; AWS_LAMBDA_LOG_LEVEL has priority, POWERTOOLS_LOG_LEVEL and LOG_LEVEL come after it.
        sampling: The share, 0 to 1, of requests without an error that get an access line; else LAMBDAKIT_LOG_SAMPLING.
        redact: Names of headers and keys whose values are secret besides the usual ones.

    Raises:
        OptionError: The sampling is no number from 0 to 1.
    """
    if not _configured:
        made = Observability(
            service=service or settings.service_name(),
            level=settings.log_level(level),
            sampling=_share(sampling if sampling is not None else settings.log_sampling()),
            redact=redact,
        )
        _configured.append(made)
        if hosts.loads_in_init():
            made.load()
        else:
            put_off(made.load)
    return _configured[0]


def _share(given: float | str | None) -> float:
    try:
        share = 1.0 if given is None or given == "" else float(given)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(
            f"the sampling is {given!r}", where="lambdakit.observability.setup", fix="choose a number from 0 to 1"
        )
    return share


def _import_powertools() -> Any:
    try:
        from lambdakit.observability import powertools  # noqa: PLC0415 (slow to import, and an extra)
    except ImportError as error:
        raise MissingExtra(
            f"{error.name or 'aws_lambda_powertools'} is not installed",
            where="lambdakit.observability",
            fix="pip install 'lambdakit[observability]'",
        ) from error
    return powertools


access_logger = logging.getLogger("lambdakit.access")
"""What an access log writes with."""
