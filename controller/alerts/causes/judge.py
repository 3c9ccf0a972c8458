"""Which of a school's troubles follow from which. Pure: a view of the site and its open alerts in, what becomes of each out.

A device is cut off only when every way of its own is. The cause is the topmost thing that does not answer and whose own
way is good; a cause does not begin after what it caused.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cached_property
from typing import Final

from campus.ids import DeviceId
from campus.samples import DeviceKind
from controller.alerts.causes import words
from controller.alerts.causes.model import (
    HOLD_MS,
    ON_BATTERY,
    PORT_DOWN,
    RETURN_MS,
    Blame,
    Fate,
    Fortune,
    Part,
    Trouble,
    Way,
)
from controller.alerts.causes.port import SiteView

SLACK_MS: Final = 60_000
"""A cause may be noticed so much later than what follows from it: devices are asked one after the other."""
CUT_SLACK_MS: Final = 30_000
"""The same for a school that is cut off: what its agent still told of before is no consequence."""
UNSPOKEN_MS: Final = 150_000
"""And for what is noticed by being missed: it spoke last some time before it could not speak any more."""
STEADY_MS: Final = 60_000
IN_FLIGHT_MS: Final = 15_000
"""A question that was asked in vain is given up only so much later."""
TOGETHER_MS: Final = 45_000
"""Who falls silent so shortly before or after a switch, and hangs on nobody knows what, hangs on that."""
FLOOR_LEAST: Final = 3
FLOOR_SHARE: Final = 0.6
"""So many of a floor's devices, and this share of them, go dark together where their feed fails."""
_PICTURES: Final = frozenset({"stream_state", "picture_state", "recording_state"})
_DEEPEST: Final = 32
_NETWORK: Final = {DeviceKind.SWITCH: Blame.SWITCH, DeviceKind.GATEWAY: Blame.GATEWAY}


class State(Enum):
    """How a thing has been since a moment."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    UNWATCHED = "unwatched"


class SiteJudge:
    """Judges one site at one moment. `back_at`: when it was heard again, if it was cut off before (UTC ms, 0: it was not)."""

    def __init__(self, view: SiteView, troubles: Sequence[Trouble], back_at: int = 0) -> None:
        self._view = view
        self._back_at = back_at
        self._troubles = sorted(troubles, key=lambda each: (not each.is_told, each.id))
        """What people were told of leads."""
        self._bad = [each for each in self._troubles if not each.is_good]

    def fortunes(self, cut: Trouble | None, root: int) -> dict[int, Fortune]:
        """What becomes of each alert but those of the school as a whole; causes are topmost.

        While the school is cut off (`cut`) everything later hides behind `root`.
        """
        found = {each.id: self._fortune(each, cut, root) for each in self._troubles if each.part not in _OF_ALL}
        return {alert: self._settled(alert, each, found) for alert, each in found.items()}

    def dark_floors(self, found: dict[int, Fortune]) -> dict[int, list[DeviceId]]:
        """Floors of which most devices went dark though what they hang on works: by floor, who."""
        floors = {
            floor
            for each in self._troubles
            if each.id in found and found[each.id].fate is not Fate.FOLLOW and not each.cause
            for device in self.about(each)
            if (floor := self._view.floor(device)) is not None
        }
        found_dark: dict[int, list[DeviceId]] = {}
        for floor in floors:
            members = [each for each in self._view.on_floor(floor) if self._would_show(each)]
            dark = [each for each in members if self._is_dark(each)]
            if len(dark) >= max(FLOOR_LEAST, FLOOR_SHARE * len(members)):
                found_dark[floor] = dark
        return found_dark

    def is_lit(self, floor: int) -> bool:
        """Whether hardly any device of a floor is dark any more."""
        return sum(self._is_dark(each) for each in self._view.on_floor(floor)) < FLOOR_LEAST - 1

    # Each alert for itself.

    def _fortune(self, trouble: Trouble, cut: Trouble | None, root: int) -> Fortune:
        if trouble.is_good:
            return Fortune(Fate.WAIT, words.GOOD_AGAIN)
        is_later = cut is not None and trouble.since >= cut.since - _slack_ms(trouble, CUT_SLACK_MS)
        if is_later and trouble.part is not Part.POWER:
            return Fortune(Fate.FOLLOW, words.IS_CUT, root)
        if self._is_of_the_cut(trouble):
            return Fortune(Fate.WAIT, words.JUST_BACK, until=self._back_at + HOLD_MS)
        if self._is_good_again(trouble):
            return Fortune(Fate.WAIT, words.GOOD_AGAIN)
        match trouble.part:
            case Part.SILENCE:
                return self._of_silence(trouble)
            case Part.PORT:
                return self._of_port(trouble)
            case Part.BATTERY:
                return self._of_battery(trouble)
            case Part.SYMPTOM:
                return self._of_symptom(trouble)
            case _:
                return Fortune(Fate.STAND, words.IS_FEED)

    def _is_of_the_cut(self, trouble: Trouble) -> bool:
        """Whether what it says is from the time when the school was cut off: the newest of a backlog counts as live."""
        if trouble.is_told:
            return False
        newest = self._view.reading(trouble.device, trouble.metric, trouble.instance)
        return bool(newest.at) and newest.at < self._back_at + IN_FLIGHT_MS

    def _is_good_again(self, trouble: Trouble) -> bool:
        """Whether it only waits for its condition to have been good for long enough."""
        newest = self._view.reading(trouble.device, trouble.metric, trouble.instance)
        if not newest.at or trouble.is_told:
            return False
        if trouble.metric == "if_oper_state":
            return newest.value not in PORT_DOWN
        return trouble.metric == "reachable" and newest.value == 1.0

    def _of_silence(self, trouble: Trouble) -> Fortune:
        first = self._silent[trouble.device]
        if first is not trouble:
            return Fortune(Fate.FOLLOW, words.SAME_DEVICE, first.id)
        fortune = self._of_ways(trouble)
        return self._darkened(trouble, fortune) if fortune.fate is not Fate.FOLLOW else fortune

    def _of_ways(self, trouble: Trouble) -> Fortune:
        ways = self._view.ways(trouble.device)
        if not ways:
            return self._without_way(trouble)
        states = [self._way(way, trouble.since) for way in ways]
        if State.GOOD in states:
            return self._for_itself(trouble, ways)
        if State.UNKNOWN in states:
            return Fortune(Fate.WAIT, words.NOT_YET)
        return self._behind(trouble, ways)

    def _without_way(self, trouble: Trouble) -> Fortune:
        if 0 < self._view.agent_heard_at < trouble.since:
            return Fortune(Fate.WAIT, words.NOT_YET)
        kind = self._view.kind(trouble.device)
        beside = next((each for each in self._dead_network if self._is_beside(each, trouble)), None)
        if beside is not None and kind not in _NETWORK:
            return Fortune(Fate.FOLLOW, words.together_with(self._view.name(beside.device)), beside.id)
        if kind not in _NETWORK:
            states = [self._state(each, trouble.since) for each in self._view.network]
            if State.BAD in states or State.UNKNOWN in states:
                return Fortune(Fate.WAIT, words.NOT_YET, blame=Blame.DEVICE)
        why = words.FIRST_OF_ALL if kind in _NETWORK else words.NO_WAY
        return Fortune(Fate.STAND, why, blame=_NETWORK.get(kind, Blame.DEVICE))

    def _for_itself(self, trouble: Trouble, ways: Sequence[Way]) -> Fortune:
        bad_at = min(self._view.last_bad_at(way, trouble.since - STEADY_MS) for way in ways)
        if bad_at and not trouble.is_told:
            return Fortune(Fate.WAIT, words.UNCLEAR_PARENT, until=bad_at + RETURN_MS)
        kind = self._view.kind(trouble.device)
        if kind in _NETWORK:
            return Fortune(Fate.STAND, words.DEAD_SWITCH, blame=_NETWORK[kind])
        return Fortune(Fate.STAND, words.all_is_well([self._view.name(way.parent) for way in ways]), blame=Blame.DEVICE)

    def _behind(self, trouble: Trouble, ways: Sequence[Way]) -> Fortune:
        """Every way of it is closed: what closes them."""
        for way in ways:
            if self._state(way.parent, trouble.since) is State.BAD:
                cause = self._silent.get(way.parent)
                if cause is None:
                    return Fortune(Fate.WAIT, words.COMING)
                if cause.since <= trouble.since + _slack_ms(trouble, SLACK_MS):
                    return Fortune(Fate.FOLLOW, words.hangs_on(self._view.name(way.parent)), cause.id)
        for way in ways:
            ports = [each for port in way.ports if (each := self._ports.get((way.parent, port)))]
            told = [each for each in ports if each.is_told and not each.is_noise]
            if told and told[0].since <= trouble.since + _slack_ms(trouble, SLACK_MS):
                return Fortune(Fate.FOLLOW, words.DEAD_PORT, told[0].id)
        return Fortune(Fate.STAND, words.DEAD_PORT_LEAF, blame=Blame.LINK)

    def _of_port(self, trouble: Trouble) -> Fortune:
        other = self._view.far_end(trouble.device, trouble.instance)
        twin = self._ports.get(other) if other else None
        if twin is not None and twin is not trouble and self._troubles.index(twin) < self._troubles.index(trouble):
            return Fortune(Fate.FOLLOW, words.SAME_CABLE, twin.id)
        if self._ports.get((trouble.device, trouble.instance)) is not trouble:
            return Fortune(Fate.FOLLOW, words.SAME_CABLE, self._ports[trouble.device, trouble.instance].id)
        below = self.about(trouble)
        states = [self._state(each, trouble.since - SLACK_MS) for each in below]
        silent = next((self._silent[each] for each in below if each in self._silent), None)
        if silent is not None and not trouble.is_told:
            return Fortune(Fate.FOLLOW, words.DEAD_PORT, silent.id)
        if State.BAD in states or State.UNKNOWN in states:
            return self._darkened(trouble, Fortune(Fate.WAIT, words.LINE_DEAD, blame=Blame.LINK))
        if State.GOOD in states and not self._is_fresh(below, trouble.since):
            return Fortune(Fate.WAIT, words.NOT_YET)
        why = words.LINE_ONLY if State.GOOD in states else words.LINE_DEAD
        return Fortune(Fate.STAND, why, blame=Blame.LINK)

    def _of_battery(self, trouble: Trouble) -> Fortune:
        mains = next((each for each in self._power if each.device == trouble.device), None)
        if mains is not None:
            return Fortune(Fate.FOLLOW, words.SAME_POWER, mains.id)
        source = self._view.reading(trouble.device, "ups_source_state")
        is_open_soon = source.value in ON_BATTERY or (source.at and source.at < trouble.since)
        return Fortune(Fate.WAIT if is_open_soon else Fate.STAND, words.NOT_YET if is_open_soon else words.HAS_MAINS)

    def _of_symptom(self, trouble: Trouble) -> Fortune:
        first = self._pictures.get(trouble.device, trouble)
        if first is not trouble and trouble.metric in _PICTURES:
            return Fortune(Fate.FOLLOW, words.NO_PICTURE, first.id)
        subjects = [trouble.device, self._view.named(trouble.instance)]
        for device in (each for each in subjects if each is not None):
            if device in self._silent:
                return Fortune(Fate.FOLLOW, words.hangs_on(self._view.name(device)), self._silent[device].id)
            if self._state(device, trouble.since) is State.BAD:
                return Fortune(Fate.WAIT, words.COMING)
        return Fortune(Fate.STAND, words.all_is_well([self._view.name(trouble.device)]))

    # What feeds it.

    def _darkened(self, trouble: Trouble, fortune: Fortune) -> Fortune:
        """The same, unless its power explains it."""
        power = self._power_over(trouble)
        if power is not None:
            return power
        for device in self.about(trouble):
            floor = self._floors.get(self._view.floor(device))
            if floor is not None and self._is_dark(device):
                return Fortune(Fate.FOLLOW, words.SAME_FLOOR, floor.id)
        return fortune

    def _power_over(self, trouble: Trouble) -> Fortune | None:
        for mains in self._power:
            fed = any(self._view.is_fed_by(mains.device, device) for device in self.about(trouble))
            if fed and mains.device != trouble.device and mains.since <= trouble.since + _slack_ms(trouble, SLACK_MS):
                return Fortune(Fate.FOLLOW, words.IS_DARK, mains.id)
        return None

    def _is_dark(self, device: DeviceId) -> bool:
        if device in self._silent or self._view.reading(device, "reachable").value == 0.0:
            return True
        ways = self._view.ways(device)
        return bool(ways) and all(self._line(way, 0) is State.BAD for way in ways)

    def _would_show(self, device: DeviceId) -> bool:
        """Whether anything is known of its power: somebody reads it or its port, and what it hangs on is not dead itself."""
        ways = self._view.ways(device)
        if ways and all(self._state(way.parent, 0) is State.BAD for way in ways):
            return False
        is_read = self._state(device, 0) is not State.UNWATCHED
        return is_read or any(self._line(way, 0) is not State.UNWATCHED for way in ways)

    # How things are.

    def _state(self, device: DeviceId, since: int) -> State:
        if device in self._silent:
            return State.BAD
        newest = self._view.reading(device, "reachable")
        if not newest.at:
            return State.UNWATCHED
        if newest.value == 0.0:
            return State.BAD
        return State.GOOD if newest.at >= since else State.UNKNOWN

    def _way(self, way: Way, since: int) -> State:
        line = self._line(way, since)
        if line is State.BAD:
            return line
        parent = self._state(way.parent, since)
        if parent is State.UNWATCHED:
            above = self._view.ways(way.parent)
            parent = self._best([self._way(each, since) for each in above]) if above else State.GOOD
        return parent if parent is not State.GOOD or line is not State.UNKNOWN else State.UNKNOWN

    def _line(self, way: Way, since: int) -> State:
        """How the ports are that lead to a device; unwatched where nobody reads them."""
        newest = [each for port in way.ports if (each := self._view.reading(way.parent, "if_oper_state", port)).at]
        if not newest:
            return State.UNWATCHED
        if all(each.value in PORT_DOWN for each in newest):
            return State.BAD
        return State.GOOD if max(each.at for each in newest) >= since else State.UNKNOWN

    def _is_fresh(self, devices: Iterable[DeviceId], since: int) -> bool:
        return all(self._view.reading(each, "reachable").at >= since for each in devices)

    @staticmethod
    def _best(states: Sequence[State]) -> State:
        return next((each for each in (State.GOOD, State.UNKNOWN, State.BAD) if each in states), State.UNKNOWN)

    def about(self, trouble: Trouble) -> list[DeviceId]:
        """The devices a trouble is about: for a port those that hang on it."""
        if trouble.part is not Part.PORT:
            return [trouble.device]
        found = self._view.beyond(trouble.device, trouble.instance)
        return [each for each in found if any(way.parent == trouble.device for way in self._view.ways(each))]

    def _settled(self, alert: int, fortune: Fortune, found: dict[int, Fortune]) -> Fortune:
        """With the topmost cause."""
        cause, met = fortune.cause, {alert}
        while cause and cause not in met and len(met) < _DEEPEST:
            met.add(cause)
            above = found.get(cause)
            if above is None or above.fate is not Fate.FOLLOW:
                return Fortune(fortune.fate, fortune.reason, cause, fortune.blame)
            cause = above.cause
        return Fortune(Fate.STAND, fortune.reason, blame=fortune.blame) if fortune.cause else fortune

    @cached_property
    def _silent(self) -> dict[DeviceId, Trouble]:
        """Of each silent device the alert that speaks for it."""
        found: dict[DeviceId, Trouble] = {}
        for each in self._bad:
            if each.part is Part.SILENCE:
                found.setdefault(each.device, each)
        return found

    @cached_property
    def _dead_network(self) -> list[Trouble]:
        """Switches and gateways that are silent, each by the alert that speaks for it."""
        return [each for each in self._silent.values() if self._view.kind(each.device) in _NETWORK]

    @staticmethod
    def _is_beside(cause: Trouble, trouble: Trouble) -> bool:
        return cause is not trouble and abs(cause.since - trouble.since) <= TOGETHER_MS

    @cached_property
    def _ports(self) -> dict[tuple[DeviceId, str], Trouble]:
        found: dict[tuple[DeviceId, str], Trouble] = {}
        for each in self._bad:
            if each.part is Part.PORT:
                found.setdefault((each.device, each.instance), each)
        return found

    @cached_property
    def _pictures(self) -> dict[DeviceId, Trouble]:
        """Of each camera the alert that speaks for its picture."""
        found: dict[DeviceId, Trouble] = {}
        for each in self._bad:
            if each.metric in _PICTURES and self._view.kind(each.device) is DeviceKind.CAMERA:
                found.setdefault(each.device, each)
        return found

    @cached_property
    def _power(self) -> list[Trouble]:
        return [each for each in self._bad if each.part is Part.POWER]

    @cached_property
    def _floors(self) -> dict[int | None, Trouble]:
        return {floor_of_instance(each.instance): each for each in self._bad if each.part is Part.FLOOR}


_OF_ALL: Final = frozenset({Part.SCHOOL, Part.FLOOR, Part.DISTRICT})


def _slack_ms(trouble: Trouble, told_ms: int) -> int:
    """How much later than a trouble its cause may seem to begin: `told_ms` where somebody told of both."""
    is_missed = trouble.part is Part.SILENCE and trouble.metric != "reachable"
    return UNSPOKEN_MS if is_missed else told_ms


def floor_of_instance(instance: str) -> int | None:
    """The floor an alert of a dark floor is about, by its instance; None where it says no floor.

    >>> floor_of_instance("floor-2")
    2
    """
    number = instance.removeprefix("floor-")
    return int(number) if number.lstrip("-").isdigit() else None


def floor_name(floor: int) -> str:
    """How an alert of a dark floor names it.

    >>> floor_name(2)
    'floor-2'
    """
    return f"floor-{floor}"
