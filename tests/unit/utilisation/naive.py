"""Utilisation worked out bucket by bucket from the store and the timetable, every time anew: slow, obviously right."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from campus.ids import DeviceId, MetricId, SiteId
from controller.calendar.model import Lesson
from controller.identity.scope import Scope
from controller.registry.model import Device
from controller.store.port import Level, SampleStore
from controller.utilisation.model import BoardUse, HeatCell, RoomHeat
from controller.utilisation.port import Calendar, Registry

BUCKET_MS = 300_000
HOUR_MS = 3_600_000
Bucket = tuple[int, bool, bool, int]
"""A known bucket: when it begins, is on, is used, how much of it is lesson time."""


def boards(
    store: SampleStore, registry: Registry, calendar: Calendar, scope: Scope, start: int, end: int
) -> list[BoardUse]:
    """As `UtilisationService.boards`, `end` not after now."""
    uses = []
    for board in registry.devices(scope):
        moments = lesson_moments(calendar.lessons(scope, board.site, start, end), board, start, end)
        buckets = known_buckets(store, board, moments, start, end)
        uses.append(
            BoardUse(
                board.site,
                board.id,
                board.room,
                lesson_h=sum(after - first for first, after in moments) / HOUR_MS,
                used_h=sum(lesson for _, _, used, lesson in buckets if used) / HOUR_MS,
                on_h=sum(on for _, on, _, _ in buckets) * BUCKET_MS / HOUR_MS,
                known_h=sum(lesson for *_, lesson in buckets) / HOUR_MS,
            )
        )
    return uses


def heat(
    store: SampleStore, registry: Registry, calendar: Calendar, scope: Scope, start: int, end: int, zone: ZoneInfo
) -> tuple[list[HeatCell], dict[SiteId, list[RoomHeat]]]:
    """As `heat` of the district, and `rooms_heat` of each site."""
    week: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    rooms: dict[tuple[SiteId, str], list[list[int]]] = defaultdict(lambda: [[0, 0] for _ in range(24)])
    for board in registry.devices(scope):
        moments = lesson_moments(calendar.lessons(scope, board.site, start, end), board, start, end)
        room = rooms[board.site, board.room]
        for at, _, used, lesson in known_buckets(store, board, moments, start, end):
            local = datetime.fromtimestamp(at / 1000, zone)
            for sums in (week[local.weekday(), local.hour], room[local.hour]):
                sums[0] += lesson
                sums[1] += lesson * used
    cells = [HeatCell(day, hour, share(week[day, hour])) for day in range(7) for hour in range(24)]
    of_site: dict[SiteId, list[RoomHeat]] = defaultdict(list)
    for (site, name), hours in sorted(rooms.items()):
        of_site[site].append(RoomHeat(name, tuple(share(each) for each in hours)))
    return cells, of_site


def share(sums: list[int]) -> float | None:
    """Used of known."""
    return sums[1] / sums[0] if sums[0] else None


def lesson_moments(lessons: Sequence[Lesson], board: Device, start: int, end: int) -> list[tuple[int, int]]:
    """Lesson time of the board's room, disjoint."""
    found: list[tuple[int, int]] = []
    for first, after in sorted(
        (max(each.start, start), min(each.end, end)) for each in lessons if each.room == board.room
    ):
        begins = max(first, found[-1][1]) if found else first
        if begins < after:
            found.append((begins, after))
    return found


def known_buckets(
    store: SampleStore, board: Device, moments: list[tuple[int, int]], start: int, end: int
) -> list[Bucket]:
    """The board's known buckets of the period."""
    power = buckets_of(store, board, "power_state", start, end)
    active = {
        at
        for metric in ("touch_per_min", "input_state")
        for at, (_, highest) in buckets_of(store, board, metric, start, end).items()
        if highest > 0
    }
    found = []
    for at, (lowest, highest) in power.items():
        on = highest == 2 or (highest > 2 and lowest == 2)
        lesson = sum(max(0, min(at + BUCKET_MS, after) - max(at, first)) for first, after in moments)
        found.append((at, on, on and at in active, lesson))
    return found


def buckets_of(store: SampleStore, board: Device, metric: str, start: int, end: int) -> dict[int, tuple[float, float]]:
    """Lowest and highest of each 5-minute bucket, by when it begins."""
    ids = store.find_series(board.site, DeviceId(board.id), MetricId(metric))
    window = store.window(np.array(sorted(ids), np.int32), start, end, Level.FIVE_MINUTES)
    rows = zip(window.minimum.tolist(), window.maximum.tolist(), strict=True)
    return dict(zip(window.at.tolist(), rows, strict=True))
