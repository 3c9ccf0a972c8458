"""Annotations in a real InfluxDB: what the dashboards ask there is what the services say, whatever was down meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from campus.errors import Transient
from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT
from controller.happenings.influx import InfluxBoard
from controller.happenings.model import Happening, key_of
from controller.identity.scope import SYSTEM
from controller.silences.model import Draft, Kind, Selector
from controller.store.influx.settings import InfluxSettings
from tests.servers.influxdb import InfluxServer, influxdb, influxdb2
from tests.support.district import DAY_MS, DISTRICT_SCOPE, HOUR_MS, NO_1, NO_2, NOW, ready_registry
from tests.support.happenings import Play

MARK = 'SELECT "title_zh" AS "title", "text_zh" AS "text", "ends_at", "severity" FROM "autogen"."campanile_alert"'


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    ready = ready_registry(tmp_path)
    yield Play(ready)
    ready.engine.dispose()


def settings(server: InfluxServer, folder: Path, database: str) -> InfluxSettings:
    secret = str(server.secret_file(folder))
    if server.version == 1:
        return InfluxSettings(server.url, database, username=server.username, password_file=secret)
    return InfluxSettings(server.url, database, organisation=server.organisation, token_file=secret)


@pytest.fixture
def place(influx: InfluxServer, tmp_path: Path) -> Iterator[tuple[InfluxServer, str, InfluxBoard]]:
    database = influx.fresh_database()
    board = InfluxBoard(settings(influx, tmp_path, database))
    yield influx, database, board
    board.close()


def rows(server: InfluxServer, database: str, query: str) -> list[dict[str, Any]]:
    """Rows of an answer, by column."""
    found = [series for result in server.query(query, database) for series in result.get("series", [])]
    return [dict(zip(series["columns"], row, strict=True)) for series in found for row in series["values"]]


def test_the_query_of_the_dashboards_returns_an_alert_until_it_is_hidden(
    play: Play, place: tuple[InfluxServer, str, InfluxBoard]
) -> None:
    server, database, board = place
    posting = play.posting(board)
    play.open(1, instance='GE0/0/1, "uplink" = 教学楼 \\', rule="device-unreachable", metric="reachable")
    play.open(2)
    posting.tend(NOW)
    found = {row["text"]: row for row in rows(server, database, MARK)}
    title = play.alerts.rule("device-unreachable").title_zh
    assert found['第一小学 · 一（1）班大屏 · GE0/0/1, "uplink" = 教学楼 \\'] == {
        "time": NOW,
        "title": title,
        "text": '第一小学 · 一（1）班大屏 · GE0/0/1, "uplink" = 教学楼 \\',
        "ends_at": NOW,
        "severity": "minor",
    }
    play.clock.now += 3_000
    play.change(1, cause=2)
    play.change(2, cleared_at=NOW + 2_000)
    posting.tend(play.clock())
    (left,) = rows(server, database, f"{MARK} WHERE time >= {NOW - 1}ms AND time <= {NOW}ms")
    assert (left["time"], left["ends_at"], left["severity"]) == (NOW, NOW + 2_000, "minor")
    states = rows(server, database, "SELECT state FROM campanile_alert WHERE state = 'open'")
    assert states == []


def test_everything_comes_back_as_it_was_written(place: tuple[InfluxServer, str, InfluxBoard]) -> None:
    server, database, board = place
    server.write(f"{ALERT_MEASUREMENT},site=no-1 by_hand=1 {NOW}", database)
    texts = ["plain", 'a "quoted" word', "back\\slash", "\\", "第一小学，食堂", "a, b = c", "🍎", "x" * 300]
    points = [
        Happening(
            key_of(ALERT_MEASUREMENT, NOW + number, {"site": NO_1, "instance": text[:128], "rule": "event:link_down"}),
            {"id": number, "ends_at": NOW + number, "title_en": text, "title_zh": text, "state": "open"},
        )
        for number, text in enumerate(texts)
    ]
    everywhere = Happening(key_of(MAINTENANCE_MEASUREMENT, NOW, {"site": ""}), {"id": 1, "ends_at": NOW + 5})
    board.post([*points, everywhere])
    found = board.posted(NOW)
    assert sorted(found, key=repr) == sorted([*points, everywhere], key=repr)
    board.remove([each.key for each in points[:-1]])
    board.remove([points[0].key])
    assert sorted(board.posted(NOW), key=repr) == sorted([points[-1], everywhere], key=repr)
    assert board.posted(NOW + 1) == [points[-1]]
    assert board.refused == 0


def check_only_what_is_meant_is_taken_away(board: InfluxBoard) -> None:
    """Points that differ by a tag one of them lacks, or by a millisecond."""
    places: list[dict[str, str]] = [{"site": ""}, {"site": NO_1}]
    keys = [key_of(MAINTENANCE_MEASUREMENT, NOW + later, place) for place in places for later in (0, 1)]
    keys += [key_of(ALERT_MEASUREMENT, NOW, {"site": NO_1, "instance": part}) for part in ("", "1")]
    board.post([Happening(key, {"id": number}) for number, key in enumerate(keys)])
    for gone in (keys[0], keys[4]):
        board.remove([gone])
        keys.remove(gone)
        assert {each.key for each in board.posted(NOW)} == set(keys)


def test_only_what_is_meant_is_taken_away(place: tuple[InfluxServer, str, InfluxBoard]) -> None:
    check_only_what_is_meant_is_taken_away(place[2])


def test_points_that_a_server_will_never_take_are_counted_and_let_go(
    place: tuple[InfluxServer, str, InfluxBoard],
) -> None:
    server, database, board = place
    server.write(f'{ALERT_MEASUREMENT},site=no-9 id="a text" {NOW}', database)
    board.post([Happening(key_of(ALERT_MEASUREMENT, NOW, {"site": NO_1}), {"id": 1})])
    assert board.refused == 1


@pytest.mark.slow
def test_a_controller_restarted_while_the_server_was_down_completes_it(play: Play, tmp_path: Path) -> None:
    folder = tmp_path / "influxdb"
    with influxdb(folder) as server:
        database = server.fresh_database()
        wanted = settings(server, tmp_path, database)
        port = int(server.url.rpartition(":")[2])
        posting = play.posting(InfluxBoard(wanted))
        for number in (1, 2, 3):
            play.open(number)
        posting.tend(NOW)
        posting.close()
    play.clock.now += HOUR_MS
    play.change(1, cleared_at=NOW + HOUR_MS)
    play.change(2, silence=7)
    play.open(4, site=NO_2, cleared_at=NOW + HOUR_MS + 5)
    draft = Draft(Kind.MAINTENANCE, Selector(site=NO_1), play.clock(), play.clock() + DAY_MS, "new switch")
    play.silences.silence(DISTRICT_SCOPE, draft)
    posting = play.posting(InfluxBoard(wanted))
    with pytest.raises(Transient):
        posting.tend(play.clock())
    play.clock.now += 12 * HOUR_MS
    with influxdb(folder, port) as server:
        posting.tend(play.clock())
        found = rows(server, database, "SELECT id, ends_at, state FROM campanile_alert")
        assert sorted((row["id"], row["ends_at"], row["state"]) for row in found) == [
            (1, NOW + HOUR_MS, "cleared"),
            (3, play.clock(), "open"),
            (4, NOW + HOUR_MS + 5, "cleared"),
        ]
        (window,) = rows(server, database, "SELECT * FROM campanile_maintenance")
        assert (window["site"], window["title_en"]) == (NO_1, "Maintenance: new switch")
        points = play.service.points(SYSTEM, ALERT_MEASUREMENT, NOW, play.clock() + 1)
        assert sorted((each.key.at, each.fields["id"]) for each in points) == sorted(
            (r["time"], r["id"]) for r in found
        )
        posting.close()


def test_a_newer_server_is_a_board_too(play: Play, tmp_path: Path) -> None:
    server = influxdb2()
    if server is None:
        pytest.skip("no InfluxDB 2 is named: set CAMPUS_INFLUXDB2_URL, CAMPUS_INFLUXDB2_TOKEN and CAMPUS_INFLUXDB2_ORG")
    wanted = settings(server, tmp_path, server.fresh_database())
    board = InfluxBoard(wanted)
    check_only_what_is_meant_is_taken_away(board)
    board.remove([each.key for each in board.posted(NOW)])
    posting = play.posting(board)
    play.open(1)
    play.open(2)
    posting.tend(NOW)
    play.change(2, silence=7)
    play.clock.now += 2_000
    posting.tend(play.clock())
    assert {each.key.at for each in board.posted(NOW)} == {NOW}
    assert [each.fields["id"] for each in board.posted(NOW)] == [1]
    board.close()
