"""The metrics of an API process, as Prometheus reads them on the port for probes."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.edge.problems import AwayError
from api.parts.register import Register
from casework import __version__
from casework.log import WATCHED, count_warnings
from casework.store.engine import migrations_behind
from casework.store.queries.figures import LABELS, Figure, figures

READ_EVERY_SECONDS = 10.0
"""Several scrapes in that time read the register once."""
READ_WITHIN_SECONDS = 8.0
"""Less than Prometheus waits for a page (ten seconds by default)."""

CONTENT_TYPE = CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody asks for

log = structlog.get_logger("api")


class Metrics:
    """Counts what is asked, and reads the figures of the register when somebody looks."""

    def __init__(
        self,
        register: Register,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` in seconds, never going back."""
        self._register, self._now, self._clock = register, now, clock
        self._registry = CollectorRegistry()
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._figures = _Figures()
        self._registry.register(self._figures)
        self._requests = Histogram(
            "casework_http_request_seconds",
            "How long requests took, by the template of their route",
            ("method", "route", "status"),
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._warnings = Counter(
            "casework_warnings",
            "Warnings and errors in the log, by the event",
            ("event",),
            registry=self._registry,
        )
        for event in WATCHED:
            self._warnings.labels(event)
        Gauge(
            "casework_build", "The release that runs", ("version",), registry=self._registry
        ).labels(__version__).set(1)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is a template, never a path."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).observe(seconds)

    def watch_log(self) -> None:
        """Count the warnings of this process from now on."""
        count_warnings(lambda event: self._warnings.labels(event).inc())

    async def page(self) -> bytes:
        """The page; while the register does not answer it says so, and lacks its figures."""
        async with self._reading:
            if self._clock() - self._read_at >= READ_EVERY_SECONDS:
                await self._read()
                self._read_at = self._clock()
        return generate_latest(self._registry)

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(READ_WITHIN_SECONDS), self._register.reading() as session:
                behind = self._figures.behind = await migrations_behind(session)
                self._figures.known = () if behind else await figures(session, self._now())
                self._figures.answers = True
        except (AwayError, TimeoutError) as error:
            log.info("figures_not_read", error=type(error).__name__)
            self._figures.answers, self._figures.known = False, ()


class _Figures(Collector):
    """The figures of the register, made anew for each page: what is gone leaves no old number."""

    def __init__(self) -> None:
        self.answers = False
        self.behind = 0
        self.known: tuple[Figure, ...] = ()

    def collect(self) -> Iterator[Metric]:
        answers = _family("register_answers", ())
        answers.add_metric((), float(self.answers))
        yield answers
        if not self.answers:
            return
        behind = _family("migrations_behind", ())
        behind.add_metric((), self.behind)
        yield behind
        families = {name: _family(name, labels) for name, labels in LABELS.items()}
        for figure in self.known:
            families[figure.name].add_metric(figure.labels, figure.value)
        yield from families.values()


def _family(name: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"casework_{name}", name.replace("_", " "), labels=labels)
