"""Columns that a statement is worked out with. Instants are nanoseconds in UTC here, as InfluxDB counts, and only here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NS_PER_MS: Final = 1_000_000
MIN_NS: Final = -(1 << 63) + 2
MAX_NS: Final = (1 << 63) - 2
"""Bounds that mean none, as InfluxDB has them."""
Instants = NDArray[np.int64]
Places = NDArray[np.intp]
Mask = NDArray[np.bool_]


class Kind(StrEnum):
    """What the values of a column are."""

    FLOAT = "float"
    INTEGER = "integer"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class Column:
    """Values, and where there are any; of equal length. Elsewhere the value is any of its kind."""

    kind: Kind
    values: NDArray[Any]
    there: Mask

    def taken(self, chosen: Places | Mask) -> "Column":
        """Those rows that an index or a mask chooses."""
        return Column(self.kind, self.values[chosen], self.there[chosen])

    def told(self) -> list[Any]:
        """As Python has them, None where there is none."""
        told: list[Any] = self.values.tolist()
        for place in np.flatnonzero(~self.there).tolist():
            told[place] = None
        return told


def full(values: NDArray[Any]) -> Column:
    """A column of numbers that has one in each row."""
    kind = Kind.FLOAT if values.dtype.kind == "f" else Kind.INTEGER
    return Column(kind, values, np.ones(len(values), np.bool_))


def empty(kind: Kind, size: int) -> Column:
    """A column that has no value anywhere."""
    types: dict[Kind, type] = {Kind.FLOAT: np.float64, Kind.INTEGER: np.int64, Kind.STRING: object}
    return Column(kind, np.zeros(size, types[kind]), np.zeros(size, np.bool_))


@dataclass(frozen=True, slots=True)
class Words:
    """A tag of some series: `codes` has a place in `words` for each; the empty word where a series has no such tag."""

    words: Sequence[str]
    codes: NDArray[np.int32]

    def taken(self, chosen: Places | Mask) -> "Words":
        """Of those series alone that an index or a mask chooses."""
        return Words(self.words, self.codes[chosen])

    def used(self) -> list[tuple[int, str]]:
        """The codes that occur and their words, by word."""
        return sorted(((code, self.words[code]) for code in np.unique(self.codes).tolist()), key=lambda each: each[1])

    def column(self) -> Column:
        """The words themselves; nothing where a word is empty."""
        words = np.array([*self.words, ""], dtype=object)[:-1]
        values = words[self.codes]
        return Column(Kind.STRING, values, np.asarray(values != "", np.bool_))


def words_of(told: Sequence[str]) -> Words:
    """A tag of which every series' word is told; empty for none."""
    words = list(dict.fromkeys(told))
    place = {word: number for number, word in enumerate(words)}
    return Words(words or [""], np.array([place[word] for word in told], np.int32))


def no_words(size: int) -> Words:
    """A tag that none of so many series has."""
    return Words(("",), np.zeros(size, np.int32))


@dataclass(frozen=True)
class Series:
    """Some series of a measurement: `tags` are aligned with one another, `size` is how many there are."""

    size: int
    tags: Mapping[str, Words]

    def tag(self, name: str) -> Words:
        """Of a tag that none has, empty words."""
        return self.tags.get(name) or no_words(self.size)


@dataclass(frozen=True)
class Table:
    """Points of some series of one measurement, sorted by series, then time; `series` has a place in `of` for each."""

    name: str
    of: Series
    series: Places
    at: Instants
    fields: Mapping[str, Column]

    def taken(self, chosen: Places | Mask) -> "Table":
        """Those points alone that an index or a mask chooses."""
        fields = {name: column.taken(chosen) for name, column in self.fields.items()}
        return Table(self.name, self.of, self.series[chosen], self.at[chosen], fields)
