"""What a start makes, checks and refuses in a real InfluxDB: policies, durations, rights, and whose samples these are."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import ConfigError
from campus.ids import DeviceId, Instance, SiteId
from controller.store.influx.catalogue import CATALOGUE
from controller.store.influx.lines import DeviceTags
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.store import InfluxStore
from controller.store.port import DistrictSeries, Level, Retention
from tests.servers.influxdb import InfluxServer, fresh_name, influxdb2
from tests.unit.store.stores import (
    DAY,
    HOUR,
    INFLUX_KINDS,
    MIDNIGHT,
    asked,
    batch,
    ids,
    influx_settings,
    mark,
    names,
    server_of,
)
from tests.unit.store.stores import influx as opened

pytestmark = pytest.mark.slow
KEPT = Retention(raw_days=30_000, five_minutes_days=30_000, hour_days=30_000, day_days=30_000)
"""Since before the tests' own days, whenever they run."""


@pytest.fixture(params=INFLUX_KINDS)
def server(request: pytest.FixtureRequest) -> InfluxServer:
    found = server_of(str(request.param), request)
    assert found is not None
    return found


@pytest.fixture
def settings(server: InfluxServer, tmp_path: Path) -> InfluxSettings:
    """For a database that the store must make itself."""
    return influx_settings(server, tmp_path, fresh_name())


def policies(server: InfluxServer, database: str) -> dict[str, tuple[str, bool]]:
    (answer,) = server.query(f'SHOW RETENTION POLICIES ON "{database}"')
    return {row[0]: (row[1], row[4]) for row in answer["series"][0]["values"]}


def test_the_first_start_makes_what_is_missing_and_a_later_one_changes_durations(
    influx: InfluxServer, tmp_path: Path
) -> None:
    settings = influx_settings(influx, tmp_path, fresh_name())
    opened(tmp_path, settings, retention=Retention(35, 400, 1_200, 4_000)).close()
    assert policies(influx, settings.database) == {
        "autogen": ("888h0m0s", True),
        "5m": ("9648h0m0s", False),
        "1h": ("28848h0m0s", False),
        "1d": ("96048h0m0s", False),
    }
    opened(tmp_path, settings, retention=Retention(40, 400, 1_200, 4_000)).close()
    assert policies(influx, settings.database)["autogen"] == ("1008h0m0s", True)


def test_what_was_kept_for_years_may_be_kept_for_days(settings: InfluxSettings, tmp_path: Path) -> None:
    """InfluxDB refuses a duration that is shorter than one of its files."""
    opened(tmp_path, settings, retention=Retention(35, 400, 1_200, 4_000)).close()
    opened(tmp_path, settings, retention=Retention(2, 3, 4, 5)).close()
    with pytest.raises(ConfigError, match=r"keeps 4 days.*retention\.raw_days and 2 days more are 5"):
        opened(tmp_path, replace(settings, durations="theirs"), retention=Retention(3, 3, 4, 5))


def test_a_store_that_was_made_is_found_again(settings: InfluxSettings, tmp_path: Path) -> None:
    store = opened(tmp_path, settings, retention=KEPT)
    store.series_ids(names(3))
    store.append(batch([(0, MIDNIGHT, 1.0), (2, MIDNIGHT + HOUR, 2.0)], [mark(1)]))
    store.close()
    store = opened(tmp_path, settings, retention=KEPT)
    assert store.is_committed([mark(1)]) == [True]
    assert [row[3] for row in asked(store, ids(0, 1, 2), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)] == [1.0, 2.0]
    assert store.figures().size_bytes > 0
    store.close()


def test_another_database_and_an_emptied_one_are_not_taken_for_ours(settings: InfluxSettings, tmp_path: Path) -> None:
    ours, theirs = replace(settings), replace(settings, database=fresh_name())
    opened(tmp_path / "ours", ours).close()
    opened(tmp_path / "theirs", theirs).close()
    with pytest.raises(ConfigError, match="holds the samples of another store"):
        opened(tmp_path / "ours", theirs)
    with pytest.raises(ConfigError, match="or it was emptied"):
        opened(tmp_path / "ours", replace(settings, database=fresh_name()))
    with pytest.raises(ConfigError, match="adopt: "):
        opened(tmp_path / "new", ours)
    opened(tmp_path / "ours", ours).close()


def test_a_database_of_something_else_is_left_alone(influx: InfluxServer, tmp_path: Path) -> None:
    settings = influx_settings(influx, tmp_path)
    influx.write("cpu,host=a usage=1 1000", settings.database)
    with pytest.raises(ConfigError, match="holds data of something else"):
        opened(tmp_path, settings)


def test_a_shorter_duration_waits_until_the_data_are_known_to_be_ours(influx: InfluxServer, tmp_path: Path) -> None:
    """It would drop what somebody else has kept for years."""
    settings = replace(influx_settings(influx, tmp_path), durations="ours")
    influx.query(f'CREATE RETENTION POLICY "years" ON "{settings.database}" DURATION INF REPLICATION 1 DEFAULT')
    influx.write("cpu,host=a usage=1 1000", settings.database)
    before = policies(influx, settings.database)
    with pytest.raises(ConfigError, match="holds data of something else"):
        opened(tmp_path, settings, retention=Retention(35, 400, 1_200, 4_000))
    assert policies(influx, settings.database) == before


@pytest.mark.skipif(influxdb2() is None, reason="no InfluxDB 2 is named")
@pytest.mark.parametrize(("policy", "is_default"), [("autogen", True), ("1h", False), ("other", True)])
def test_a_name_that_query_maps_elsewhere_is_told(policy: str, is_default: bool, tmp_path: Path) -> None:
    server = influxdb2()
    assert server is not None
    settings = influx_settings(server, tmp_path, fresh_name())
    server.map_elsewhere(settings.database, policy, is_default=is_default)
    with pytest.raises(ConfigError, match=rf"{settings.database}.* is not what /query finds.*dbrp list"):
        opened(tmp_path, settings, retention=KEPT)


def test_a_default_policy_that_is_not_ours_is_set_right(influx: InfluxServer, tmp_path: Path) -> None:
    settings = influx_settings(influx, tmp_path)
    influx.query(f'CREATE RETENTION POLICY "other" ON "{settings.database}" DURATION INF REPLICATION 1 DEFAULT')
    with pytest.raises(ConfigError, match=r"DEFAULT"):
        opened(tmp_path, settings, retention=KEPT)
    store = opened(tmp_path, replace(settings, durations="ours"), retention=KEPT)
    store.series_ids(names(1))
    store.append(batch([(0, MIDNIGHT, 1.0)]))
    assert len(asked(store, ids(0), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)) == 1
    store.close()


def test_whoever_keeps_less_than_retention_is_told(server: InfluxServer, tmp_path: Path) -> None:
    """Windows would tell nothing of days they count on, and late samples would be rolled up with half a day."""
    settings = influx_settings(server, tmp_path, fresh_name())
    kept = Retention(raw_days=10, five_minutes_days=20, hour_days=30, day_days=40)
    opened(tmp_path, settings, retention=kept).close()
    theirs = replace(settings, durations="theirs")
    opened(tmp_path, theirs, retention=kept).close()
    with pytest.raises(
        ConfigError, match=r"keeps 32 days, retention\.hour_days and 2 days more are 33.* to 30 or less"
    ):
        opened(tmp_path, theirs, retention=Retention(10, 20, 31, 40))


def test_a_lost_catalogue_is_made_anew_when_told_to(settings: InfluxSettings, tmp_path: Path) -> None:
    store = opened(tmp_path / "first", settings, retention=KEPT)
    known = [*names(5)[:4], names(5)[4]._replace(instance=Instance("1/0/1, 上联 = \"a\\b\" 🎉 'x' \\"))]
    store.series_ids(known)
    rows = [(n % 5, MIDNIGHT + n * HOUR, float(n)) for n in range(30)]
    store.append(batch(rows, [mark(1)]))
    store.maintain(MIDNIGHT + DAY + HOUR)
    before = {level: told(store, known, level) for level in Level}
    store.close()
    with pytest.raises(ConfigError, match="adopt: ") as raised:
        opened(tmp_path / "second", settings, retention=KEPT)
    identity = str(raised.value).partition("adopt: ")[2].partition("'")[0]
    adopting = replace(settings, adopt=identity)
    with pytest.raises(ConfigError, match="adopt: "):
        opened(tmp_path / "second", replace(settings, adopt="somebody else's"), retention=KEPT)
    for _ in range(2):
        store = opened(tmp_path / "second", adopting, retention=KEPT)
        assert {level: told(store, known, level) for level in Level} == before
        assert store.latest(store.ids_of(known)).value.tolist() == [25.0, 26.0, 27.0, 28.0, 29.0]
        assert store.figures().samples_stored == 30
        store.close()
    store = opened(tmp_path / "second", adopting, retention=KEPT)
    store.append(batch([(int(store.ids_of(known[:1])[0]), MIDNIGHT, 0.0)], [mark(1)]))  # what an agent sends again
    store.maintain(MIDNIGHT + 2 * DAY + HOUR)
    assert told(store, known, Level.RAW) == before[Level.RAW]
    assert store.settled_days(MIDNIGHT, MIDNIGHT + 2 * DAY).keys() == {MIDNIGHT, MIDNIGHT + DAY}
    store.close()


def test_a_day_of_which_half_is_dropped_keeps_its_roll_ups_when_the_catalogue_is_made_anew(
    influx: InfluxServer, tmp_path: Path
) -> None:
    """InfluxDB drops samples by days of UTC: of the oldest day some hours may be left."""
    settings = influx_settings(influx, tmp_path)
    store = opened(tmp_path / "first", settings, retention=KEPT)
    store.series_ids(names(1))
    store.append(batch([(0, MIDNIGHT + n * HOUR, float(n)) for n in range(48)]))
    store.maintain(MIDNIGHT + 2 * DAY + HOUR)
    store.close()
    influx.query(f"DELETE WHERE time > {MIDNIGHT}ms AND time < {MIDNIGHT + 12 * HOUR}ms", settings.database)
    with pytest.raises(ConfigError, match="adopt: ") as raised:
        opened(tmp_path / "second", settings, retention=KEPT)
    identity = str(raised.value).partition("adopt: ")[2].partition("'")[0]
    store = opened(tmp_path / "second", replace(settings, adopt=identity), retention=KEPT)
    store.maintain(MIDNIGHT + 2 * DAY + 2 * HOUR)
    days = asked(store, ids(0), MIDNIGHT, MIDNIGHT + 2 * DAY, Level.DAY)
    assert [(row[2], row[4]) for row in days] == [(24, 11.5), (24, 35.5)]
    store.close()


def told(store: InfluxStore, known: list[DistrictSeries], level: Level) -> list[tuple[object, ...]]:
    """What a window tells, by name: another store has other ids."""
    found = asked(store, store.ids_of(known), MIDNIGHT, MIDNIGHT + 2 * DAY, level)
    return sorted((str(store.series_names(ids(int(row[0])))[0]), *row[1:]) for row in found)


def test_a_user_who_may_not_make_a_database_is_told_what_to_have_made(influx: InfluxServer, tmp_path: Path) -> None:
    influx.query("CREATE USER \"narrow\" WITH PASSWORD 'only for tests'")
    settings = replace(influx_settings(influx, tmp_path, fresh_name()), username="narrow")
    with pytest.raises(ConfigError, match=r"narrow.*CREATE DATABASE"):
        opened(tmp_path, settings)
    made = influx_settings(influx, tmp_path)
    influx.query(f'GRANT ALL ON "{made.database}" TO "narrow"')
    store = opened(tmp_path, replace(made, username="narrow"))
    store.series_ids(names(1))
    store.append(batch([(0, MIDNIGHT, 1.0)]))
    assert len(asked(store, ids(0), MIDNIGHT, MIDNIGHT + 1)) == 1
    store.close()


def test_one_controller_at_a_time(settings: InfluxSettings, tmp_path: Path) -> None:
    store = opened(tmp_path, settings)
    with pytest.raises(ConfigError, match="is another controller running"):
        opened(tmp_path, settings)
    store.close()


def test_a_sample_moves_with_its_device_and_is_told_once(influx: InfluxServer, tmp_path: Path) -> None:
    room = "101"

    def tags_of(_site: SiteId, _device: DeviceId) -> DeviceTags:
        return DeviceTags("switch", room)

    settings = influx_settings(influx, tmp_path)
    store = opened(tmp_path, settings, tags_of=tags_of)
    store.series_ids(names(1))
    rows = [(0, MIDNIGHT + n * HOUR, float(n)) for n in range(24)]
    store.append(batch(rows))
    store.maintain(MIDNIGHT + DAY + HOUR)
    before = {level: asked(store, ids(0), MIDNIGHT, MIDNIGHT + DAY, level) for level in Level}
    room = "102"
    store.maintain(MIDNIGHT + DAY + 2 * HOUR)
    store.append(batch(rows[:2]))  # the frame was sent again, after the device had moved
    store.maintain(MIDNIGHT + DAY + 3 * HOUR)
    assert {level: asked(store, ids(0), MIDNIGHT, MIDNIGHT + DAY, level) for level in Level} == before
    store.append(batch([(0, MIDNIGHT + 30 * 60_000, 100.0)]))
    store.maintain(MIDNIGHT + DAY + 4 * HOUR)
    (day,) = asked(store, ids(0), MIDNIGHT, MIDNIGHT + DAY, Level.DAY)
    assert (day[2], day[5]) == (25, 100.0)
    store.close()


def test_after_a_restore_what_stands_in_influxdb_is_found_again(influx: InfluxServer, tmp_path: Path) -> None:
    """The catalogue of a backup knows nothing of samples that came after it, acknowledged and perhaps sent by nobody again."""
    settings = influx_settings(influx, tmp_path)
    now = round(time.time() * 1000)
    kept = tmp_path / "backup"
    kept.mkdir()
    store = opened(tmp_path / "data", settings)
    store.series_ids(names(2))
    store.append(batch([(0, now - 3 * DAY, 1.0)], [mark(1)]))
    with store.snapshot() as snapshot:
        snapshot.write_tables(kept / "tables", lambda _done, _all: None)
    store.append(batch([(0, now - DAY, 2.0)], [mark(2)]))
    store.maintain(now)
    store.close()
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").mkdir()
    shutil.copy(kept / CATALOGUE, tmp_path / "data" / CATALOGUE)
    slept(tmp_path / "data" / CATALOGUE, now - 2 * DAY)
    store = opened(tmp_path / "data", settings)
    assert store.is_committed([mark(1), mark(2)]) == [True, False]
    for level in (Level.RAW, Level.FIVE_MINUTES, Level.HOUR):
        assert [row[3] for row in asked(store, ids(0, 1), now - 4 * DAY, now, level)] == [1.0, 2.0], level
    store.close()


def slept(catalogue: Path, since: int) -> None:
    """As if the last commit had been then."""
    with closing(sqlite3.connect(catalogue)) as connection, connection:
        connection.execute("UPDATE meta SET content = ? WHERE name = 'committed_at'", [str(since)])
