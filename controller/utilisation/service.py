"""How much the boards are really used in lessons. Reads 5-minute roll-ups and the timetable; writes nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.calendar.model import Lesson
from controller.identity.scope import Scope
from controller.localtime import DAY_MS, HOUR_MS, hours_of_day, local_ms, weekdays
from controller.registry.model import Device
from controller.store.days import DayCutter
from controller.store.port import SampleStore
from controller.utilisation.kept import KEEP_MS, KeptAnswers
from controller.utilisation.model import BoardUse, HeatCell, HourUse, RoomHeat, SiteUse
from controller.utilisation.port import Calendar, Registry
from controller.utilisation.readings import EvidenceReader
from controller.utilisation.tally import CELLS, Tally
from controller.utilisation.timetable import Milliseconds, Timetable

WEEK_MS: Final = 7 * DAY_MS
SITES_TOGETHER: Final = 16
"""The lessons of so many are read between two moments of giving way."""


@dataclass(frozen=True)
class _Period:
    """Boards over a period, and their sums in the same order."""

    boards: list[Device]
    tally: Tally


class UtilisationService:
    """Thread-safe. What the caller does not see is `NotFound`. The future is never counted.

    What was worked out serves the same question for `KEEP_MS`, so figures may be that old.
    """

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        calendar: Calendar,
        timezone: str,
        clock: Callable[[], int],
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` is called between pieces of some milliseconds: it may wait until what is more urgent is done."""
        self._registry = registry
        self._calendar = calendar
        self._zone = ZoneInfo(timezone)
        self._cutter = DayCutter(self._zone)
        self._reader = EvidenceReader(store, self._cutter, give_way)
        self._clock = clock
        self._give_way = give_way
        self._kept: KeptAnswers[_Period] = KeptAnswers()

    def boards(self, scope: Scope, start: int, end: int, site: SiteId | None = None) -> list[BoardUse]:
        """Every board the caller sees over [start, end) in UTC ms, by site and id; boards nobody heard of included."""
        period = self._period(scope, start, end, site)
        tally = period.tally
        sums = (tally.lesson_ms, tally.used_ms.sum(axis=1), tally.on_ms, tally.known_ms.sum(axis=1))
        return [
            BoardUse(board.site, board.id, board.room, *(each / HOUR_MS for each in figures))
            for board, *figures in zip(period.boards, *(column.tolist() for column in sums), strict=True)
        ]

    def board_hours(self, scope: Scope, start: int, end: int) -> list[HourUse]:
        """What `boards` says of each hour of [start, end), where any of its lesson time is known; by hour, then board.

        Both are whole hours of UTC. Many hours cost little more than one: a week is added up at once, and each of its hours
        is a cell of its own.
        """
        found: list[HourUse] = []
        for hours, cells in self._stretches(start, end):
            period = self._period(scope, int(hours[0]), int(hours[-1]) + HOUR_MS, None)
            for hour, cell in zip(hours.tolist(), cells, strict=True):
                known_h = period.tally.known_ms[:, cell].sum(axis=1) / HOUR_MS  # shares of hours, to the last digit
                used_h = period.tally.used_ms[:, cell].sum(axis=1) / HOUR_MS
                found += [
                    HourUse(period.boards[n].site, period.boards[n].id, hour, float(used_h[n] / known_h[n]))
                    for n in np.flatnonzero(known_h).tolist()
                ]
        return found

    def _stretches(self, start: int, end: int) -> Iterator[tuple[NDArray[np.int64], list[slice]]]:
        """Hours that are added up together, and the cells of each: a week where local hours are whole ones, else single hours."""
        for first in range(start, end, WEEK_MS):
            hours = np.arange(first, min(first + WEEK_MS, end), HOUR_MS, dtype=np.int64)
            local = local_ms(hours, self._zone)
            if (local % HOUR_MS).any() or (np.diff(local) != HOUR_MS).any():
                yield from ((hours[place : place + 1], [slice(None)]) for place in range(len(hours)))
                continue
            cells = (weekdays(local) * 24 + hours_of_day(local)).tolist()
            yield hours, [slice(cell, cell + 1) for cell in cells]

    def sites(self, scope: Scope, start: int, end: int) -> list[SiteUse]:
        """Schools that have boards, in the registry's order."""
        boards: dict[SiteId, list[BoardUse]] = defaultdict(list)
        for board in self.boards(scope, start, end):
            boards[board.site].append(board)
        return [_site_use(site.id, boards[site.id]) for site in self._registry.sites(scope) if site.id in boards]

    def heat(self, scope: Scope, start: int, end: int, site: SiteId | None = None) -> list[HeatCell]:
        """All 168 cells of a week, by weekday, then hour."""
        tally = self._period(scope, start, end, site).tally
        shares = _shares(tally.known_ms.sum(axis=0), tally.used_ms.sum(axis=0))
        return [HeatCell(cell // 24, cell % 24, shares[cell]) for cell in range(CELLS)]

    def rooms_heat(self, scope: Scope, start: int, end: int, site: SiteId) -> list[RoomHeat]:
        """Rooms of a school that have boards, by room id: when in the day they are used."""
        period = self._period(scope, start, end, site)
        known, used = (table.reshape(-1, 7, 24).sum(axis=1) for table in (period.tally.known_ms, period.tally.used_ms))
        inside: dict[str, list[int]] = defaultdict(list)
        for place, board in enumerate(period.boards):
            inside[board.room].append(place)
        return [
            RoomHeat(room, tuple(_shares(known[places].sum(axis=0), used[places].sum(axis=0))))
            for room, places in sorted(inside.items())
        ]

    def _period(self, scope: Scope, start: int, end: int, site: SiteId | None) -> _Period:
        if site is not None:
            scope.require(site)
        now = self._clock()
        until = max(min(end, now), start)
        question = (scope.sites, site, start, until // KEEP_MS)
        found = self._kept.answer(question, now)
        if found is None:
            boards = list(self._registry.devices(scope, site, DeviceKind.BOARD))
            found = _Period(boards, self._add_up(scope, boards, start, until))
            self._kept.keep(question, now, found, size=len(boards))
        return found

    def _add_up(self, scope: Scope, boards: Sequence[Device], start: int, until: int) -> Tally:
        tally = Tally.empty(len(boards))
        if not boards or until <= start:
            return tally
        edges = self._cutter.edges(start, until - 1).tolist()
        timetable = Timetable(self._lessons(scope, {board.site for board in boards}, start, until), start, until, edges)
        rooms = [(board.site, board.room) for board in boards]
        for some, day, evidence in self._reader.read([(board.site, board.id) for board in boards], start, until):
            lessons_then = timetable.on(day, rooms[some], evidence.is_known.shape[1])
            tally.part(some).add(day, self._zone, evidence, *lessons_then)
        return tally

    def _lessons(self, scope: Scope, sites: Set[SiteId], start: int, until: int) -> Iterator[Lesson]:
        for place, site in enumerate(sorted(sites)):
            if place % SITES_TOGETHER == 0:
                self._give_way()
            yield from self._calendar.lessons(scope, site, start, until)


def _shares(known: Milliseconds, used: Milliseconds) -> list[float | None]:
    return [u / k if k > 0 else None for k, u in zip(known.tolist(), used.tolist(), strict=True)]


def _site_use(site: SiteId, boards: Sequence[BoardUse]) -> SiteUse:
    return SiteUse(
        site=site,
        boards=len(boards),
        never_used=sum(board.never_used for board in boards),
        lesson_h=sum(board.lesson_h for board in boards),
        used_h=sum(board.used_h for board in boards),
        known_h=sum(board.known_h for board in boards),
    )
