"""A real InfluxDB answers every query of every dashboard, at every level of detail, once there is a point that it asks for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from campus.influx import FITTING_LEVELS, LEVEL_MEASUREMENT, Field, Policy
from campus.metrics import catalogue
from dashboards.board import Board
from dashboards.boards import BOARDS
from dashboards.queries import Asked, queries
from dashboards.variables import LEVELS
from tests.servers.influxdb import InfluxServer

pytestmark = pytest.mark.slow
NOW = 1_795_003_600_000
HOUR_MS = 3_600_000
_SOURCE = re.compile(r'"([^"]+)"\."(\w+)"')
_EQUAL = re.compile(r'"(site|device|kind|room|instance|state|severity)" = \'([^\']*)\'')
_AMONG = re.compile(r'"(\w+)" =~ /\^\(([\w|-]+)\)\$/')
_BEGINS = re.compile(r'"(\w+)" =~ /\^([\w-]+)/')
_NUMBER = re.compile(r'"\w+" (=|<=|>=|<|>) (-?[\d.]+)')
_BESIDE = {"<": -1.0, ">": 1.0}
"""A number that is in range, from its edge."""
_TAGS = {"site": "no-1", "device": "d-1", "kind": "gateway", "room": "r-1", "instance": "part-1"}
_TEXTS = {"title_en": "t", "title_zh": "题", "text_en": "x", "text_zh": "文", "state": "open"}


@dataclass(frozen=True)
class Filled:
    """A database with a point for everything that is asked."""

    server: InfluxServer
    database: str

    def rows(self, text: str) -> int:
        """How many rows a query has; `AssertionError` when it is refused."""
        (result,) = self.server.query(text, self.database)
        return sum(len(series["values"]) for series in result.get("series", ()))


@pytest.fixture(scope="module")
def filled(influx: InfluxServer) -> Filled:
    database = influx.fresh_database()
    for policy in Policy:
        if policy is not Policy.RAW:
            influx.query(f'CREATE RETENTION POLICY "{policy}" ON "{database}" DURATION INF REPLICATION 1')
    levels = [
        f'{LEVEL_MEASUREMENT},level={place} policy="{one.policy}",width="{one.width}",mean="{one.mean}",'
        f'minimum="{one.minimum}",maximum="{one.maximum}",p95="{one.p95}",'
        f"least_ms={one.least_ms}i,below_ms={one.below_ms}i {NOW + place}"
        for place, one in enumerate(FITTING_LEVELS)
    ]
    influx.write("\n".join(levels), database)
    points: dict[str, set[str]] = {policy: set() for policy in Policy}
    for board in BOARDS:
        for level in LEVELS:
            for asked in asked_of(board, level):
                for name, line in points_for(asked):
                    points[name].add(line)
    for name, lines in points.items():
        influx.write("\n".join(sorted(lines)), database, name)
    return Filled(influx, database)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.key)
def test_every_query_has_rows_at_every_level(filled: Filled, board: Board) -> None:
    counted = {
        (level["policy"], asked.title, asked.ref_id, asked.text): filled.rows(asked.text)
        for level in LEVELS
        for asked in asked_of(board, level)
    }

    assert [name for name, rows in counted.items() if not rows] == []
    assert len(counted) >= 40


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level["policy"])
def test_the_hidden_variables_say_which_level_fits(filled: Filled, level: dict[str, str]) -> None:
    fitting = next(one for one in FITTING_LEVELS if one.policy == level["policy"])
    for length in (fitting.least_ms, min(fitting.below_ms - 1, NOW)):
        told = {
            asked.title: filled.server.query(asked.text, filled.database)[0]["series"][0]["values"][0][1]
            for board in BOARDS
            for asked in queries(board, start_ms=NOW - length, end_ms=NOW, level=level)
            if asked.kind == "variable" and LEVEL_MEASUREMENT in asked.text
        }
        assert told.items() <= level.items()
        assert {"policy", "width", "mean"} <= told.keys()


def asked_of(board: Board, level: dict[str, str]) -> list[Asked]:
    return queries(board, start_ms=NOW - HOUR_MS, end_ms=NOW, level=level)


def points_for(asked: Asked) -> Iterator[tuple[str, str]]:
    """A point in each measurement that a query names, with the tags and texts that it wants."""
    wanted = _EQUAL.findall(asked.text) + _BEGINS.findall(asked.text)
    wanted += [(tag, value) for tag, among in _AMONG.findall(asked.text) for value in among.split("|")]
    numbers = [float(edge) + _BESIDE.get(sign, 0.0) for sign, edge in _NUMBER.findall(asked.text)]
    for policy, measurement in _SOURCE.findall(asked.text):
        if measurement == LEVEL_MEASUREMENT:
            continue
        for chosen in [dict(wanted), *({tag: value} for tag, value in wanted)]:
            yield policy, point(policy, measurement, chosen)
        for number in numbers:
            yield policy, point(policy, measurement, {**dict(wanted), "device": f"d{number}"}, number)


def point(policy: str, measurement: str, chosen: dict[str, str], number: float = 1.0) -> str:
    if measurement in catalogue():
        names = ("value",) if policy == Policy.RAW else ("min", "mean", "max", "p95")
        fields = [f"{name}={number}" for name in names]
        tags = _TAGS | {tag: value for tag, value in chosen.items() if tag in _TAGS}
        fields += [] if policy == Policy.RAW else [f"{Field.COUNT}=1i"]
    else:
        fields = [f'{name}="{chosen.get(name, text)}"' for name, text in _TEXTS.items()] + [f"ends_at={NOW}i", "id=1i"]
        tags = {"rule": "r", "severity": "major"} | _TAGS
        tags |= {tag: value for tag, value in chosen.items() if tag in tags}
    text = ",".join(f"{tag}={value}" for tag, value in sorted(tags.items()) if value)
    return f"{measurement},{text} {','.join(fields)} {NOW - HOUR_MS // 2}"
