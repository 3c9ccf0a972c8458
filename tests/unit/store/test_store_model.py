"""Any history of appends, upkeep and restarts answers like a model that a child could check."""

import math
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.store.port import Level
from tests.servers.influxdb import InfluxServer
from tests.unit.store.stores import DAY, INFLUX_KINDS, MIDNIGHT, Row, asked, batch, handle, ids, names, server_of

SERIES = 4
DAYS = 4
SPRING = 1_774_738_800_000
"""2026-03-29 00:00 in Berlin: this day has 23 hours."""
PLACES = [("Asia/Shanghai", MIDNIGHT), ("Europe/Berlin", SPRING), ("Asia/Kolkata", MIDNIGHT + 9_000_000)]
MINUTES_OF = {Level.FIVE_MINUTES: 5, Level.HOUR: 60}


def bucket(zone: ZoneInfo, at: int, level: Level) -> int:
    """The start of a bucket, by the calendar."""
    day = datetime.fromtimestamp(at / 1000, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    start = round(day.timestamp() * 1000)
    if level is Level.DAY:
        return start
    width = MINUTES_OF[level] * 60_000
    return start + (at - start) // width * width


def model(
    zone: ZoneInfo, rows: list[Row], series: set[int], start: int, end: int, level: Level
) -> list[tuple[float, ...]]:
    """The answer, worked out from all rows."""
    if level is Level.RAW:
        return sorted((s, at, 1, v, v, v, v) for s, at, v in rows if s in series and start <= at < end)
    groups: dict[tuple[int, int], list[float]] = {}
    for s, at, v in rows:
        begins = bucket(zone, at, level)
        if s in series and start <= begins < end:
            groups.setdefault((s, begins), []).append(v)
    return sorted(
        (s, at, len(v), min(v), math.fsum(v) / len(v), max(v), sorted(v)[math.ceil(round(0.95 * len(v), 9)) - 1])
        for (s, at), v in groups.items()
    )


def same(found: list[tuple[float, ...]], wanted: list[tuple[float, ...]]) -> bool:
    """Equal but for the rounding of means."""
    return len(found) == len(wanted) and all(
        a[:4] == b[:4] and a[5:] == b[5:] and math.isclose(a[4], b[4], rel_tol=1e-12, abs_tol=1e-9)
        for a, b in zip(found, wanted, strict=True)
    )


def without_twins(rows: list[Row]) -> list[Row]:
    """Of those of one series at one instant the last."""
    return [(series, at, value) for (series, at), value in {(s, at): value for s, at, value in rows}.items()]


offsets = st.integers(0, DAYS * DAY - 1)
row = st.tuples(st.integers(0, SERIES - 1), offsets, st.integers(-5, 50).map(float))
burst = st.builds(
    lambda series, at, value, n: [(series, at + i * 1000, value + i % 7) for i in range(n)],
    st.integers(0, SERIES - 1),
    offsets,
    st.integers(0, 9).map(float),
    st.integers(20, 60),
)
append = st.one_of(st.lists(row, min_size=1, max_size=8), burst)
step = st.one_of(append, append, st.integers(0, DAYS + 1).map(lambda day: ("maintain", day)), st.just(("reopen", 0)))


HISTORY = {
    "place": st.sampled_from(PLACES),
    "steps": st.lists(step, min_size=1, max_size=12),
    "window": st.tuples(offsets, offsets).map(sorted),
    "series": st.sets(st.integers(0, SERIES - 1), min_size=1),
}
LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["memory", "embedded"])
@settings(max_examples=40, deadline=None, suppress_health_check=LENIENT)
@given(**HISTORY)
def test_any_history_answers_like_the_model(
    kind: str, place: tuple[str, int], steps: list[Any], window: list[int], series: set[int]
) -> None:
    answers_like_the_model(kind, None, place, steps, window, series)


@pytest.mark.parametrize("kind", INFLUX_KINDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[*LENIENT, HealthCheck.function_scoped_fixture])
@given(**HISTORY)
def test_any_history_in_influxdb_answers_like_the_model(
    kind: str,
    request: pytest.FixtureRequest,
    place: tuple[str, int],
    steps: list[Any],
    window: list[int],
    series: set[int],
) -> None:
    answers_like_the_model(kind, server_of(kind, request), place, steps, window, series)


def answers_like_the_model(
    kind: str,
    server: InfluxServer | None,
    place: tuple[str, int],
    steps: list[Any],
    window: list[int],
    series: set[int],
) -> None:
    zone, origin = ZoneInfo(place[0]), place[1]
    rows: list[Row] = []
    written = 0
    settled: dict[tuple[int, int], int] = {}
    with tempfile.TemporaryDirectory() as folder:
        one = handle(kind, Path(folder), zone, server=server)
        one.store.series_ids(names(SERIES))
        for what in steps:
            if isinstance(what, list):
                added = [(s, origin + at, v) for s, at, v in what]
                one.store.append(batch(added))
                written += len(added)
                rows = rows + added if one.keeps_twins else without_twins(rows + added)
            elif what[0] == "maintain":
                one.store.maintain(origin + what[1] * DAY + 20 * 60_000)
            else:
                one.reopen()
                one.store.series_ids(names(SERIES))
                settled.clear()
            for day in one.store.settled_days(origin, origin + DAYS * DAY).items():
                held = sum(bucket(zone, at, Level.DAY) == day[0] for _, at, _ in rows)
                assert settled.setdefault(day, held) == held
            for level in Level:
                start, end = origin + window[0], origin + window[1]
                found = asked(one.store, ids(*series), start, end, level)
                assert same(found, model(zone, rows, series, start, end, level)), (level, what)
        newest = {s: max(at for other, at, _ in rows if other == s) for s in {s for s, _, _ in rows}}
        wanted = [newest.get(s, 0) for s in range(SERIES)]
        assert one.store.latest(ids(*range(SERIES))).measured_at.tolist() == wanted
        assert one.store.figures().samples_stored == written
        one.store.close()


@pytest.mark.parametrize(("zone", "midnight"), PLACES)
def test_the_places_begin_at_midnight(zone: str, midnight: int) -> None:
    assert datetime.fromtimestamp(midnight / 1000, ZoneInfo(zone)).timetz().isoformat().startswith("00:00:00")


def test_the_spring_day_is_short() -> None:
    next_day = datetime.fromtimestamp(SPRING / 1000, ZoneInfo("Europe/Berlin")) + timedelta(days=1)
    assert round(next_day.timestamp() * 1000) - SPRING == 23 * 3_600_000
