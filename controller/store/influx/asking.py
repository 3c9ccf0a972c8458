# ruff: noqa: S608 - the names put into statements are quoted
"""Which statements ask for some series: few, with bounded lists, and reading little that nobody wants. Pure.

Few series are named one by one. Of many, the widest word is taken of which at least half of a metric's series are wanted: the
whole metric, a site, a device. What is read beyond the wanted is left out by whoever reads the answer.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, MetricId, SiteId
from campus.influx import Tag
from campus.influxql import identifier, string_literal
from controller.store.influx.quoting import stored_tag
from controller.store.port import Ids, SeriesColumns

GROUPED: Final = ", ".join(identifier(tag) for tag in (Tag.SITE, Tag.DEVICE, Tag.INSTANCE))
"""Kind and room are left out: a series of ours may have been several in InfluxDB as they changed."""
_MOST_TERMS: Final = 100
FEW_SERIES: Final = 1_000
EVERYTHING: Final = ""


class Selection(NamedTuple):
    """Some metrics, and a condition (empty: none) that chooses their series."""

    metrics: tuple[MetricId, ...]
    condition: str

    def statement(self, selected: str, start: int, end: int, most: int = 0, grouped: str = GROUPED) -> str:
        """InfluxQL for start <= time < end, in milliseconds; of each group the first `most` rows (0: all)."""
        measurements = ", ".join(identifier(metric) for metric in self.metrics)
        within = f"time >= {start}ms AND time < {end}ms"
        condition = f"({self.condition}) AND {within}" if self.condition else within
        text = f"SELECT {selected} FROM {measurements} WHERE {condition} GROUP BY {grouped}"
        return f"{text} LIMIT {most}" if most else text


def selections(columns: SeriesColumns, ids: Ids, few: int = FEW_SERIES) -> list[Selection]:
    """What to ask for: all of `ids` (ascending, distinct, known) are chosen by it, up to `few` of them one by one.

    `columns` begin at series 0.
    """
    alike: dict[tuple[str, ...], list[MetricId]] = defaultdict(list)
    each = _terms_of_few(columns, ids) if len(ids) <= few else _terms_of_metrics(columns, ids)
    for metric, terms in each:
        alike[terms].append(metric)
    return [
        Selection(tuple(metrics), " OR ".join(terms[first : first + _MOST_TERMS]))
        for terms, metrics in alike.items()
        for first in range(0, len(terms), _MOST_TERMS)
    ]


def _terms_of_few(columns: SeriesColumns, ids: Ids) -> Iterator[tuple[MetricId, tuple[str, ...]]]:
    """Without a look at all the others."""
    numbers = columns.metric[ids]
    for number in np.unique(numbers).tolist():
        yield columns.metrics[number], tuple(_named(columns, one) for one in ids[numbers == number].tolist())


def _terms_of_metrics(columns: SeriesColumns, ids: Ids) -> Iterator[tuple[MetricId, tuple[str, ...]]]:
    numbers = np.unique(columns.metric[ids])
    present = np.flatnonzero(np.isin(columns.metric, numbers))
    present = present[np.argsort(columns.metric[present], kind="stable")]
    is_wanted = np.zeros(len(columns.metric), np.bool_)
    is_wanted[ids] = True
    cuts = np.searchsorted(columns.metric[present], numbers, "right")
    for number, series in zip(numbers.tolist(), np.split(present, cuts[:-1]), strict=True):
        yield columns.metrics[number], _terms(columns, series, is_wanted[series])


def _terms(columns: SeriesColumns, series: NDArray[np.intp], is_wanted: NDArray[np.bool_]) -> tuple[str, ...]:
    """For the series of one metric."""
    if 2 * np.count_nonzero(is_wanted) >= len(series):
        return (EVERYTHING,)
    device = columns.device[series]
    sites, site = _sites_of(columns.devices, device)
    is_whole = _mostly_wanted(site, is_wanted)
    terms = [_equal(Tag.SITE, sites[place]) for place in np.flatnonzero(is_whole).tolist()]
    rest = is_wanted & ~is_whole[site]
    if not rest.any():
        return tuple(terms)
    devices, number = np.unique(device, return_inverse=True)
    is_whole = _mostly_wanted(number, rest)
    terms += [_device(*columns.devices[each]) for each in devices[is_whole].tolist()]
    terms += [_named(columns, one) for one in series[rest & ~is_whole[number]].tolist()]
    return tuple(terms)


def _mostly_wanted(group: NDArray[np.intp], is_wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each group whether it is worth being asked for as a whole."""
    wanted = np.bincount(group[is_wanted], minlength=int(group.max()) + 1)
    mostly: NDArray[np.bool_] = (wanted > 0) & (2 * wanted >= np.bincount(group))
    return mostly


def _sites_of(devices: Sequence[tuple[SiteId, DeviceId]], numbers: Ids) -> tuple[list[SiteId], NDArray[np.intp]]:
    """The sites of some devices, each once, and for each device its place among them."""
    used, place = np.unique(numbers, return_inverse=True)
    sites: dict[SiteId, int] = {}
    site = [sites.setdefault(devices[number][0], len(sites)) for number in used.tolist()]
    return list(sites), np.array(site, np.intp)[place]


def _device(site: SiteId, device: DeviceId) -> str:
    return f"({_equal(Tag.SITE, site)} AND {_equal(Tag.DEVICE, device)})"


def _named(columns: SeriesColumns, one: int) -> str:
    site, device = columns.devices[int(columns.device[one])]
    instance = columns.instances[int(columns.instance[one])]
    return f"({_equal(Tag.SITE, site)} AND {_equal(Tag.DEVICE, device)} AND {_equal(Tag.INSTANCE, instance)})"


def _equal(tag: Tag, text: str) -> str:
    return f"{identifier(tag)} = {string_literal(stored_tag(text))}"
