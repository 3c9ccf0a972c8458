"""Nouns of alerting: what a rule says and what an alert is. No framework, no I/O."""

from enum import StrEnum

import msgspec

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity


class Comparison(StrEnum):
    """Which side of the level is bad."""

    ABOVE = "above"
    BELOW = "below"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="threshold", tag_field="type"):
    """Bad once the value is beyond `level` for `hold_s`; good again once it is past `clear_level` for `clear_hold_s`.

    `clear_level` None means `level`: without a gap between the two, a value on the line opens and clears for ever.
    """

    comparison: Comparison
    level: float
    clear_level: float | None = None
    hold_s: float = 0.0
    clear_hold_s: float = 0.0


class Absence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="absence", tag_field="type"):
    """Bad when a series that has spoken is silent for `after_s`."""

    after_s: float


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule, as its YAML file states it. Selects series by metric, device kind and an instance pattern (`fnmatch`)."""

    id: str
    metric: str
    condition: Threshold | Absence
    severity: Severity
    title_en: str
    title_zh: str
    advice_en: str
    advice_zh: str
    kinds: tuple[DeviceKind, ...] = ()
    instance: str = "*"


class AlertState(StrEnum):
    """Open until the condition clears; acknowledging changes who worries, not whether it is open."""

    OPEN = "open"
    CLEARED = "cleared"


class TrailStep(msgspec.Struct, frozen=True):
    """One line of an alert's decision trail: when, which stage, what it decided and why."""

    at: int
    stage: str
    decision: str
    reason: str


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
