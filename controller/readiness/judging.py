"""What speaks against a room. Pure: what is known of a school in, its rooms out.

A board that is dark at half past seven is as it should be, so reachability says nothing. What speaks against a room is an
open fault of its board or projector, a dead switch on every way to it, or that it was not heard during the whole of the
room's last lesson, nor since.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from campus.ids import DeviceId
from campus.metrics import Health
from controller.alerts.model import Alert, Rule
from controller.calendar.model import Lesson
from controller.calendar.school import SchoolCalendar
from controller.overview.model import DeviceOverview, RoomOverview
from controller.readiness.model import LESSON_KINDS, Doubt, RoomToday, Why

LOOK_BACK_MS: Final = 21 * 86_400_000
"""A room's last lesson is looked for so far back; after a vacation there is none, and nothing was absent from it."""


@dataclass(frozen=True)
class School:
    """What is known of one school at an instant. `heard`: when each board or projector last told how it is (UTC ms)."""

    calendar: SchoolCalendar
    rooms: Sequence[RoomOverview]
    faults: Sequence[tuple[Alert, Rule]]
    parents: Mapping[DeviceId, tuple[DeviceId, ...]]
    heard: Mapping[DeviceId, int]
    names: Mapping[DeviceId, str]


def rooms_today(school: School, now: int) -> list[RoomToday]:
    """The rooms with lessons on the local day of `now`, those with doubts first, then by their first lesson."""
    start, end = school.calendar.bounds_of(school.calendar.day_at(now))
    first: dict[str, Lesson] = {}
    for lesson in school.calendar.lessons(start, end):
        first.setdefault(lesson.room, lesson)
    last = {lesson.room: lesson for lesson in school.calendar.lessons(start - LOOK_BACK_MS, start)} if first else {}
    dead = {alert.device for alert, rule in school.faults if rule.is_silence and rule.sign is Health.FAILED}
    found = []
    for each in school.rooms:
        begins = first.get(each.room.id) if each.room else None
        if each.room is None or begins is None:
            continue
        needed = [device for device in each.devices if device.device.kind in LESSON_KINDS]
        doubts = [doubt for device in needed for doubt in _doubts(school, device, last.get(each.room.id), dead)]
        found.append(RoomToday(each.room, begins.start, begins.subject, tuple(doubts)))
    return sorted(found, key=lambda room: (room.is_ready, room.first_at, room.room.id))


def _doubts(
    school: School, overview: DeviceOverview, last: Lesson | None, dead: Collection[DeviceId]
) -> Sequence[Doubt]:
    """Against one device: its faults, else what it hangs on, else that it is gone."""
    device = overview.device
    faults = [
        Doubt(Why.FAULT, device.id, device.name, rule.title_en, rule.title_zh, alert.id)
        for alert, rule in school.faults
        if alert.device == device.id and not rule.is_silence and rule.sign is Health.FAILED
    ]
    if faults:
        return faults
    bare = Doubt(Why.NO_WAY, device.id, device.name)
    blocked = _blocked(device.id, school.parents, dead)
    if blocked is not None:
        name = school.names.get(blocked, str(blocked))
        return [replace(bare, text_en=name, text_zh=name)]
    heard = school.heard.get(device.id, 0)
    if heard and last is not None and heard < last.start:
        return [replace(bare, why=Why.ABSENT, last_heard_at=heard)]
    if not heard and overview.health.health is Health.UNKNOWN and not overview.health.since:
        return [replace(bare, why=Why.NEVER_HEARD)]
    return []


def _blocked(
    device: DeviceId, parents: Mapping[DeviceId, tuple[DeviceId, ...]], dead: Collection[DeviceId]
) -> DeviceId | None:
    """What is dead on every way from a device to the metro network, the nearest of it; None while one way is left."""
    met = {device}
    waiting, nearest = [device], None
    while waiting:
        ways = parents.get(waiting.pop(), ())
        if not ways:
            return None  # the metro network begins here, or nobody knows how it goes on
        for parent in ways:
            if parent in dead:
                nearest = nearest or parent
            elif parent not in met:
                met.add(parent)
                waiting.append(parent)
    return nearest
