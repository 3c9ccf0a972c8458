"""What every sample store promises, on the fake and on the real ones alike."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from campus.ids import DeviceId, MetricId, SiteId
from campus.samples import SeriesKey
from campus.wire.dictionary import read_series
from campus.wire.pack import pack_dictionary
from controller.store.port import DistrictSeries, Level, Retention
from tests.unit.store.stores import (
    DAY,
    HOUR,
    INFLUX_KINDS,
    MIDNIGHT,
    MINUTE,
    Handle,
    asked,
    batch,
    handle,
    ids,
    mark,
    names,
    server_of,
)


@pytest.fixture(params=["memory", "embedded", *INFLUX_KINDS])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def one(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Handle]:
    kept = Retention(raw_days=3, five_minutes_days=5, hour_days=7, day_days=9)
    opened = handle(kind, tmp_path, retention=kept, server=server_of(kind, request))
    yield opened
    opened.store.close()


def test_ids_are_dense_and_stable(one: Handle) -> None:
    assert one.store.series_ids(names(5)).tolist() == [0, 1, 2, 3, 4]
    one.store.append(batch([(4, MIDNIGHT, 1.0)]))
    one.reopen()
    assert one.store.series_ids([*reversed(names(5)), *names(1, "no-2")]).tolist() == [4, 3, 2, 1, 0, 5]
    assert one.store.figures().series == 6


def test_series_are_found_by_site_device_and_metric(one: Handle) -> None:
    one.store.series_ids([*names(4), *names(2, "no-2")])
    other = DistrictSeries(SiteId("no-1"), DeviceId("sw-0"), MetricId("uptime_s"), names(1)[0].instance)
    one.store.series_ids([other])
    assert set(one.store.find_series()) == {0, 1, 2, 3, 4, 5, 6}
    assert set(one.store.find_series(SiteId("no-1"))) == {0, 1, 2, 3, 6}
    assert set(one.store.find_series(SiteId("no-1"), DeviceId("sw-0"))) == {0, 2, 6}
    assert one.store.find_series(metric=MetricId("uptime_s")) == {6: other}
    assert one.store.find_series(SiteId("no-2"), metric=MetricId("uptime_s")) == {}
    assert one.store.find_series(device=DeviceId("sw-1")).keys() == {1, 3, 5}


def test_a_dictionary_is_looked_up_and_added_as_columns(one: Handle) -> None:
    site = SiteId("no-1")
    some = [SeriesKey(name.device, name.metric, name.instance) for name in names(5)]
    words = read_series(pack_dictionary(some))
    one.store.series_ids([names(5)[3]])
    assert one.store.known_series(site, words).tolist() == [-1, -1, -1, 0, -1]
    assert one.store.add_series(site, words, np.array([4, 0])).tolist() == [1, 2]
    one.store.append(batch([(2, MIDNIGHT, 1.0)]))
    one.reopen()
    assert one.store.known_series(site, words).tolist() == [2, -1, -1, 0, 1]
    assert one.store.known_series(SiteId("no-2"), words).tolist() == [-1] * 5
    assert one.store.find_ids(site).tolist() == [0, 1, 2]
    assert one.store.find_ids(site, DeviceId("sw-0")).tolist() == [1, 2]
    assert one.store.find_ids(metric=MetricId("uptime_s")).tolist() == []
    assert one.store.find_ids(instance=names(5)[3].instance).tolist() == [0]
    assert one.store.ids_of([names(5)[4], names(5)[1], names(5)[3]]).tolist() == [1, -1, 0]
    assert one.store.figures().series == 3
    assert one.store.series_names(ids(2, 0, 1)) == [names(5)[0], names(5)[3], names(5)[4]]


def test_rows_come_back_sorted_by_series_and_time(one: Handle) -> None:
    one.store.series_ids(names(3))
    one.store.append(
        batch([(2, MIDNIGHT + 5, 1.5), (0, MIDNIGHT + 9, 2.5), (0, MIDNIGHT + 1, 3.5), (1, MIDNIGHT, 9.0)])
    )
    assert asked(one.store, ids(2, 0), MIDNIGHT, MIDNIGHT + 9, Level.RAW) == [
        (0, MIDNIGHT + 1, 1, 3.5, 3.5, 3.5, 3.5),
        (2, MIDNIGHT + 5, 1, 1.5, 1.5, 1.5, 1.5),
    ]
    assert asked(one.store, ids(), MIDNIGHT, MIDNIGHT + 9) == []
    assert asked(one.store, ids(0), MIDNIGHT, MIDNIGHT) == []
    assert asked(one.store, ids(7), MIDNIGHT, MIDNIGHT + DAY, Level.HOUR) == []


def test_marks_are_kept_once_and_for_ever(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT, 1.0)], [mark(1), mark(2), mark(7)]))
    one.store.append(batch([], [mark(4, epoch=2)]))
    wanted = [mark(1), mark(2), mark(3), mark(7), mark(8), mark(4), mark(4, epoch=2), mark(1, agent="no-2")]
    assert one.store.is_committed(wanted) == [True, True, False, True, False, False, True, False]
    one.store.append(batch([(0, MIDNIGHT, 1.0)], [mark(7), mark(2)]))
    assert one.store.figures().samples_stored == 1
    one.reopen()
    assert one.store.is_committed(wanted) == [True, True, False, True, False, False, True, False]
    assert one.store.figures().samples_stored == 1


def test_newest_value_wins_and_of_two_at_once_the_later(one: Handle) -> None:
    one.store.series_ids(names(3))
    one.store.append(batch([(0, MIDNIGHT + 9, 1.0), (0, MIDNIGHT + 5, 2.0), (1, MIDNIGHT, 3.0), (1, MIDNIGHT, 4.0)]))
    one.store.append(batch([(0, MIDNIGHT + 8, 5.0)]))
    for _ in range(3):
        latest = one.store.latest(ids(2, 1, 0))
        assert latest.measured_at.tolist() == [0, MIDNIGHT, MIDNIGHT + 9]
        assert np.isnan(latest.value[0])
        assert latest.value[1:].tolist() == [4.0, 1.0]
        one.store.maintain(MIDNIGHT + 2 * DAY)
        one.reopen()
    one.store.append(batch([(0, MIDNIGHT + 9, 6.0)]))
    assert one.store.latest(ids(0)).value.tolist() == [6.0]


def test_p95_is_the_nearest_rank(one: Handle) -> None:
    one.store.series_ids(names(4))
    rows = [(series, MIDNIGHT + i, float(n - i)) for series, n in enumerate((1, 19, 20, 100)) for i in range(n)]
    one.store.append(batch(rows))
    for _ in range(2):
        found = asked(one.store, ids(0, 1, 2, 3), MIDNIGHT, MIDNIGHT + DAY, Level.FIVE_MINUTES)
        # ceil(0.95 n): rank 1 of 1, 19 of 19, 19 of 20, 95 of 100
        assert [(row[2], row[6]) for row in found] == [(1, 1.0), (19, 19.0), (20, 19.0), (100, 95.0)]
        one.store.maintain(MIDNIGHT + 2 * DAY)


def test_a_bucket_belongs_to_the_window_in_which_it_begins(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT + minute * MINUTE, float(minute)) for minute in range(120)]))
    for _ in range(2):
        found = asked(one.store, ids(0), MIDNIGHT + 1, MIDNIGHT + HOUR + 1, Level.HOUR)
        assert found == [(0, MIDNIGHT + HOUR, 60, 60.0, 89.5, 119.0, 116.0)]
        assert asked(one.store, ids(0), MIDNIGHT + 1, MIDNIGHT + DAY, Level.DAY) == []
        assert len(asked(one.store, ids(0), MIDNIGHT, MIDNIGHT + 12 * MINUTE, Level.FIVE_MINUTES)) == 3
        one.store.maintain(MIDNIGHT + 2 * DAY)


def test_the_finest_level_that_fits_is_chosen(one: Handle) -> None:
    one.store.series_ids(names(2))
    one.store.append(batch([(0, MIDNIGHT + i * MINUTE, 1.0) for i in range(100)]))

    def chosen(end: int, points: int, start: int = MIDNIGHT) -> Level:
        return one.store.window(ids(0, 1), start, end, None, points).level

    assert chosen(MIDNIGHT + 500 * MINUTE, 100) is Level.RAW
    assert chosen(MIDNIGHT + 500 * MINUTE + 1, 100) is Level.HOUR  # too long for raw and for five minutes
    assert chosen(MIDNIGHT + 100 * MINUTE, 99) is Level.FIVE_MINUTES  # one sample too many for raw
    assert chosen(MIDNIGHT + 99 * HOUR, 99) is Level.HOUR
    assert chosen(MIDNIGHT + 99 * HOUR + 1, 99) is Level.DAY
    one.store.maintain(MIDNIGHT + 4 * DAY)
    assert chosen(MIDNIGHT + HOUR, 100) is Level.FIVE_MINUTES  # raw is kept three days
    one.store.maintain(MIDNIGHT + 6 * DAY)
    assert chosen(MIDNIGHT + HOUR, 100) is Level.HOUR
    one.store.maintain(MIDNIGHT + 8 * DAY)
    assert chosen(MIDNIGHT + HOUR, 100) is Level.DAY


def test_each_level_is_kept_as_long_as_it_should(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT + i * 10 * MINUTE, float(i)) for i in range(6 * 24)]))
    expected = {
        2: {Level.RAW: 144, Level.FIVE_MINUTES: 144, Level.HOUR: 24, Level.DAY: 1},
        4: {Level.RAW: 0, Level.FIVE_MINUTES: 144, Level.HOUR: 24, Level.DAY: 1},
        6: {Level.RAW: 0, Level.FIVE_MINUTES: 0, Level.HOUR: 24, Level.DAY: 1},
        8: {Level.RAW: 0, Level.FIVE_MINUTES: 0, Level.HOUR: 0, Level.DAY: 1},
        10: {Level.RAW: 0, Level.FIVE_MINUTES: 0, Level.HOUR: 0, Level.DAY: 0},
    }
    for day, counts in expected.items():
        one.store.maintain(MIDNIGHT + day * DAY)
        for _ in range(2):
            for level, count in counts.items():
                found = asked(one.store, ids(0), MIDNIGHT, MIDNIGHT + DAY, level)
                assert len(found) == count, (day, level)
                assert sum(row[2] for row in found) == (144 if count else 0)
            one.reopen()
    assert one.store.latest(ids(0)).value.tolist() == [143.0]


def test_samples_for_a_closed_day_are_rolled_in(one: Handle) -> None:
    one.store.series_ids(names(2))
    one.store.append(batch([(0, MIDNIGHT + i * HOUR, float(i)) for i in range(24)]))
    one.store.maintain(MIDNIGHT + DAY + HOUR)
    one.store.append(batch([(0, MIDNIGHT + 30 * MINUTE, 100.0), (1, MIDNIGHT + 3 * HOUR, 7.0)]))
    for _ in range(3):
        assert asked(one.store, ids(0, 1), MIDNIGHT, MIDNIGHT + DAY, Level.DAY) == [
            (0, MIDNIGHT, 25, 0.0, 15.04, 100.0, 23.0),
            (1, MIDNIGHT, 1, 7.0, 7.0, 7.0, 7.0),
        ]
        assert asked(one.store, ids(0), MIDNIGHT, MIDNIGHT + HOUR, Level.HOUR) == [
            (0, MIDNIGHT, 2, 0.0, 50.0, 100.0, 100.0)
        ]
        assert len(asked(one.store, ids(0, 1), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)) == 26
        one.store.maintain(MIDNIGHT + DAY + 3 * HOUR)
        one.reopen()


def test_samples_later_than_raw_retention_count_no_more(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT, 1.0)]))
    one.store.maintain(MIDNIGHT + 4 * DAY)
    one.store.append(batch([(0, MIDNIGHT + HOUR, 5.0), (0, MIDNIGHT + 4 * DAY, 2.0)], [mark(900)]))
    assert one.store.is_committed([mark(900)]) == [True]
    assert one.store.figures().samples_too_late == 1
    for _ in range(2):
        assert asked(one.store, ids(0), MIDNIGHT, MIDNIGHT + 5 * DAY, Level.DAY) == [
            (0, MIDNIGHT, 1, 1.0, 1.0, 1.0, 1.0),
            (0, MIDNIGHT + 4 * DAY, 1, 2.0, 2.0, 2.0, 2.0),
        ]
        one.store.maintain(MIDNIGHT + 4 * DAY + 2 * HOUR)
        one.reopen()
    assert one.store.figures().samples_stored == 2


def test_nothing_is_dropped_while_the_clock_is_in_doubt(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT + HOUR, 1.0)]))
    one.store.maintain(MIDNIGHT + 2 * HOUR)
    one.store.maintain(MIDNIGHT + 3_650 * DAY, drop_as_of=MIDNIGHT + 2 * HOUR)
    one.store.append(batch([(0, MIDNIGHT + 3 * HOUR, 2.0)]))
    one.store.maintain(MIDNIGHT + 4 * HOUR)
    for level in (Level.RAW, Level.HOUR):
        told = asked(one.store, ids(0), MIDNIGHT, MIDNIGHT + DAY, level)
        assert [(row[1] - MIDNIGHT, row[3]) for row in told] == [(HOUR, 1.0), (3 * HOUR, 2.0)]
    assert one.store.figures().samples_too_late == 0


def test_what_a_wrong_clock_has_dropped_refuses_nothing_once_it_is_right(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT, 1.0)]))
    one.store.maintain(MIDNIGHT + 3_650 * DAY)
    one.reopen()
    one.store.maintain(MIDNIGHT + DAY)
    one.store.append(batch([(0, MIDNIGHT + DAY, 2.0)]))
    one.store.maintain(MIDNIGHT + DAY + HOUR)
    one.reopen()
    for level in (Level.RAW, Level.FIVE_MINUTES, Level.DAY):
        told = asked(one.store, ids(0), MIDNIGHT + DAY, MIDNIGHT + 2 * DAY, level)
        assert [row[3] for row in told] == [2.0], level
    assert one.store.figures().samples_too_late == 0


def test_a_clock_set_far_back_leaves_roll_ups_as_they_are(one: Handle) -> None:
    """Agents follow the controller's clock: what they send then is of days whose samples were dropped long ago."""
    one.store.series_ids(names(2))
    one.store.append(batch([(0, MIDNIGHT + HOUR, 1.0), (1, MIDNIGHT + HOUR, 2.0)]))
    one.store.maintain(MIDNIGHT + 4 * DAY)
    one.store.maintain(MIDNIGHT + 2 * HOUR)
    one.reopen()
    one.store.append(batch([(0, MIDNIGHT + HOUR + MINUTE, 9.0)], [mark(900)]))
    one.store.maintain(MIDNIGHT + DAY + HOUR)
    one.reopen()
    for _ in range(2):
        for level in (Level.FIVE_MINUTES, Level.HOUR, Level.DAY):
            told = asked(one.store, ids(0, 1), MIDNIGHT, MIDNIGHT + DAY, level)
            assert [(row[2], row[4]) for row in told] == [(1, 1.0), (1, 2.0)], level
        one.store.maintain(MIDNIGHT + 4 * DAY + HOUR)
    assert one.store.is_committed([mark(900)]) == [True]


def test_a_settled_day_has_one_number_until_what_it_tells_changes(one: Handle) -> None:
    def settled() -> dict[int, int]:
        return one.store.settled_days(MIDNIGHT, MIDNIGHT + 2 * DAY)

    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT + day * DAY + HOUR, 1.0) for day in (0, 1, 3)]))
    assert settled() == {}
    one.store.maintain(MIDNIGHT + DAY + HOUR)
    first = settled()
    assert first.keys() == {MIDNIGHT}
    one.store.maintain(MIDNIGHT + 2 * DAY + HOUR)
    both = settled()
    assert both.keys() == {MIDNIGHT, MIDNIGHT + DAY}
    assert both[MIDNIGHT] == first[MIDNIGHT]
    assert one.store.settled_days(MIDNIGHT + DAY - 1, MIDNIGHT + DAY).keys() == {MIDNIGHT}
    assert one.store.settled_days(MIDNIGHT + DAY, MIDNIGHT + DAY + 1).keys() == {MIDNIGHT + DAY}

    one.store.append(batch([(0, MIDNIGHT + 2 * HOUR, 5.0)]))
    assert settled() == {MIDNIGHT + DAY: both[MIDNIGHT + DAY]}  # late: the other day stays as it is
    one.store.maintain(MIDNIGHT + 2 * DAY + 3 * HOUR)
    one.store.maintain(MIDNIGHT + 2 * DAY + 5 * HOUR)
    late = settled()
    assert late[MIDNIGHT] != first[MIDNIGHT]
    assert late[MIDNIGHT + DAY] == both[MIDNIGHT + DAY]


def test_a_settled_day_that_retention_empties_has_another_number(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT, 1.0)]))
    seen: dict[int, list[tuple[float, ...]]] = {}
    for day in (1, 4, 6, 10):  # raw is kept three days, five minutes five, days nine
        one.store.maintain(MIDNIGHT + day * DAY + HOUR)
        for number in one.store.settled_days(MIDNIGHT, MIDNIGHT + DAY).values():
            told = asked(one.store, ids(0), MIDNIGHT, MIDNIGHT + DAY, Level.FIVE_MINUTES)
            assert seen.setdefault(number, told) == told
    assert sorted(map(len, seen.values())) == [0, 1]
    assert one.store.settled_days(MIDNIGHT, MIDNIGHT + DAY) == {}


def test_closing_days_is_told_as_it_goes(one: Handle) -> None:
    one.store.series_ids(names(1))
    one.store.append(batch([(0, MIDNIGHT + day * DAY, 1.0) for day in range(6)]))
    told: list[tuple[int, int]] = []
    one.store.maintain(MIDNIGHT + 5 * DAY + HOUR, lambda closed, due: told.append((closed, due)))
    assert (told[0], told[-1]) == ((0, 5), (5, 5))
    assert told == sorted(told)
    one.store.maintain(MIDNIGHT + 5 * DAY + HOUR, lambda closed, due: told.append((-closed, due)))
    assert told[-1] == (5, 5)  # nothing to close, nothing to tell
