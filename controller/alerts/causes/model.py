"""Nouns of root cause: what part an alert can play, and what can be concluded. No framework, no I/O."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.events import EVENT_PREFIX
from controller.alerts.model import Absence, Rule, States

HOLD_MS: Final = 90_000
"""How long a symptom waits at most for its cause to show: a parent is read once a minute, and judged for another half."""
RETURN_MS: Final = 150_000
"""How long what hid behind a cause may take to be heard again once that is over: devices that did not answer are asked
every two minutes."""
PORT_DOWN: Final = frozenset({2.0, 7.0})
"""Of `if_oper_state`: down and lowerLayerDown (RFC 2863)."""
ON_BATTERY: Final = frozenset({2.0, 5.0})
"""Of `ups_source_state`: none and battery (upsOutputSource, RFC 1628)."""
FLOOR_RULE: Final = "floor-without-power"
DISTRICT_RULE: Final = "schools-cut-off"


class Blame(StrEnum):
    """What broke, as `Alert.verdict` says it."""

    POWER = "power"
    FIBRE = "fibre"
    GATEWAY = "gateway"
    AGENT = "agent"
    SWITCH = "switch"
    LINK = "link"
    DEVICE = "device"
    CENTRE = "centre"
    UNKNOWN = "unknown"


class Part(StrEnum):
    """What part an alert can play."""

    SCHOOL = "school"
    """The agent of a school is not heard."""
    SILENCE = "silence"
    """A device is not heard."""
    PORT = "port"
    POWER = "power"
    """A UPS has no mains."""
    BATTERY = "battery"
    """What a UPS without mains says next."""
    SYMPTOM = "symptom"
    """What follows where a device, or the way to it, is gone."""
    FLOOR = "floor"
    DISTRICT = "district"


_BATTERY = frozenset({"battery_state", "battery_percent", "battery_runtime_s"})
_SYMPTOMS = frozenset(
    {"stream_state", "picture_state", "recording_state", "channel_state", "service_state", "path_loss_percent"}
)
_OWN_RULES = {FLOOR_RULE: Part.FLOOR, DISTRICT_RULE: Part.DISTRICT}
_OF_EVENTS = {"event:link_down": Part.PORT, "event:mains_down": Part.BATTERY}


def part_of(rule: Rule) -> Part | None:
    """The part alerts of a rule play; None for those that are never anybody's cause or consequence.

    A temperature never is: a freezer that warms while the network is down is warm.
    """
    if rule.id in _OWN_RULES or rule.id.startswith(EVENT_PREFIX):
        return _OWN_RULES.get(rule.id) or _OF_EVENTS.get(rule.id)
    if rule.is_silence or isinstance(rule.condition, Absence):
        return Part.SCHOOL if rule.is_cause else Part.SILENCE
    if rule.metric == "if_oper_state":
        return Part.PORT
    if rule.metric == "ups_source_state":
        is_outage = isinstance(rule.condition, States) and "battery" in rule.condition.bad
        return Part.POWER if is_outage else None
    if rule.metric in _BATTERY:
        return Part.BATTERY if DeviceKind.UPS in rule.kinds else None
    return Part.SYMPTOM if rule.metric in _SYMPTOMS else None


def is_held(rule: Rule) -> bool:
    """Whether alerts of a rule wait for their cause: all that may follow from another."""
    return part_of(rule) in {Part.SCHOOL, Part.SILENCE, Part.PORT, Part.BATTERY, Part.SYMPTOM}


def judged_within_ms(rule: Rule) -> int:
    """How long before an alert of a rule opens its fault has begun, at least."""
    condition = rule.condition
    if rule.id.startswith(EVENT_PREFIX):
        return 0
    seconds = condition.after_s if isinstance(condition, Absence) else getattr(condition, "hold_s", 0.0)
    return round(seconds * 1000)


@dataclass
class Trouble:
    """An open alert that plays a part. `since` is when its fault began (UTC ms), `cause` and `held_until` as in `Alert`."""

    id: int
    rule: str
    part: Part
    site: SiteId
    device: DeviceId
    metric: str
    instance: str
    since: int
    opened_at: int
    cause: int
    held_until: int
    verdict: str
    is_good: bool = False
    """It comes and goes, and is good at the moment: nothing follows from it now."""
    is_noise: bool = False
    """Nobody wants to hear of any such alert of its school: what follows from it is not known by that."""

    @property
    def is_told(self) -> bool:
        """Whether it stands for itself."""
        return not self.cause and not self.held_until


class Fate(StrEnum):
    """What becomes of an alert for now."""

    WAIT = "wait"
    """Its cause may show yet."""
    FOLLOW = "follow"
    STAND = "stand"


class Reason(NamedTuple):
    """Why, in English and Chinese."""

    en: str
    zh: str


@dataclass(frozen=True)
class Fortune:
    """What was concluded of one alert: its fate, behind which alert it goes, and why."""

    fate: Fate
    reason: Reason
    cause: int = 0
    blame: Blame | None = None
    """Of one that stands: what broke."""
    until: int = 0
    """Of one that waits: until when there is reason to, though its own time may be over before (UTC ms)."""


class Way(NamedTuple):
    """One way of a device to the metro network: over `parent`, by its ports that lead here (none known: empty)."""

    parent: DeviceId
    ports: tuple[str, ...]


class Reading(NamedTuple):
    """The newest value of a series; `at` 0 where there is none."""

    at: int
    value: float


NOTHING: Final = Reading(0, float("nan"))


@dataclass(frozen=True)
class Effect:
    """What a fault takes away: devices that are cut off or dark, rooms of theirs, and lessons there within two hours."""

    devices: tuple[tuple[SiteId, DeviceId], ...] = ()
    rooms: tuple[tuple[SiteId, str], ...] = ()
    lessons: int = 0
    schools: int = 0
    """Schools as a whole that are cut off."""
    is_blind_only: bool = False
    """The school works, only nobody sees it: no lesson is touched."""
