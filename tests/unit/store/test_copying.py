"""A copy tells what its source tells, begun anew as often as it is cut short."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest

from campus.errors import ConfigError, Transient
from controller.store.comparing import differences
from controller.store.copying import Carried, Copy, Journal
from controller.store.days import DayCutter
from controller.store.embedded import EmbeddedStore
from controller.store.embedded.sizes import NORMAL
from controller.store.moving import MovableStore
from controller.store.port import Batch, Level, Retention
from tests.unit.store.stores import (
    DAY,
    HOUR,
    INFLUX_KINDS,
    MIDNIGHT,
    MINUTE,
    SHANGHAI,
    asked,
    batch,
    embedded,
    handle,
    ids,
    mark,
    names,
    server_of,
)

KEPT = Retention(raw_days=3, five_minutes_days=5, hour_days=7, day_days=9)
NOW = MIDNIGHT + 8 * DAY + HOUR
SERIES = 7
EVERYTHING = (MIDNIGHT - DAY, MIDNIGHT + 12 * DAY)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """Nine days: of the first only days are left, then hours, then five minutes, and three and a bit with raw samples."""
    store = embedded(tmp_path_factory.mktemp("source"), retention=KEPT, sizes=NORMAL)
    fill(store)
    yield store
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[EmbeddedStore]:
    store = embedded(tmp_path / "target", retention=KEPT, sizes=NORMAL)
    yield store
    store.close()


def fill(store: EmbeddedStore) -> None:
    store.series_ids(names(SERIES))
    for day in range(9):
        rows = [
            (series, MIDNIGHT + day * DAY + step * 7 * MINUTE, day + series + step % 5 / 3)
            for series in range(SERIES - (day > 0))  # the last one has fallen silent after the first day
            for step in range(8 if day == 8 else 30)
        ]
        store.append(batch(rows, [mark(2 * day), mark(2 * day + 1)]))
        store.maintain(MIDNIGHT + day * DAY + 23 * HOUR)
    store.maintain(NOW)


def copied(source: MovableStore, target: MovableStore, journal: Path, retention: Retention = KEPT) -> Carried:
    copy = Copy(source, target, journal, DayCutter(SHANGHAI), retention)
    plan = copy.begin("the first one", NOW)
    told: list[int] = []
    carried = copy.run(plan, told.append)
    assert sum(told) == plan.size
    assert list(differences(source, target, copy.target_ids(), plan, told.append)) == []
    assert sum(told) == 2 * plan.size
    copy.finish()
    return carried


def same(source: MovableStore, target: MovableStore) -> None:
    every = np.arange(SERIES, dtype=np.int32)
    for level in Level:
        wanted = asked(source, every, *EVERYTHING, level)
        assert wanted
        assert asked(target, every, *EVERYTHING, level) == wanted, level
    assert target.series_names(every) == source.series_names(every)
    ours, theirs = source.latest(every), target.latest(every)
    assert theirs.measured_at.tolist() == ours.measured_at.tolist()
    assert theirs.value.tolist() == ours.value.tolist()
    assert target.is_committed([mark(number) for number in range(19)]) == [True] * 18 + [False]
    assert target.settled_days(*EVERYTHING).keys() == source.settled_days(*EVERYTHING).keys()


def test_a_copy_tells_the_same(source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path) -> None:
    carried = copied(source, target, tmp_path / "copy.json")
    assert carried == Carried(samples=(3 * 30 + 8) * (SERIES - 1), buckets=carried.buckets, twins=0, frames=18)
    same(source, target)
    target.close()
    target.start()
    same(source, target)


def test_a_late_sample_of_a_day_that_came_as_roll_ups_counts_no_more(
    source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path
) -> None:
    long = Retention(raw_days=100, five_minutes_days=100, hour_days=100, day_days=100)
    copied(source, target, tmp_path / "copy.json", long)
    target.append(batch([(0, MIDNIGHT + 4 * DAY + HOUR, 99.0)], [mark(900)]))
    target.maintain(NOW + HOUR)
    assert target.figures().samples_too_late == 1
    same(source, target)


@pytest.mark.parametrize("kind", ["embedded", *INFLUX_KINDS])
def test_what_the_source_has_dropped_is_looked_for_where_it_still_is(
    kind: str, source: EmbeddedStore, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """However long the target keeps: a chart of last month's hours shows hours, not five minutes that nobody has."""
    long = Retention(raw_days=100, five_minutes_days=200, hour_days=300, day_days=400)
    (tmp_path / "long").mkdir()
    target = handle(kind, tmp_path / "long", SHANGHAI, long, server=server_of(kind, request))
    copied(source, cast(MovableStore, target.store), tmp_path / "copy.json", long)
    for again in (False, True):
        if again:
            target.reopen()
        for day in range(9):
            start = MIDNIGHT + day * DAY
            wanted = source.window(ids(1), start, start + DAY)
            found = target.store.window(ids(1), start, start + DAY)
            assert found.level is wanted.level
            assert found.mean.tolist() == wanted.mean.tolist()
            assert len(found.mean), day
    target.store.close()


def test_what_the_target_would_drop_is_not_carried(
    source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path
) -> None:
    copied(source, target, tmp_path / "copy.json", Retention(raw_days=1, five_minutes_days=2, hour_days=3, day_days=4))
    every = ids(*range(SERIES))
    for level, days in {Level.RAW: 2, Level.FIVE_MINUTES: 3, Level.HOUR: 4, Level.DAY: 5}.items():
        start = MIDNIGHT + (9 - days) * DAY
        assert asked(target, every, start, EVERYTHING[1], level) == asked(source, every, start, EVERYTHING[1], level)
        if level is not Level.RAW:
            assert asked(target, every, EVERYTHING[0], start, level) == []


class _Dying:
    """A store that fails after so many commits, as a process that is killed does."""

    def __init__(self, store: MovableStore, commits: int) -> None:
        self._store = store
        self._left = commits

    def __getattr__(self, name: str) -> object:
        if name in {"append", "append_buckets", "inherit"}:
            self._left -= 1
            if self._left < 0:
                raise Transient("killed")
        return getattr(self._store, name)


def dying(store: MovableStore, commits: int) -> MovableStore:
    """The store, but for its death."""
    return cast(MovableStore, _Dying(store, commits))


@pytest.mark.slow
@pytest.mark.parametrize("kind", INFLUX_KINDS)
def test_there_and_back_through_influxdb(
    kind: str, source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    between = handle(kind, tmp_path, SHANGHAI, KEPT, server=server_of(kind, request))
    store = cast(MovableStore, between.store)
    with pytest.raises(Transient):
        copied(source, dying(store, 9), tmp_path / "between.json")
    between.reopen()
    store = cast(MovableStore, between.store)
    copied(source, store, tmp_path / "between.json")
    same(source, store)
    between.reopen()
    store = cast(MovableStore, between.store)
    same(source, store)
    store.append(batch([(0, MIDNIGHT + 2 * DAY + HOUR, 99.0)], [mark(900)]))  # of a day that came as roll-ups
    assert store.figures().samples_too_late == 1
    assert copied(store, target, tmp_path / "back.json").frames == 19  # those of agents, not the copy's own
    assert target.is_committed([mark(900)]) == [True]
    same(store, target)
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", INFLUX_KINDS)
def test_twins_give_way_in_influxdb(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    source = embedded(tmp_path / "source")
    source.series_ids(names(2))
    source.append(batch([(0, NOW - HOUR, 1.0), (1, NOW - HOUR, 7.0), (0, NOW - HOUR, 2.0), (0, NOW - HOUR, 3.0)]))
    between = handle(kind, tmp_path, server=server_of(kind, request))
    carried = copied(source, cast(MovableStore, between.store), tmp_path / "between.json")
    assert (carried.samples, carried.twins) == (2, 2)
    assert [row[3] for row in asked(between.store, ids(0, 1), *EVERYTHING, Level.RAW)] == [3.0, 7.0]
    source.close()
    between.store.close()


@pytest.mark.slow
def test_a_copy_cut_short_anywhere_goes_on(source: EmbeddedStore, tmp_path: Path) -> None:
    cut = 0
    for commits in (0, 2, 7, 12, 16, 1_000):
        folder = tmp_path / str(commits)
        target = embedded(folder, retention=KEPT, sizes=NORMAL)
        try:
            copied(source, dying(target, commits), folder / "copy.json")
        except Transient:
            cut += 1
            target.close()
            target.start()
            copied(source, target, folder / "copy.json")
            same(source, target)
            target.close()
        else:
            target.close()
    assert cut >= 4


def test_a_target_with_other_data_is_refused(source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path) -> None:
    target.series_ids(names(1))
    target.append(batch([(0, NOW, 1.0)], [mark(1)]))
    with pytest.raises(ConfigError, match="has data already"):
        copied(source, target, tmp_path / "copy.json")
    assert not (tmp_path / "copy.json").exists()


def test_a_source_that_went_on_or_another_one_is_refused(target: EmbeddedStore, tmp_path: Path) -> None:
    source = embedded(tmp_path / "source")
    source.series_ids(names(1))
    source.append(batch([(0, NOW - HOUR, 1.0)]))
    with pytest.raises(Transient):
        copied(source, dying(target, 1), tmp_path / "copy.json")
    source.append(batch([(0, NOW, 1.0)]))
    with pytest.raises(ConfigError, match="taken samples since"):
        copied(source, target, tmp_path / "copy.json")
    source.close()


def test_a_target_that_a_controller_has_used_is_refused(
    source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path
) -> None:
    with pytest.raises(Transient):
        copied(source, dying(target, 3), tmp_path / "copy.json")
    target.append(batch([(0, NOW, 1.0)], [mark(500)]))
    with pytest.raises(ConfigError, match="has data already"):
        copied(source, target, tmp_path / "copy.json")


def test_a_complete_copy_is_not_made_again(source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path) -> None:
    copied(source, target, tmp_path / "copy.json")
    with pytest.raises(ConfigError, match="complete"):
        copied(source, target, tmp_path / "copy.json")
    journal = msgspec.json.decode((tmp_path / "copy.json").read_bytes(), type=Journal)
    assert (journal.source, journal.begun_at, journal.done) == ("the first one", NOW, True)
    (tmp_path / "copy.json").write_text("{")
    with pytest.raises(ConfigError, match="no journal"):
        copied(source, target, tmp_path / "copy.json")


class _Lying(_Dying):
    """A store that forgets one bucket and changes one sample."""

    def __init__(self, store: EmbeddedStore) -> None:
        super().__init__(store, 1_000)

    def append(self, given: Batch) -> None:
        value = given.value.copy()
        value[:1] += 1.0
        self._store.append(Batch(given.marks, given.series, given.measured_at, value))


def test_what_differs_is_told_by_day_and_metric(source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path) -> None:
    copy = Copy(source, cast(MovableStore, _Lying(target)), tmp_path / "copy.json", DayCutter(SHANGHAI), KEPT)
    plan = copy.begin("the first one", NOW)
    copy.run(plan, lambda _: None)
    found = list(differences(source, target, copy.target_ids(), plan, lambda _: None))
    assert [(one.day, one.level, one.metric) for one in found] == [
        (MIDNIGHT + day * DAY, Level.RAW, "cpu_percent") for day in (5, 6, 7, 8)
    ]
    assert all(one.source.samples == one.target.samples for one in found)
    assert [round(one.target.sum - one.source.sum, 6) for one in found] == [1.0] * 4


class Reopened:
    """A source in InfluxDB as it is when it was opened again days later: nobody knows that those days have no samples."""

    def __init__(self, store: EmbeddedStore, since: int) -> None:
        self._store = store
        self._since = since

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def kept_days(self) -> dict[int, bool]:
        """The days since then, too."""
        return self._store.kept_days() | {self._since: True, self._since + DAY: True}


def test_a_copy_is_gone_on_with_on_another_day(source: EmbeddedStore, target: EmbeddedStore, tmp_path: Path) -> None:
    journal = tmp_path / "copy.json"
    Copy(source, target, journal, DayCutter(SHANGHAI), KEPT).begin("the first one", NOW)
    later = cast(MovableStore, Reopened(source, MIDNIGHT + 9 * DAY))
    copy = Copy(later, target, journal, DayCutter(SHANGHAI), KEPT)
    copy.run(copy.begin("the first one", NOW + 2 * DAY), lambda _: None)
    same(source, target)
