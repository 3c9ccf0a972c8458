# ruff: noqa: S608 - the names put into statements are our own
"""A lost catalogue made anew from InfluxDB: names, newest values, days. Only at a start that `influxdb.adopt` asks for.

What cannot be known again: which frames were stored (agents send them again, which changes nothing) and which roll-ups are
true (those of days that still have their samples are made again). It reads every series once, so it takes its time.
"""

import logging
from collections.abc import Iterator
from typing import Final

import numpy as np

from campus.influx import Field, Policy
from campus.influxql import identifier
from controller.store.days import WIDTH_MS, DayCutter
from controller.store.influx.answers import Table
from controller.store.influx.asking import GROUPED
from controller.store.influx.catalogue import Catalogue
from controller.store.influx.client import InfluxClient
from controller.store.influx.reading import series_of
from controller.store.influx.stale import Bucket, StaleBuckets
from controller.store.port import DistrictSeries, Level
from controller.store.rollup import Rows
from controller.store.series_index import SeriesIndex

_ALL: Final = "/./"
_SPECIAL: Final = "campanile_"
_log = logging.getLogger(__name__)


def adopt(client: InfluxClient, catalogue: Catalogue, cutter: DayCutter) -> None:
    """Fill an empty catalogue with what InfluxDB holds, in one commit."""
    _log.warning("the catalogue is made anew from InfluxDB: every series is read once")
    index = SeriesIndex()
    names: list[DistrictSeries] = []
    instants: list[float] = []
    values: list[float] = []
    for table, (at, value) in _of_every_series(client, "last", Policy.RAW):
        names.append(series_of(table))
        instants.append(at)
        values.append(value)
    rows = Rows(index.ids(names), np.array(instants, np.int64), np.array(values, np.float64))
    index.ids([series_of(table) for table, _ in _of_every_series(client, "last", Policy.DAY)])
    days = _days_with_samples(client, cutter)
    whole = [day for day, samples in days.items() if samples]
    if whole and _is_partly_gone(client, whole[0], days[whole[0]], cutter):
        del whole[0]  # of what is left its roll-ups would be made worse
    stale = [bucket for day in whole for bucket in _buckets_of(day, cutter)]
    catalogue.refill(client.settings.adopt, index, stale, days, rows)
    _log.warning("the catalogue is made anew", extra={"series": len(index), "days": len(days)})


def _buckets_of(day: int, cutter: DayCutter) -> list[Bucket]:
    starts = np.arange(day, cutter.end_of(day), WIDTH_MS[Level.FIVE_MINUTES])
    return StaleBuckets(cutter).buckets_of(starts)


def _days_with_samples(client: InfluxClient, cutter: DayCutter) -> dict[int, int]:
    """Days from the first to the last of which anything is held, and how many samples each still has."""
    first = [int(at) for policy in (Policy.RAW, Policy.DAY) for _, (at, _) in _of_all(client, "first", policy)]
    last = [int(at) for policy in (Policy.RAW, Policy.DAY) for _, (at, _) in _of_all(client, "last", policy)]
    if not first:
        return {}
    days = {}
    day = cutter.day_of(min(first))
    while day <= max(last):
        end = cutter.end_of(day)
        within = f"WHERE time >= {day}ms AND time < {end}ms"
        days[day] = sum(int(numbers[1]) for _, numbers in _of_all(client, "count", Policy.RAW, within))
        day = end
    return days


def _is_partly_gone(client: InfluxClient, day: int, samples: int, cutter: DayCutter) -> bool:
    """Whether a day was rolled up from more samples than InfluxDB has kept: it drops them by days of its own."""
    within = f"WHERE time >= {day}ms AND time < {cutter.end_of(day)}ms"
    return sum(int(numbers[1]) for _, numbers in _of_all(client, "sum", Policy.DAY, within)) > samples


def _of_every_series(client: InfluxClient, function: str, policy: Policy) -> Iterator[tuple[Table, list[float]]]:
    return _answered(client, function, policy, f"GROUP BY {GROUPED}")


def _of_all(
    client: InfluxClient, function: str, policy: Policy, within: str = ""
) -> Iterator[tuple[Table, list[float]]]:
    return _answered(client, function, policy, within)


def _answered(client: InfluxClient, function: str, policy: Policy, ending: str) -> Iterator[tuple[Table, list[float]]]:
    field = identifier(Field.VALUE if policy is Policy.RAW else Field.COUNT)
    for table in client.query(f"SELECT {function}({field}) FROM {_ALL} {ending}", policy):
        if not table.name.startswith(_SPECIAL):
            for row in table.rows():
                yield table, row
