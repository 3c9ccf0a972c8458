"""`/metrics`: what moves, waits and is dropped, as Prometheus text. Needs no sign-in, and names no school and no person."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PREFIX: Final = "campanile_"
router = APIRouter(include_in_schema=False)


class Figure(Protocol):
    """One figure, as every room that counts something gives it (`controller.figure`)."""

    @property
    def name(self) -> str:
        """Counters end in ``_total``."""

    @property
    def help(self) -> str:
        """One line for people."""

    @property
    def value(self) -> float:
        """Now."""

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Pairs of name and value."""


Source = Callable[[], Iterable[Figure]]


class FigureCollector(Collector):
    """Reads the rooms' own figures at each scrape; nothing is counted twice."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = tuple(sources)

    def collect(self) -> Iterator[Metric]:
        """One family for each name, in the order of the sources."""
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for source in self._sources:
            for figure in source():
                family = families.get(figure.name)
                if family is None:
                    family = families[figure.name] = _family(figure)
                family.add_metric([value for _, value in figure.labels], figure.value)
        yield from families.values()


def metrics_registry(sources: Iterable[Source]) -> CollectorRegistry:
    """A registry of its own for one app: the rooms' figures, and the process's memory, files and CPU."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FigureCollector(sources))
    ProcessCollector(namespace="campanile", registry=registry)
    PlatformCollector(registry=registry)
    return registry


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Prometheus text, version 0.0.4."""
    return Response(generate_latest(request.app.state.metrics), media_type=CONTENT_TYPE_LATEST)


def _family(figure: Figure) -> CounterMetricFamily | GaugeMetricFamily:
    labels = [name for name, _ in figure.labels]
    kind = CounterMetricFamily if figure.name.endswith("_total") else GaugeMetricFamily
    return kind(PREFIX + figure.name, figure.help, labels=labels)
