"""The metric catalogue: what can be measured in the district, in which unit, within which range.

One metric has one unit and one type, for ever. The catalogue is data: `catalogue/metrics.yaml` has what agents send, and
`catalogue/centre.yaml` what the controller makes itself. Profiles, the accept step, rules, pages and the data-access
specification are all checked against it.
"""

from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec

from campus.document import read_document
from campus.errors import ConfigError
from campus.ids import MetricId, is_metric_id


class MetricKind(StrEnum):
    """`gauge`: any number in range. `state`: one of the numbers named in `Metric.states`."""

    GAUGE = "gauge"
    STATE = "state"


class Health(StrEnum):
    """The four signs a person sees; unknown is neither good nor bad."""

    GOOD = "good"
    ATTENTION = "attention"
    FAILED = "failed"
    UNKNOWN = "unknown"


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a state metric. `name` is what profiles map to; it never changes."""

    value: int
    name: str
    en: str
    zh: str
    health: Health = Health.GOOD


class Metric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One measurable thing.

    `unit` is UCUM (the Unified Code for Units of Measure), case-sensitive. `minimum` and `maximum` bound what is
    physically possible, inclusive: a value outside is a broken device, not news. `resolution` is the step the agent
    rounds to; finer digits are noise and cost bytes.
    """

    unit: str
    en: str
    zh: str
    kind: MetricKind = MetricKind.GAUGE
    minimum: float = 0.0
    maximum: float = 1e15
    resolution: float = 1.0
    states: tuple[State, ...] = ()

    def state(self, value: float) -> State | None:
        """The state a number stands for, None when it stands for none."""
        return next((state for state in self.states if state.value == value), None)

    def state_value(self, name: str) -> int:
        """The number of a state's name; `KeyError` when there is none."""
        for state in self.states:
            if state.name == name:
                return state.value
        raise KeyError(name)


@cache
def catalogue() -> dict[MetricId, Metric]:
    """Every metric by id, in the order of the files; `ConfigError` when a shipped file is broken."""
    return publishable() | made_by_centre()


@cache
def publishable() -> dict[MetricId, Metric]:
    """Those that agents and third parties may send, and rules may watch. As `catalogue`."""
    return _read("metrics.yaml")


@cache
def made_by_centre() -> dict[MetricId, Metric]:
    """The others, which the controller makes itself. As `catalogue`."""
    return _read("centre.yaml")


def _read(file: str) -> dict[MetricId, Metric]:
    path = resources.files("campus") / "catalogue" / file
    metrics = read_document(str(path), path.read_text(encoding="utf-8"), dict[str, Metric])
    for name, metric in metrics.items():
        _check(file, name, metric)
    return {MetricId(name): metric for name, metric in metrics.items()}


def _check(file: str, name: str, metric: Metric) -> None:
    if not is_metric_id(name):
        raise ConfigError(f"{file}: {name!r} is not a metric id: use snake_case")
    if (metric.kind is MetricKind.STATE) != bool(metric.states):
        raise ConfigError(f"{file}: {name}: a state metric needs states, and only a state metric has them")
    if len({state.value for state in metric.states}) != len(metric.states):
        raise ConfigError(f"{file}: {name}: two states share a value")
    if metric.minimum >= metric.maximum or metric.resolution <= 0:
        raise ConfigError(f"{file}: {name}: minimum must be below maximum, resolution above 0")
