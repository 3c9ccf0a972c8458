"""Nouns of application services at the centre: who saw what, and whose fault it is. No framework, no I/O."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import msgspec

from campus.ids import DeviceId, SiteId
from controller.store.port import Times, Values


class ServiceName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people call a service."""

    en: str
    zh: str


class ApplicationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `applications` block of controller.yaml.

    `names` by the service's id in agent.yaml. A verdict must hold for `hold_s` before it is told, and be good for
    `clear_hold_s` before it is taken back: both longer than the time between two checks, for schools do not all look at once.
    What was seen longer than `fresh_s` ago says nothing.
    """

    names: dict[str, ServiceName] = {}
    hold_s: float = 90.0
    clear_hold_s: float = 120.0
    fresh_s: float = 300.0
    certificate_days: float = 21.0
    """A certificate that expires within so many days is worth an alert."""


class Condition(IntEnum):
    """How a service was for one observer, the worst last."""

    GOOD = 0
    SLOW = 1
    FAILED = 2


class Cause(StrEnum):
    """Whose fault it is."""

    GOOD = "good"
    """Nobody's: it works."""
    SERVICE = "service"
    METRO_NETWORK = "metro_network"
    SCHOOL = "school"
    UNKNOWN = "unknown"
    """Too few look to tell."""


class LineTrouble(StrEnum):
    """What is known to be wrong with a school's own way out."""

    NONE = ""
    UPLINK_DOWN = "uplink_down"
    GATEWAY_SILENT = "gateway_silent"


@dataclass(frozen=True)
class Observer:
    """One site, and what it sees of a service now.

    `state` is the catalogue's `service_state`. `behind` names what its link ends at; empty where that is not known.
    """

    site: SiteId
    condition: Condition
    state: int = 1
    is_centre: bool = False
    line: LineTrouble = LineTrouble.NONE
    behind: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whose fault it is, and the evidence: who sees the trouble (`bad`) and who does not (`good`), in the order of sites.

    `trouble` is what kind of trouble was judged. `shared` names what the bad ones of a metro network hang on, if anything.
    """

    cause: Cause
    trouble: Condition = Condition.GOOD
    bad: tuple[Observer, ...] = ()
    good: tuple[Observer, ...] = ()
    shared: str = ""

    @property
    def kind(self) -> tuple[Cause, Condition, str]:
        """What makes it another verdict, whoever the evidence comes from."""
        return self.cause, self.trouble, self.shared


@dataclass(frozen=True)
class Observation:
    """The newest that one agent said of a service. Numbers are None where nothing was measured with it."""

    site: SiteId
    agent: DeviceId
    state: int
    measured_at: int
    response_ms: float | None = None
    tls_days_left: float | None = None


@dataclass(frozen=True)
class ServiceNow:
    """One service as the caller may see it. `since` (UTC ms) is since when the verdict stands, 0 where that is not known.

    `reason_en` and `reason_zh` tell the verdict with its evidence. Percentiles are over the sites of `seen`, None without any.
    """

    id: str
    name: ServiceName
    verdict: Verdict
    since: int
    reason_en: str
    reason_zh: str
    seen: tuple[Observation, ...] = ()
    p50_ms: float | None = None
    p95_ms: float | None = None
    tls_days_left: float | None = None

    @property
    def name_en(self) -> str:
        """In English."""
        return self.name.en

    @property
    def name_zh(self) -> str:
        """In Chinese."""
        return self.name.zh


@dataclass(frozen=True)
class ServiceHistory:
    """Columns over time: how fast it was for half and for 95 of 100 sites, and the share of sites for which it failed.

    `at` is the start of each bucket of `step_ms`; NaN where nobody measured.
    """

    start: int
    end: int
    step_ms: int
    at: Times
    p50_ms: Values
    p95_ms: Values
    failed_share: Values


def nearest_rank(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of them do not exceed; None of nothing.

    >>> nearest_rank([30.0, 10.0, 20.0], 0.5)
    20.0
    """
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1] if values else None
