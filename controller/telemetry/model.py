"""Nouns of telemetry as pages and the API read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.metrics import Metric, State, catalogue
from controller.store.port import Level, Times, Values

DeviceKey = tuple[SiteId, DeviceId]


class DevicesNow(NamedTuple):
    """Columns over devices of which anything was ever measured: UTC ms, and whether it answered when it was asked last.

    `reachable_at` is 0 and `reachable` NaN for a device that nobody asks.
    """

    devices: Sequence[DeviceKey]
    newest_at: Times
    reachable_at: Times
    reachable: Values


@dataclass(frozen=True)
class LatestValue:
    """The newest number of one series of a device; `measured_at` in UTC ms."""

    metric: MetricId
    instance: Instance
    measured_at: int
    value: float

    @property
    def definition(self) -> Metric:
        """Unit, labels and states of the metric."""
        return catalogue()[self.metric]

    @property
    def state(self) -> State | None:
        """What the number stands for, when the metric is a state that has such a number."""
        return self.definition.state(self.value)


@dataclass(frozen=True)
class LatestOfMetric:
    """The newest number of one metric somewhere in the district."""

    site: SiteId
    device: DeviceId
    instance: Instance
    measured_at: int
    value: float


@dataclass(frozen=True)
class ChartSeries:
    """One line of a chart: columns of equal length, sorted by `at` (UTC ms, start of the bucket).

    A gap in the data is one row whose numbers are all NaN, so that whoever draws it breaks the line there. At
    `Level.RAW` the four numbers of a row are the sample itself.
    """

    instance: Instance
    at: Times
    minimum: Values
    mean: Values
    maximum: Values
    p95: Values


@dataclass(frozen=True)
class Chart:
    """One metric of one device over [start, end), one series per instance asked for that has any data."""

    metric: MetricId
    level: Level
    start: int
    end: int
    series: list[ChartSeries]

    @property
    def definition(self) -> Metric:
        """Unit, labels and states of the metric."""
        return catalogue()[self.metric]
