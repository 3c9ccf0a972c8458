"""What is remembered changes no figure: any history of samples, upkeep and questions, against working it out anew."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind
from controller.calendar.model import Lesson, Period, WeeklyLesson
from controller.calendar.school import SchoolCalendar
from controller.identity.scope import SYSTEM, Scope
from controller.registry.model import Device, Site
from controller.store.port import Retention
from controller.utilisation.service import UtilisationService
from tests.support.samples import Feed, series
from tests.unit.store.stores import DAY, HOUR, MINUTE, handle
from tests.unit.utilisation import naive

DAYS = 4
AUTUMN = 1_792_706_400_000
"""2026-10-23 00:00 in Berlin, a Friday: the Sunday has 25 hours."""
SHANGHAI_FRIDAY = 1_792_684_800_000
PLACES = [("Asia/Shanghai", SHANGHAI_FRIDAY), ("Europe/Berlin", AUTUMN)]
SITES = (SiteId("no-1"), SiteId("no-2"))
BOARDS = [(SITES[0], "b-1", "r1"), (SITES[0], "b-2", "r1"), (SITES[0], "b-3", "r2"), (SITES[1], "b-1", "hall")]
METRICS = ("power_state", "touch_per_min", "input_state")
KEPT = Retention(raw_days=2, five_minutes_days=3, hour_days=9, day_days=9)


class SmallRegistry:
    """Two schools, four boards, lessons on every day of the week, one of them over midnight."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def sites(self, scope: Scope) -> list[Site]:
        """Both."""
        return [Site(site, "district", site, site) for site in scope.visible(SITES)]

    def devices(
        self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None, room: str | None = None
    ) -> list[Device]:
        """The boards."""
        return [_board(*each) for each in BOARDS if site in (None, each[0]) and scope.sees(each[0])]

    def lessons(self, scope: Scope, site: SiteId, start: int, end: int) -> Sequence[Lesson]:
        """Three a day in each room, two of which overlap, and one that ends at two in the night."""
        periods = {1: Period(125, 187), 2: Period(180, 240), 3: Period(600, 641)}
        rooms = {room for where, _, room in BOARDS if where == site} - {"r2"}
        week = [WeeklyLesson(room, day, n, "") for room in sorted(rooms) for day in range(7) for n in periods]
        calendar = SchoolCalendar(site, self._zone, periods, week=week)
        found = calendar.lessons(start, end)
        late = [
            Lesson(site, "r1", each.start - 4 * HOUR, each.start - 7 * MINUTE)
            for each in calendar.lessons(start - DAY, end + DAY)
            if each.start - 4 * HOUR < end and each.start - 7 * MINUTE > start
        ]
        return [*found, *late]


def _board(site: SiteId, device: str, room: str) -> Device:
    facts = DeviceFacts(device=DeviceId(device), kind=DeviceKind.BOARD, observed_at=1)
    return Device(site, DeviceId(device), DeviceKind.BOARD, device, room, AgentId(site), facts, 1, 1)


offset = st.integers(0, DAYS * DAY)
run = st.tuples(
    st.sampled_from(BOARDS),
    st.sampled_from(METRICS),
    offset,
    st.integers(1, 120),
    st.sampled_from([0.0, 1.0, 2.0, 3.0]),
)
step = st.one_of(run, run, st.integers(0, (DAYS + 3) * 24).map(lambda hour: hour * HOUR))
question = st.tuples(offset, offset).map(sorted)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["memory", "embedded"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    place=st.sampled_from(PLACES),
    steps=st.lists(step, min_size=1, max_size=12),
    questions=st.lists(question, min_size=1, max_size=3),
)
def test_what_is_remembered_changes_no_figure(
    kind: str,
    place: tuple[str, int],
    steps: list[tuple[tuple[SiteId, str, str], str, int, int, float] | int],
    questions: list[list[int]],
) -> None:
    zone, origin = ZoneInfo(place[0]), place[1]
    now = origin + (DAYS + 1) * DAY
    with tempfile.TemporaryDirectory() as folder:
        one = handle(kind, Path(folder), zone, KEPT)
        feed, registry = Feed(one.store), SmallRegistry(zone)
        service = UtilisationService(one.store, registry, registry, place[0], lambda: now)
        for what in steps:
            if isinstance(what, int):
                one.store.maintain(origin + what)
            else:
                (site, device, _), metric, start, count, value = what
                at = [origin + start + i * 4 * MINUTE for i in range(count)]
                feed.say_all(series(site, device, metric), at, [(value + i // 50) % 4 for i in range(count)])
            for first, after in questions:
                now += MINUTE  # what was answered a moment ago would only be said again
                span = (origin + first, origin + after)
                every = naive.boards(one.store, registry, registry, SYSTEM, *span)
                assert service.boards(SYSTEM, *span) == every
                assert service.boards(SYSTEM, *span, SITES[1]) == [use for use in every if use.site == SITES[1]]
                cells, rooms = naive.heat(one.store, registry, registry, SYSTEM, *span, zone)
                assert service.heat(SYSTEM, *span) == cells
                assert service.rooms_heat(SYSTEM, *span, SITES[0]) == rooms[SITES[0]]
        one.store.close()
