"""Nouns of alerting: what a rule says and what an alert is. No framework, no I/O."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from campus.ids import AgentId, DeviceId, SiteId
from campus.metrics import Health
from campus.samples import DeviceKind, Event, Severity
from controller.calendar.model import Hours


class Comparison(StrEnum):
    """Which side of the level is bad."""

    ABOVE = "above"
    BELOW = "below"


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="threshold", tag_field="type"):
    """Bad once the value is beyond `level` for `hold_s`; good again once it is not beyond `clear_level` for `clear_hold_s`.

    `clear_level` None means `level`: without a gap between the two, a value on the line opens and clears for ever.
    """

    comparison: Comparison
    level: float
    clear_level: float | None = None
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class Ratio(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ratio", tag_field="type"):
    """As `Threshold`, of the value divided by the newest value of metric `of` of the same part of the same device.

    For a port that is an uplink with a contracted capacity, that capacity takes the place of `of`. Neither good nor bad
    while the divisor is unknown or 0.
    """

    of: str
    comparison: Comparison
    level: float
    clear_level: float | None = None
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class States(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="states", tag_field="type"):
    """Bad while a state metric is in one of the states named in `bad`; good in every other."""

    bad: tuple[str, ...]
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class Absence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="absence", tag_field="type"):
    """Bad when a series that has spoken is silent for `after_s`."""

    after_s: float


class Elsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="elsewhere", tag_field="type"):
    """Judged by another room of the controller, from more than one series, and told with its words (`Verdict`)."""


Condition = Threshold | Ratio | States | Absence | Elsewhere


class Ports(StrEnum):
    """Which ports of a device a rule is about, as its facts tell: an idle socket in a wall is nobody's fault."""

    ANY = "any"
    UPLINK = "uplink"
    """Leads to the metro network."""
    LINKED = "linked"
    """Not an uplink, but a neighbour was seen on it."""


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a rule is counted in a sentence: "1 freezer is warm", "3 freezers are warm". ``{n}`` stands for the number."""

    one_en: str
    many_en: str
    zh: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule, as its YAML file states it. Selects series by metric, device kind, an instance pattern (`fnmatch`), ports.

    `is_cause`: while such an alert is open at a site, alerts that only say that devices of that site are silent or
    unreachable stand hidden behind it. `health` is the sign a device carries while the alert is open; None: failed for
    `critical` and `major`, attention for `minor`, good for `info`. `only`: outside of these hours of the school's calendar
    the rule finds nothing, and what is open when they end is taken back; where nobody told them it holds at all times.
    """

    id: str
    metric: str
    condition: Condition
    severity: Severity
    title_en: str
    title_zh: str
    advice_en: str
    advice_zh: str
    count: Wording
    kinds: tuple[DeviceKind, ...] = ()
    instance: str = "*"
    ports: Ports = Ports.ANY
    only: Hours | None = None
    is_cause: bool = False
    health: Health | None = None

    @property
    def sign(self) -> Health:
        """The sign of a device while an alert of this rule is open."""
        return self.health or _SIGNS[self.severity]

    @property
    def is_silence(self) -> bool:
        """Whether an alert of this rule says no more than that something does not answer."""
        return isinstance(self.condition, Absence) or self.metric == "reachable"


_SIGNS = {
    Severity.CRITICAL: Health.FAILED,
    Severity.MAJOR: Health.FAILED,
    Severity.MINOR: Health.ATTENTION,
    Severity.INFO: Health.GOOD,
}


class AlertState(StrEnum):
    """Open until the condition clears; acknowledging changes who worries, not whether it is open."""

    OPEN = "open"
    CLEARED = "cleared"


class TrailStep(msgspec.Struct, frozen=True):
    """One line of an alert's decision trail: when, which stage, what it decided, and why in both languages."""

    at: int
    stage: str
    decision: str
    reason: str
    reason_zh: str


class Alert(msgspec.Struct, frozen=True):
    """One fault, from opening to clearing. `value` is what was measured when it opened. Instants in ms, 0 = not yet."""

    id: int
    rule: str
    site: SiteId
    device: DeviceId
    metric: str
    instance: str
    severity: Severity
    state: AlertState
    opened_at: int
    value: float
    cleared_at: int = 0
    acknowledged_at: int = 0
    acknowledged_by: str = ""
    cause: int = 0
    """Id of the alert this one is hidden behind; 0 when it stands for itself."""
    trail: tuple[TrailStep, ...] = ()
    """Oldest step first; filled by `AlertService.alert`, left empty in lists."""


class AlertKey(NamedTuple):
    """What may be open only once."""

    rule: str
    site: str
    device: str
    instance: str


class Verdict(NamedTuple):
    """What another room judged about one thing, at `at` (UTC ms): bad since `since`, or over. `rule` is one of `Elsewhere`.

    `text` and `text_zh` say why; they are what a person reads of it.
    """

    key: AlertKey
    at: int
    since: int
    text: str
    text_zh: str
    is_over: bool = False


class EventKey(NamedTuple):
    """Names one event for ever: its frame's mark and its place in the frame."""

    site: SiteId
    agent: AgentId
    epoch: int
    number: int
    position: int


class Report(NamedTuple):
    """An event as it was received (UTC ms)."""

    key: EventKey
    event: Event
    received_at: int
