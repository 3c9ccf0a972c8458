"""Roll-ups in a real InfluxDB: soon, also of late samples, and only of what must be made again."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from campus.errors import Transient
from campus.influx import Policy
from controller.store.influx.lines import DeviceTags
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.store import InfluxStore
from controller.store.port import Level
from tests.servers.influxdb import InfluxServer
from tests.unit.store.stores import DAY, HOUR, MINUTE, SHANGHAI, asked, batch, ids, influx_settings, names
from tests.unit.store.stores import influx as opened

pytestmark = pytest.mark.slow
TODAY = (time.time_ns() // 1_000_000 + 8 * HOUR) // DAY * DAY - 8 * HOUR - DAY
"""A midnight in Shanghai, yesterday's: everything happens before the server's now."""
SERIES = 4
"""Of two devices: those with an even number are the first one's."""


@pytest.fixture
def settings(influx: InfluxServer, tmp_path: Path) -> InfluxSettings:
    return influx_settings(influx, tmp_path)


@pytest.fixture
def store(settings: InfluxSettings, tmp_path: Path) -> Iterator[InfluxStore]:
    one = opened(tmp_path, settings)
    one.series_ids(names(SERIES))
    yield one
    one.close()


def rows(start: int, end: int, series: range = range(SERIES)) -> list[tuple[int, int, float]]:
    """A sample a minute of each."""
    return [(number, TODAY + at, number + at / HOUR) for at in range(start, end, MINUTE) for number in series]


def held(server: InfluxServer, settings: InfluxSettings, policy: Policy) -> list[list[Any]]:
    """Roll-ups as anybody sees them in InfluxDB: time, count, instance."""
    text = f'SELECT "count", instance FROM "{policy}"./percent|temperature/ ORDER BY time'  # noqa: S608 - our own
    (result,) = server.query(text, settings.database)
    return sorted(row for series in result.get("series", []) for row in series["values"])


def test_today_has_roll_ups_within_minutes(influx: InfluxServer, settings: InfluxSettings, store: InfluxStore) -> None:
    store.append(batch(rows(0, 12 * MINUTE)))
    store.maintain(TODAY + 5 * MINUTE + 59_000)
    assert held(influx, settings, Policy.FIVE_MINUTES) == []  # what is under way may still come
    store.maintain(TODAY + 6 * MINUTE)
    assert held(influx, settings, Policy.FIVE_MINUTES) == [[TODAY, 5, str(number)] for number in range(SERIES)]
    store.append(batch(rows(12 * MINUTE, HOUR)))
    store.maintain(TODAY + HOUR + 2 * MINUTE)
    assert len(held(influx, settings, Policy.FIVE_MINUTES)) == 12 * SERIES
    assert held(influx, settings, Policy.HOUR) == [[TODAY, 60, str(number)] for number in range(SERIES)]
    assert held(influx, settings, Policy.DAY) == []


def test_late_samples_make_again_what_is_theirs_and_nothing_else(
    influx: InfluxServer, settings: InfluxSettings, store: InfluxStore
) -> None:
    store.append(batch(rows(0, 2 * HOUR)))
    store.maintain(TODAY + 2 * HOUR + 2 * MINUTE)
    before = {level: asked(store, ids(*range(SERIES)), TODAY, TODAY + DAY, level) for level in Level}
    # Somebody falsifies a roll-up of the second device: made again it would be true again.
    false = asked(store, ids(1), TODAY, TODAY + 5 * MINUTE, Level.FIVE_MINUTES)[0]
    name = names(SERIES)[1]
    tags = f"device={name.device},instance={name.instance},kind=switch,room=101,site={name.site}"
    influx.write(f"{name.metric},{tags} count=77i {TODAY}", settings.database, "5m")
    store.append(batch([(0, TODAY + 90_000, 50.0)]))
    store.maintain(TODAY + 2 * HOUR + 3 * MINUTE)

    counts = {row[0]: row[2] for row in asked(store, ids(0, 1, 2), TODAY, TODAY + MINUTE, Level.FIVE_MINUTES)}
    assert counts == {0: 6, 1: 77, 2: 5}
    assert false[2] == 5
    after = asked(store, ids(0), TODAY, TODAY + HOUR, Level.HOUR)
    assert [(row[2], row[5]) for row in after] == [(61, 50.0)]
    untouched = asked(store, ids(*range(SERIES)), TODAY + HOUR, TODAY + DAY, Level.HOUR)
    assert untouched == [row for row in before[Level.HOUR] if row[1] >= TODAY + HOUR]


def test_a_round_cut_short_anywhere_is_made_good(
    influx: InfluxServer, settings: InfluxSettings, tmp_path: Path
) -> None:
    store = opened(tmp_path, settings)
    store.series_ids(names(SERIES))
    store.append(batch(rows(0, DAY, range(2)) + rows(0, 3 * HOUR, range(2, SERIES))))
    every = ids(*range(SERIES))
    wanted = {level: asked(store, every, TODAY, TODAY + DAY, level) for level in Level}

    def stop(closed: int, _: int) -> None:
        if closed == 0:
            raise Transient("killed")

    with pytest.raises(Transient):
        store.maintain(TODAY + DAY + HOUR, stop)
    assert store.settled_days(TODAY, TODAY + DAY) == {}
    store.close()
    store = opened(tmp_path, settings)
    store.maintain(TODAY + DAY + HOUR)
    assert store.settled_days(TODAY, TODAY + DAY).keys() == {TODAY}
    for level, rows_of_level in wanted.items():
        assert asked(store, every, TODAY, TODAY + DAY, level) == rows_of_level
    assert sum(row[1] for row in held(influx, settings, Policy.DAY)) == 2 * 1440 + 2 * 180
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_bucket_made_again_after_a_move_stands_once(
    influx: InfluxServer, settings: InfluxSettings, tmp_path: Path, *, is_restarted: bool
) -> None:
    """Who sums up by room in Grafana counts it once."""
    rooms = {"room": '101, the "old" one'}

    def started() -> InfluxStore:
        return opened(tmp_path, settings, SHANGHAI, None, lambda *_: DeviceTags("switch", rooms["room"]))

    store = started()
    store.series_ids(names(SERIES))
    store.append(batch(rows(0, HOUR)))
    store.maintain(TODAY + HOUR + 2 * MINUTE)
    rooms["room"] = "102"
    store.maintain(TODAY + HOUR + 3 * MINUTE)
    if is_restarted:
        store.close()
        store = started()
    store.append(batch([(0, TODAY + 90_000, 50.0), (0, TODAY + HOUR + 4 * MINUTE, 1.0)]))
    store.maintain(TODAY + 2 * HOUR + 2 * MINUTE)
    instance = names(SERIES)[0].instance
    for policy, wanted in {"5m": {TODAY: 6}, "1h": {TODAY: 61}}.items():
        text = f'SELECT "count" FROM "{policy}".cpu_percent WHERE instance = \'{instance}\' GROUP BY room'  # noqa: S608 - our own
        (result,) = influx.query(text, settings.database)
        by_room = {series["tags"]["room"]: dict(series["values"]) for series in result["series"]}
        assert by_room['101, the "old" one'] == by_room['101, the "old" one'] | wanted
        assert TODAY not in by_room["102"], "the new room has what came since"
    store.close()


def test_samples_under_two_rooms_push_none_out(settings: InfluxSettings, tmp_path: Path) -> None:
    """A window of few points looks at no more of them than it may tell."""
    rooms = {"room": "101"}
    store = opened(tmp_path, settings, SHANGHAI, None, lambda *_: DeviceTags("switch", rooms["room"]))
    store.series_ids(names(1))
    wanted = rows(0, 5 * MINUTE, range(1))
    store.append(batch(wanted))
    rooms["room"] = "102"
    store.maintain(TODAY + 6 * MINUTE)
    store.append(batch(wanted[:3]))  # sent again after the device had moved
    for most in range(1, 9):
        window = store.window(ids(0), TODAY, TODAY + 5 * MINUTE, None, most)
        assert window.count.sum() == len(wanted), most
    store.close()


def test_a_moved_device_is_one_series_still(influx: InfluxServer, settings: InfluxSettings, tmp_path: Path) -> None:
    rooms = {"room": "101"}
    store = opened(tmp_path, settings, SHANGHAI, None, lambda *_: DeviceTags("switch", rooms["room"]))
    store.series_ids(names(1))
    store.append(batch(rows(0, 2 * MINUTE, range(1))))
    rooms["room"] = "102"
    store.maintain(TODAY + 3 * MINUTE)
    store.append(batch(rows(2 * MINUTE, 5 * MINUTE, range(1))))
    store.maintain(TODAY + DAY + HOUR)
    assert [row[2] for row in asked(store, ids(0), TODAY, TODAY + DAY, Level.FIVE_MINUTES)] == [5]
    (result,) = influx.query("SELECT count(value) FROM cpu_percent GROUP BY room", settings.database)
    assert {series["tags"]["room"]: series["values"][0][1] for series in result["series"]} == {"101": 2, "102": 3}
    assert np.isclose(store.window(ids(0), TODAY, TODAY + DAY, Level.DAY).mean, 2 * MINUTE / HOUR)
    store.close()
