"""Logs, metrics and traces of one service, set up once."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lambdakit import settings
from lambdakit.errors import MissingExtra, OptionError
from lambdakit.observability import hosts
from lambdakit.observability.lines import LineFormatter, SafeSerializer
from lambdakit.observability.loading import put_off
from lambdakit.observability.output import Output, take_root
from lambdakit.observability.redaction import Redactor
from lambdakit.observability.tracing import make_tracer

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

_WHERE = "lambdakit.observability.setup"


class Observability:
    """What `setup` returns: a logger, metrics and a tracer of one service, each loaded when it is first asked for.

    They need the extra `observability`; without it `logging` still writes the same lines and these raise MissingExtra.
    """

    def __init__(self) -> None:
        """Take the root logger over, as the environment says."""
        self.service = settings.service_name()
        self.level = _level_name(settings.wanted_level())
        self.sampling = _share(settings.log_sampling())
        self._redactor = Redactor()
        self._serialize = SafeSerializer(self._redactor)
        self._formatter: Any = None
        self._output = Output(LineFormatter(self._serialize, self._keys()), self._serialize)
        self._parts: dict[str, Any] = {}
        take_root(self._output, self._redactor)
        hosts.take_server_loggers()
        self._set_level(self.level)

    def _keys(self) -> dict[str, Any]:
        return {"service": self.service, "sampling_rate": settings.debug_sampling()}

    def configure(
        self, *, service: str | None, level: str | int | None, sampling: float | None, redact: Iterable[str]
    ) -> None:
        """Change what is given and leave the rest. OptionError for a value that cannot be used."""
        if sampling is not None:
            self.sampling = _share(sampling)
        if level is not None:
            self._set_level(_level_name(settings.wanted_level(level)))
        self._redactor.add(redact)
        if service is not None and service != self.service:
            self._rename(service)

    def _set_level(self, level: str) -> None:
        self.level = level
        logging.getLogger().setLevel(level)
        if "logger" in self._parts:
            logging.getLogger(self.service).setLevel(level)

    def _rename(self, service: str) -> None:
        has_logger = "logger" in self._parts
        self.service = service
        self._parts.clear()
        self._output.inner = LineFormatter(self._serialize, self._keys())
        if has_logger:
            self.load()

    @property
    def logger(self) -> "Logger":
        """The Powertools logger of the service; its lines and those of `logging` have one shape."""
        if "logger" not in self._parts:
            powertools = _import_powertools()
            formatter = powertools.make_formatter(self._serialize, self._keys())
            self._parts["logger"] = powertools.make_logger(self.service, self.level, formatter)
            self._output.inner = formatter
        return self._parts["logger"]

    @property
    def metrics(self) -> "Metrics":
        """Metrics in CloudWatch's embedded format; an access log writes those of each request when it ends."""
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

    @property
    def active_tracer(self) -> Any:
        """The tracer if somebody has asked for it and it traces, else None."""
        tracer = self._parts.get("tracer")
        return None if tracer is None or tracer.disabled else tracer

    def is_sampled(self) -> bool:
        """Decide whether a request in which nothing went wrong gets an access line."""
        if self.sampling in {0, 1}:
            return bool(self.sampling)
        from random import random  # noqa: PLC0415 (2 ms that a function which logs every request need not pay)

        return random() < self.sampling  # noqa: S311 (not a secret)

    def load(self) -> None:
        """Let Powertools take over the lines, where it is installed and can be imported."""
        try:
            _ = self.logger
        except MissingExtra:
            return
        except Exception:
            logging.getLogger("lambdakit").exception("aws_lambda_powertools cannot be loaded; the logs do without it")


_configured: list[Observability] = []


def setup(
    *,
    service: str | None = None,
    level: str | int | None = None,
    sampling: float | None = None,
    redact: Iterable[str] = (),
) -> Observability:
    """Make every line of log a JSON object of one shape and return the service's logger, metrics and tracer.

    Later calls change what they are given and return the same object.

    Args:
        service: The service's name; else POWERTOOLS_SERVICE_NAME, else the function's name.
        level: The least level; AWS_LAMBDA_LOG_LEVEL has priority, POWERTOOLS_LOG_LEVEL and LOG_LEVEL come after it.
        sampling: The share, 0 to 1, of requests without an error that get an access line; else LAMBDAKIT_LOG_SAMPLING.
        redact: Names of headers and keys whose values are secret besides the usual ones.

    Raises:
        OptionError: The level is none of Python's, or the sampling no number from 0 to 1.
    """
    is_first = not _configured
    if is_first:
        _configured.append(Observability())
    made = _configured[0]
    made.configure(service=service, level=level, sampling=sampling, redact=redact)
    if is_first and hosts.loads_in_init():
        made.load()
    elif is_first:
        put_off(made.load)
    return made


def _level_name(level: str | int) -> str:
    names = logging.getLevelNamesMapping()
    name = logging.getLevelName(level) if isinstance(level, int) else level.upper()
    if name not in names:
        fix = f"choose one of {', '.join(sorted(names, key=names.__getitem__))}"
        raise OptionError(f"the level is {level!r}", where=_WHERE, fix=fix)
    return name


def _share(given: float | str | None) -> float:
    try:
        share = 1.0 if given is None or given == "" else float(given)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise OptionError(f"the sampling is {given!r}", where=_WHERE, fix="choose a number from 0 to 1")
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
