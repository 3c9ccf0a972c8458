"""The large district of the dashboards' benchmark is dense where queries look, and every series is there."""

from collections import Counter
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.dashboards_density import Columns, Density, buckets, columns_of, samples
from benchmarks.dashboards_large import LARGE_NOW
from benchmarks.dashboards_questions import Question
from benchmarks.dashboards_reads import Read, Reads, reads
from benchmarks.dashboards_variants import HOUR_MS, Line
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceKind, SeriesKey
from controller.store.days import DayCutter
from controller.store.port import Level
from controller.store.rollup import join_buckets, join_rows

DAY_MS: Final = 24 * HOUR_MS
MINUTE_MS: Final = 60_000
CUTTER: Final = DayCutter(ZoneInfo("Asia/Shanghai"))
REACHABLE, USE, TRAFFIC = MetricId("reachable"), MetricId("board_use_percent"), MetricId("if_in_bps")


def line(metric: MetricId, kind: DeviceKind, cadence_ms: int = MINUTE_MS) -> Line:
    return Line(SeriesKey(DeviceId(kind), metric, Instance("")), kind, cadence_ms, 1.0, 9.0)


SCHOOL: Final = [
    line(REACHABLE, DeviceKind.CAMERA),
    line(REACHABLE, DeviceKind.SWITCH),
    line(USE, DeviceKind.BOARD, HOUR_MS)._replace(in_lessons=True),
    line(TRAFFIC, DeviceKind.SWITCH),
]
NEWEST: Final = Read(REACHABLE, Level.RAW, frozenset({"camera"}), DAY_MS)
WEEK: Final = Read(USE, Level.HOUR, frozenset(), 7 * DAY_MS)
SPAN: Final = Read(TRAFFIC, Level.FIVE_MINUTES, frozenset(), DAY_MS)


def of_whole(*whole: Read) -> Reads:
    return Reads(list(whole), {}, frozenset())


def columns(dense: frozenset[int] = frozenset()) -> Columns:
    return columns_of([SCHOOL, SCHOOL], dense)


def rows_of_each(reads: Reads, some: Columns) -> dict[int, int]:
    found = join_rows(list(samples(some, Density(some, reads, LARGE_NOW).since(Level.RAW), LARGE_NOW)))
    assert found.measured_at.max() < LARGE_NOW
    return dict(sorted(Counter(found.series.tolist()).items()))


def buckets_of_each(reads: Reads, level: Level, until: int = LARGE_NOW) -> dict[int, list[int]]:
    some = columns()
    since = Density(some, reads, LARGE_NOW).since(level)
    edges = CUTTER.edges(int(since.min()), LARGE_NOW - 1).tolist()
    made = join_buckets(list(buckets(some, level, since, LARGE_NOW, list(pairwise(edges)), until)))
    assert (made.minimum <= made.mean).all()
    assert (made.mean <= made.maximum).all()
    return {number: made.at[made.series == number].tolist() for number in range(len(some))}


def test_of_the_newest_of_a_long_range_the_last_hour_is_there_and_of_all_others_one_sample() -> None:
    assert rows_of_each(of_whole(NEWEST), columns()) == {0: 60, 1: 1, 2: 1, 3: 1, 4: 60, 5: 1, 6: 1, 7: 1}


def test_of_a_short_range_everything_is_there() -> None:
    short = NEWEST._replace(range_ms=3 * HOUR_MS, kinds=frozenset())

    assert rows_of_each(of_whole(short), columns()) == {0: 180, 1: 180, 2: 1, 3: 1, 4: 180, 5: 180, 6: 1, 7: 1}


def test_a_dense_school_has_all_of_what_is_read_of_one() -> None:
    one = Reads([], {Level.RAW: DAY_MS}, frozenset())

    assert rows_of_each(one, columns(frozenset({1}))) == {0: 1, 1: 1, 2: 1, 3: 1, 4: 240, 5: 240, 6: 2, 7: 240}


def test_roll_ups_reach_back_as_far_as_a_query_reads() -> None:
    made = buckets_of_each(of_whole(SPAN), Level.FIVE_MINUTES)

    assert made[3] == made[7] == list(range(LARGE_NOW - DAY_MS, LARGE_NOW, 300_000))
    assert made[0] == [CUTTER.day_of(LARGE_NOW) - 300_000]


def test_a_day_that_runs_is_left_to_the_store_that_rolls_it_up_itself() -> None:
    midnight = CUTTER.day_of(LARGE_NOW)

    assert buckets_of_each(of_whole(SPAN), Level.FIVE_MINUTES, midnight)[3] == list(
        range(LARGE_NOW - DAY_MS, midnight, 300_000)
    )


def test_boards_are_used_in_the_hours_of_lessons() -> None:
    (at, *_) = [made for number, made in buckets_of_each(of_whole(WEEK), Level.HOUR).items() if number == 2]

    hours = np.array(at) // HOUR_MS + 8
    assert set((hours % 24).tolist()) == set(range(8, 17))
    assert len({hour // 24 for hour in hours.tolist()}) == 6  # a week from Wednesday to Wednesday, without its weekend
    assert len(at) == len(set(at))


def test_what_is_read_is_read_off_the_queries() -> None:
    whole = Question(
        "b", "panel", "t", "A", DAY_MS, 'SELECT last("value") FROM "autogen"."reachable" WHERE "kind" = \'camera\''
    )
    of_one = Question(
        "b", "panel", "t", "B", HOUR_MS, 'SELECT mean("mean") FROM "5m"."if_in_bps" WHERE "site" =~ /^no-1$/'
    )
    names = Question(
        "b", "variable", "t", "A", DAY_MS, 'SHOW TAG VALUES FROM "autogen"."board_use_percent" WITH KEY = "site"'
    )

    assert reads([whole, of_one, names]) == Reads(
        [NEWEST], {Level.FIVE_MINUTES: HOUR_MS}, frozenset({REACHABLE, TRAFFIC, USE})
    )
