"""How much the boards are really used in lessons. Reads 5-minute roll-ups and the timetable; writes nothing."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.identity.scope import Scope
from controller.localtime import HOUR_MS, hours_of_day, local_ms, weekdays
from controller.registry.model import Device
from controller.store.port import SampleStore
from controller.utilisation.model import BoardUse, HeatCell, RoomHeat, SiteUse
from controller.utilisation.port import Registry
from controller.utilisation.readings import read_evidence
from controller.utilisation.rules import BUCKET_MS, Evidence, Spans, lesson_ms_in, lesson_spans, total_ms

KEEP_MS: Final = 30_000
MAX_KEPT_BUCKETS: Final = 1_000_000
"""About 20 MB: thirty days of a hundred boards. What is larger is read anew each time."""
_CELLS: Final = 7 * 24
_NOTHING: Final = Evidence(np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.bool_))


@dataclass(frozen=True)
class _BoardPeriod:
    """One board: what its buckets say, and its room's lessons."""

    device: Device
    evidence: Evidence
    spans: Spans

    def lesson_ms(self) -> NDArray[np.int64]:
        """Lesson time within each known bucket."""
        return lesson_ms_in(self.evidence.at, self.spans)


@dataclass(frozen=True)
class _Kept:
    """What was read for one question, until `until`: a page asks for boards, schools and hours at once."""

    question: tuple[object, ...]
    until: int
    boards: list[_BoardPeriod]


class UtilisationService:
    """Thread-safe. What the caller does not see is `NotFound`. The future is never counted.

    What was read last serves the same question for `KEEP_MS`, so figures may be that old.
    """

    def __init__(self, store: SampleStore, registry: Registry, timezone: str, clock: Callable[[], int]) -> None:
        self._store = store
        self._registry = registry
        self._zone = ZoneInfo(timezone)
        self._clock = clock
        self._kept: _Kept | None = None

    def boards(self, scope: Scope, start: int, end: int, site: SiteId | None = None) -> list[BoardUse]:
        """Every board the caller sees over [start, end) in UTC ms, by site and id; boards nobody heard of included."""
        return [_board_use(board) for board in self._periods(scope, start, end, site)]

    def sites(self, scope: Scope, start: int, end: int) -> list[SiteUse]:
        """Schools that have boards, in the registry's order."""
        boards: dict[SiteId, list[BoardUse]] = defaultdict(list)
        for board in self.boards(scope, start, end):
            boards[board.site].append(board)
        return [_site_use(site.id, boards[site.id]) for site in self._registry.sites(scope) if site.id in boards]

    def heat(self, scope: Scope, start: int, end: int, site: SiteId | None = None) -> list[HeatCell]:
        """All 168 cells of a week, by weekday, then hour."""
        known, used = np.zeros(_CELLS), np.zeros(_CELLS)
        for board in self._periods(scope, start, end, site):
            local = local_ms(board.evidence.at, self._zone)
            cell = weekdays(local) * 24 + hours_of_day(local)
            in_lesson = board.lesson_ms()
            known += np.bincount(cell, weights=in_lesson, minlength=_CELLS)
            used += np.bincount(cell, weights=in_lesson * board.evidence.is_used, minlength=_CELLS)
        return [
            HeatCell(cell // 24, cell % 24, float(used[cell] / known[cell]) if known[cell] > 0 else None)
            for cell in range(_CELLS)
        ]

    def rooms_heat(self, scope: Scope, start: int, end: int, site: SiteId) -> list[RoomHeat]:
        """Rooms of a school that have boards, by room id: when in the day they are used."""
        known: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(24))
        used: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(24))
        for board in self._periods(scope, start, end, site):
            hour = hours_of_day(local_ms(board.evidence.at, self._zone))
            in_lesson, room = board.lesson_ms(), board.device.room
            known[room] += np.bincount(hour, weights=in_lesson, minlength=24)
            used[room] += np.bincount(hour, weights=in_lesson * board.evidence.is_used, minlength=24)
        return [
            RoomHeat(
                room, tuple(float(used[room][h] / known[room][h]) if known[room][h] > 0 else None for h in range(24))
            )
            for room in sorted(known)
        ]

    def _periods(self, scope: Scope, start: int, end: int, site: SiteId | None) -> list[_BoardPeriod]:
        if site is not None:
            scope.require(site)
        now = self._clock()
        until = max(min(end, now), start)
        question = (scope.sites, site, start, until // KEEP_MS)
        kept = self._kept
        if kept is not None and kept.question == question and now < kept.until:
            return kept.boards
        found = self._read_periods(scope, start, until, site)
        if sum(len(board.evidence.at) for board in found) <= MAX_KEPT_BUCKETS:
            self._kept = _Kept(question, now + KEEP_MS, found)
        return found

    def _read_periods(self, scope: Scope, start: int, until: int, site: SiteId | None) -> list[_BoardPeriod]:
        boards = self._registry.devices(scope, site, DeviceKind.BOARD)
        spans = self._spans(scope, {board.site for board in boards}, start, until)
        found = read_evidence(self._store, ((board.site, board.id) for board in boards), start, until)
        none: Spans = np.empty((0, 2), dtype=np.int64)
        return [
            _BoardPeriod(board, found.get((board.site, board.id), _NOTHING), spans.get((board.site, board.room), none))
            for board in boards
        ]

    def _spans(self, scope: Scope, sites: set[SiteId], start: int, end: int) -> dict[tuple[SiteId, str], Spans]:
        lessons: dict[tuple[SiteId, str], list[tuple[int, int]]] = defaultdict(list)
        for site in sites:
            for lesson in self._registry.lessons(scope, site, start, end):
                lessons[site, lesson.room].append((lesson.start, lesson.end))
        return {room: lesson_spans(those, start, end) for room, those in lessons.items()}


def _board_use(board: _BoardPeriod) -> BoardUse:
    in_lesson = board.lesson_ms()
    return BoardUse(
        site=board.device.site,
        device=board.device.id,
        room=board.device.room,
        lesson_h=total_ms(board.spans) / HOUR_MS,
        used_h=int(in_lesson[board.evidence.is_used].sum()) / HOUR_MS,
        on_h=int(board.evidence.is_on.sum()) * BUCKET_MS / HOUR_MS,
        known_h=int(in_lesson.sum()) / HOUR_MS,
    )


def _site_use(site: SiteId, boards: Sequence[BoardUse]) -> SiteUse:
    return SiteUse(
        site=site,
        boards=len(boards),
        never_used=sum(board.never_used for board in boards),
        lesson_h=sum(board.lesson_h for board in boards),
        used_h=sum(board.used_h for board in boards),
        known_h=sum(board.known_h for board in boards),
    )
