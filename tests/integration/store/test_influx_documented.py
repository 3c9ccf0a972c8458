"""What docs/45-influxdb.md says: its questions are answered, its numbers are computed, both languages tell the same."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.telemetry import LARGE, School, schools
from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.influx import FITTING_LEVELS
from controller.store.influx.lines import DeviceTags, Lines
from controller.store.influx.settings import InfluxSettings
from controller.store.influx.store import InfluxStore
from controller.store.port import Batch, DistrictSeries, Level, Retention
from controller.store.rollup import Rows
from controller.store.series_index import SeriesIndex
from tests.servers.influxdb import InfluxServer, influxdb
from tests.unit.store.stores import DAY, HOUR, MINUTE, SHANGHAI, mark

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("45-influxdb.md", "45-influxdb.zh-CN.md")
QUESTIONS = 9


def questions(page: str) -> list[str]:
    return re.findall(r"```sql\n(.*?)\n```", (DOCS / page).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[InfluxServer, str]]:
    """A small district of the last four days: two schools, a switch port and a probe in each."""
    folder = tmp_path_factory.mktemp("documented")
    rooms = {"sw-1": DeviceTags("switch", "3-101"), "probe-1": DeviceTags("kitchen_monitor", "kitchen")}
    with influxdb(folder / "influxdb") as server:
        settings = InfluxSettings(
            server.url, username=server.username, password_file=str(server.secret_file(folder)), database="documented"
        )
        store = InfluxStore(
            folder / "influx", settings, lambda _, device: rooms[device], timezone=SHANGHAI, retention=Retention()
        )
        store.start()
        now = time.time_ns() // 1_000_000
        names = [
            DistrictSeries(SiteId(site), DeviceId(device), MetricId(metric), Instance(instance))
            for site in ("no-1", "no-2")
            for device, metric, instance in (
                ("sw-1", "cpu_percent", ""),
                ("sw-1", "if_in_bps", "Gi1/0/1"),
                ("probe-1", "temperature_cel", ""),
            )
        ]
        ids = store.series_ids(names)
        at = np.arange(now - 4 * DAY, now, 5 * MINUTE)
        value = np.sin(at / HOUR) * 30 + 50
        for number in ids.tolist():
            store.append(Batch([mark(number)], np.full(len(at), number, np.int32), at, value))
        store.maintain(now + 2 * HOUR)
        yield server, "documented"
        store.close()


def test_every_question_is_answered(filled: tuple[InfluxServer, str]) -> None:
    server, database = filled
    asked = questions(PAGES[0])
    assert len(asked) == QUESTIONS
    for text in asked:
        (result,) = server.query(text, database)
        assert any(series["values"] for series in result.get("series", [])), text


def test_both_languages_ask_the_same() -> None:
    assert questions(PAGES[0]) == questions(PAGES[1])
    for number in _figures():
        assert all(number in (DOCS / page).read_text() for page in PAGES), number


def test_levels_are_told_for_every_range(filled: tuple[InfluxServer, str]) -> None:
    server, database = filled
    (result,) = server.query("SELECT * FROM campanile_level", database)
    (told,) = result["series"]
    rows = [dict(zip(told["columns"], row, strict=True)) for row in told["values"]]
    assert [row["policy"] for row in rows] == [str(one.policy) for one in FITTING_LEVELS]
    assert [row["least_ms"] for row in rows] == [0, *(row["below_ms"] for row in rows[:-1])]
    assert {row["mean"] for row in rows} == {"value", "mean"}


def _figures() -> list[str]:
    """Numbers of the page about the large tier, as they stand there."""
    some = schools(1, 1_790_000_000_000, LARGE)[0].series
    instances = {one.key.instance for one in some} - {""}
    return [f"**{800 * len(some):,}**", f"| `instance` | {len(instances)} |"]


def keys(lines: bytes) -> set[bytes]:
    """What InfluxDB tells series apart by."""
    return {line.partition(b" value=")[0] for line in lines.splitlines()}


def lines_of(owned: list[School], tags: dict[tuple[SiteId, DeviceId], DeviceTags]) -> tuple[Lines, Rows]:
    index = SeriesIndex()
    for school in owned:
        index.ids([DistrictSeries(school.address.site, *one.key) for one in school.series])
    ids = np.arange(len(index), dtype=np.int32)
    rows = Rows(ids, np.full(len(ids), 1_790_000_000_000), np.zeros(len(ids)))
    return Lines(index, lambda site, device: tags[site, device]), rows


def test_the_large_tier_has_as_many_series_as_we_do_and_a_move_adds_those_of_the_device() -> None:
    owned = schools(8, 1_790_000_000_000, LARGE)
    assert len({len(school.series) for school in owned}) == 1  # so the tier has 800 / 8 times as many
    assert len(owned[0].facts) == 125
    tags = {
        (school.address.site, facts.device): DeviceTags(str(facts.kind), f"3-{place % 40}")
        for school in owned
        for place, facts in enumerate(school.facts)
    }
    lines, rows = lines_of(owned, tags)
    before = keys(lines.of_rows(rows))
    assert len(before) == 8 * len(owned[0].series)
    assert len({tag.kind for tag in tags.values()}) == 7

    moved = [(school.address.site, school.facts[number].device) for school in owned for number in (0, 50, 124)]
    home = {place: tags[place] for place in moved}
    tags |= {place: DeviceTags(tags[place].kind, "hall") for place in moved}
    assert lines.refresh() == len(moved)
    after = keys(lines.of_rows(rows))
    theirs = sum((name.site, name.device) in home for name in _named(owned))
    assert len(before | after) == len(before) + theirs
    tags |= home
    lines.refresh()
    assert keys(lines.of_rows(rows)) == before


def _named(owned: list[School]) -> list[DistrictSeries]:
    return [DistrictSeries(school.address.site, *one.key) for school in owned for one in school.series]


def test_roll_ups_hold_what_the_page_says(filled: tuple[InfluxServer, str]) -> None:
    server, database = filled
    (result,) = server.query('SHOW FIELD KEYS FROM "1h"."cpu_percent"', database)
    kinds = dict(result["series"][0]["values"])
    assert kinds == {"count": "integer", "min": "float", "mean": "float", "max": "float", "p95": "float"}
    policies = server.query(f'SHOW RETENTION POLICIES ON "{database}"')[0]["series"][0]["values"]
    kept = {row[0]: (row[1], row[-1]) for row in policies}
    days = Retention()
    for policy, count in {"autogen": days.raw_days, "5m": days.five_minutes_days, "1h": days.hour_days}.items():
        assert kept[policy] == (f"{(count + 2) * 24}h0m0s", policy == "autogen")
    assert Level.DAY in kept
