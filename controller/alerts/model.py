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


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="change", tag_field="type"):
    """Bad while the value has risen (above) or fallen (below) by more than `level` within the last `within_s`.

    The difference to the value `within_s` ago, or up to twice as long where it is heard seldom, is held against `level` as
    by `Threshold`; `level` is in the metric's unit and above 0. Neither good nor bad until the series is known that long.
    """

    comparison: Comparison
    level: float
    within_s: float
    clear_level: float | None = None
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="baseline", tag_field="type"):
    """Bad while the value is unusual for this hour of this weekday: beyond the usual one by `deviations` and by `least`.

    Usual is the median of the same hour of the same weekday of the `weeks` before (a make-up day counts as the weekday it
    follows), a deviation is 1.4826 times their median absolute deviation; `least` is in the metric's unit and above 0.
    Good again within four fifths of that. Neither on holidays, and while fewer than half of those weeks are known.
    """

    comparison: Comparison
    deviations: float = 4.0
    least: float = 0.0
    weeks: int = 6
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class GroupOf(StrEnum):
    """Which series are looked at together."""

    SITE = "site"
    DEVICE = "device"


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="group", tag_field="type"):
    """Bad while more than the share `level` of a group's series are bad themselves, by `bad` (states) or beyond `member_level`.

    One alert for the group: of the device, or of the school (its `device` is empty). Members are the series the rule
    selects that were heard within the last 15 min; neither good nor bad with fewer than `least` of them.
    """

    of: GroupOf
    level: float
    clear_level: float | None = None
    bad: tuple[str, ...] = ()
    comparison: Comparison = Comparison.ABOVE
    member_level: float | None = None
    least: int = 3
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class Expression(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="expression", tag_field="type"):
    """Bad while `bad` is true, good while `good` is (not `bad`, where it is empty), over several metrics of one device.

    Comparisons, arithmetic, ``and``, ``or``, ``not`` over metric names; a state is compared with its name in quotes. Another
    metric is taken of the same part of the device, else of the device as a whole. Neither while one of them is unknown.
    """

    bad: str
    good: str = ""
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


Derived = Change | Baseline | Group | Expression
"""What is held against a level is worked out of the values first."""
Condition = Threshold | Ratio | States | Absence | Elsewhere | Derived


class Horizon(StrEnum):
    """By when somebody should have acted."""

    NOW = "now"
    TODAY = "today"
    WEEK = "week"
    TERM = "term"


class Owner(StrEnum):
    """Whose work it is."""

    TECHNICIAN = "technician"
    """Of the school."""
    OPERATOR = "operator"
    """Of the district's centre."""
    ADMINISTRATOR = "administrator"
    """Who decides about money and renewal."""


class Runbook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person without IT training needs: what it means, what to try in this order, when to call and whom."""

    means_en: str
    means_zh: str
    steps_en: tuple[str, ...]
    steps_zh: tuple[str, ...]
    call_en: str
    call_zh: str


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
    horizon: Horizon = Horizon.TODAY
    owner: Owner = Owner.TECHNICIAN
    runbook: Runbook | None = None

    @property
    def sign(self) -> Health:
        """The sign of a device while an alert of this rule is open."""
        return self.health or _SIGNS[self.severity]

    @property
    def is_silence(self) -> bool:
        """Whether an alert of this rule says no more than that something does not answer."""
        return isinstance(self.condition, Absence) or self.metric == "reachable"

    @property
    def is_danger(self) -> bool:
        """Whether it is a matter of life: no silence covers it unless it says so in so many words."""
        return self.metric in _OF_LIFE


_OF_LIFE = frozenset({"gas_percent_lel", "smoke_state"})
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
    """One fault, from opening to clearing. `value` is what was measured when it opened. Instants in ms, 0 = not yet.

    `device` is empty when it is the school's as a whole.
    """

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
    held_until: int = 0
    """Until when at most nobody is told, because its cause may show meanwhile; 0: it is not held back (any more)."""
    silence: int = 0
    """Id of the silence or maintenance window it is in; 0: none."""
    flapping_since: int = 0
    """It came and went too often since then, and is told of no more until it has been quiet; 0: it is not."""
    verdict: str = ""
    """What broke, of an alert that others hide behind: power, fibre, gateway, agent ...; empty: nothing was concluded."""
    trail: tuple[TrailStep, ...] = ()
    """Oldest step first; filled by `AlertService.alert`, left empty in lists."""

    @property
    def stands(self) -> bool:
        """Whether it is somebody's business: neither hidden behind a cause, nor held back, nor silenced."""
        return not (self.cause or self.held_until or self.silence)


class Flap(NamedTuple):
    """What an alert that comes and goes did since it does: how often it changed, when last (UTC ms), how it is."""

    changes: int
    changed_at: int
    is_bad: bool


class StandingAlert(NamedTuple):
    """Of an open alert that stands for itself what is asked again and again; `acknowledged_at` 0: nobody has."""

    acknowledged_at: int
    severity: Severity


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
