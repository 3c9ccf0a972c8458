"""One figure of `/metrics`: what every room that counts something gives."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple


class Figure(NamedTuple):
    """Ready for Prometheus: counters end in ``_total``; `labels` are pairs of name and value."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def labelled(name: str, text: str, label: str, counts: Counter[str]) -> Iterator[Figure]:
    """One figure for each word that was counted, in alphabetical order."""
    for word, count in sorted(counts.copy().items()):
        yield Figure(name, text, count, ((label, word),))
