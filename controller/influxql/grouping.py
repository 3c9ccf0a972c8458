"""GROUP BY tags: which series go together, and in which order their groups are told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.influxql.errors import TooMuch
from controller.influxql.limits import MAX_SERIES
from controller.influxql.syntax import Rows
from controller.influxql.table import Places, Series, Words


@dataclass(frozen=True)
class Groups:
    """`of` has the number of the group of each series, -1 for those left out; `labels` the tags of each group, by name."""

    names: tuple[str, ...]
    of: Places
    labels: Sequence[tuple[str, ...]]


def grouped(series: Series, names: Sequence[str], rows: Rows) -> Groups:
    """Groups by the values of some tags, ascending; those that SLIMIT and SOFFSET choose of them, counted as InfluxDB does:
    of all that match, whether they have samples in the time asked for or not."""
    ordered = tuple(sorted(set(names)))
    if not ordered:
        none = rows.offset > 0
        return Groups((), np.full(series.size, -1 if none else 0, np.intp), [] if none else [()])
    key = np.zeros(series.size, np.int64)
    for name in ordered:
        ranks, count = _ranks(series.tag(name))
        _, key = np.unique(key * count + ranks, return_inverse=True)
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    if len(first) > MAX_SERIES:
        raise TooMuch(f"{len(first)} series; at most {MAX_SERIES} are answered: ask for fewer, or group by fewer tags")
    columns = [[words.words[code] for code in words.codes[first].tolist()] for words in map(series.tag, ordered)]
    labels = list(zip(*columns, strict=True))
    kept = _chosen(labels, ordered, rows)
    number_of = np.full(len(first), -1, np.intp)
    number_of[kept] = np.arange(len(kept))
    return Groups(ordered, number_of[of], [labels[number] for number in kept])


def _chosen(labels: Sequence[tuple[str, ...]], names: Sequence[str], rows: Rows) -> list[int]:
    """The groups of SLIMIT and SOFFSET, which InfluxDB counts in another order than it tells them: of a group that has not
    all the tags it looks at the names of those it has before it looks at their values."""
    if rows.limit is None and not rows.offset:
        return list(range(len(labels)))

    def counted(number: int) -> str:
        present = [(name, word) for name, word in zip(names, labels[number], strict=True) if word]
        return "|".join([name for name, _ in present] + [word for _, word in present])

    ordered = sorted(range(len(labels)), key=counted)
    last = len(ordered) if rows.limit is None else rows.offset + rows.limit
    return sorted(ordered[rows.offset : last])


def _ranks(words: Words) -> tuple[NDArray[np.int64], int]:
    """For each series the place of its word among all that are used, by word; and how many those are."""
    used = words.used()
    rank = np.zeros(len(words.words), np.int64)
    rank[[code for code, _ in used]] = np.arange(len(used))
    return rank[words.codes], max(len(used), 1)
