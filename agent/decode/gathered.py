"""Samples as they are read one by one: what is wrong or told twice is counted, its neighbours are kept. Pure."""

from collections.abc import Callable

from agent.collect.port import Harvest
from campus.errors import Poison
from campus.samples import Sample, SeriesKey


class Gathered:
    """The samples of one message or answer."""

    def __init__(self) -> None:
        self.harvest = Harvest()
        self._taken: set[SeriesKey] = set()

    def take(self, key: SeriesKey, measured_at: int, read: Callable[[], float]) -> None:
        """Add what `read` gives; counted in `Harvest.dropped` when it raises `Poison`, or when the series has been told."""
        try:
            value = read()
        except Poison as poison:
            self.harvest.dropped[poison.reason] += 1
            return
        if key in self._taken:
            self.harvest.dropped["twice"] += 1
            return
        self._taken.add(key)
        self.harvest.samples.append(Sample(key, measured_at, value))
