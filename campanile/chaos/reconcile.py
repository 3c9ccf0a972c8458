"""What became of every reading: rows that were taken against rows that are stored. Pure.

taken       rows of frames that an agent had on its disk
stored      rows that the store gives
lost        taken and not stored, though the disk was not lost or the frame was acknowledged
duplicated  stored more often than taken, or one serial in two rows
corrupted   stored though nobody said it, or with another value, or at a wrong instant; or a frame that no spool ever had
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from campanile.chaos.ledger import SERIAL_METRIC, Ledger
from controller.store.port import DistrictSeries, FrameMark

INSTANT_TOLERANCE_MS: Final = 6_000
SHOWN: Final = 12


class Row(NamedTuple):
    """One sample of the district."""

    series: DistrictSeries
    measured_at: int
    value: float


class Fate(NamedTuple):
    """What the disk of a frame's agent can say of it. `must_arrive`: that disk is still there, or it knows an acknowledgement."""

    rows: tuple[Row, ...]
    must_arrive: bool


@dataclass
class Verdict:
    """The reckoning. `findings` are sentences about the first of what is wrong."""

    sent: int = 0
    stored: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupted: int = 0
    gone_with_disk: int = 0
    unspooled: int = 0
    moved: int = 0
    """Rows whose instants their agent set right between its disk and the wire."""
    frames: int = 0
    series: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing twice, nothing false."""
        return not (self.lost or self.duplicated or self.corrupted)

    def find(self, kind: str, rows: int, what: str) -> None:
        """Count `rows` as lost, duplicated or corrupted, and say why once in a while."""
        setattr(self, kind, getattr(self, kind) + rows)
        if len(self.findings) < SHOWN:
            self.findings.append(f"{kind}: {what}")


class Taken:
    """All frames found in spools, by their mark."""

    def __init__(self, verdict: Verdict) -> None:
        self.fates: dict[FrameMark, Fate] = {}
        self._verdict = verdict

    def add(self, mark: FrameMark, fate: Fate) -> None:
        """Note a frame of one spool file; the same frame in another file must be the same."""
        known = self.fates.get(mark)
        if known is None:
            self.fates[mark] = fate
            return
        if known.rows != fate.rows:
            self._verdict.find("corrupted", len(fate.rows), f"two frames are called {_name(mark)}")
        self.fates[mark] = Fate(known.rows, known.must_arrive or fate.must_arrive)

    def serials(self) -> set[int]:
        """Of all readings that were on any disk."""
        rows = (row for fate in self.fates.values() for row in fate.rows)
        return {int(row.value) for row in _serial_rows(rows)}


def reconcile(
    verdict: Verdict, taken: Taken, marks: frozenset[FrameMark], rows: Iterable[Row], ledger: Ledger
) -> Verdict:
    """Compare what `taken` (which counted into `verdict` already) holds with the store's `marks` and `rows`."""
    expected = _expected(verdict, taken.fates, marks)
    found = Counter(rows)
    verdict.stored = found.total()
    verdict.sent = expected.total()
    verdict.series = len({row.series for row in expected})
    _compare(verdict, expected, found)
    _hold_to_truth(verdict, found, ledger)
    _compare_sums(verdict, expected, found)
    verdict.unspooled = len(ledger) - len(taken.serials())
    return verdict


def _expected(verdict: Verdict, fates: Mapping[FrameMark, Fate], marks: frozenset[FrameMark]) -> Counter[Row]:
    expected: Counter[Row] = Counter()
    for mark, fate in fates.items():
        verdict.frames += 1
        if mark in marks or fate.must_arrive:
            expected.update(fate.rows)
            if mark not in marks and not fate.rows:
                verdict.find("lost", 1, f"{_name(mark)} (facts or events) is not stored")
        else:
            verdict.gone_with_disk += len(fate.rows)
    for mark in marks - fates.keys():
        verdict.find("corrupted", 1, f"{_name(mark)} is stored, and no agent ever had it")
    return expected


def _compare(verdict: Verdict, expected: Counter[Row], found: Counter[Row]) -> None:
    """Row by row; rows that lie elsewhere in time are the same when an agent moved their frame, having learnt the time.

    Whether such an instant is the true one is for `_hold_to_truth`.
    """
    missing, surplus = expected - found, found - expected
    moved = _values(missing) & _values(surplus)
    verdict.moved = moved.total()
    for row, count in _without(missing, moved).items():
        verdict.find("lost", count, f"{_told(row)} was taken and is not stored")
    known = _values(expected)
    for row, count in _without(surplus, moved).items():
        kind = "duplicated" if known[row.series, row.value] else "corrupted"
        verdict.find(kind, count, f"{_told(row)} was taken {expected[row]} times and is stored {found[row]} times")


def _values(rows: Counter[Row]) -> Counter[tuple[DistrictSeries, float]]:
    values: Counter[tuple[DistrictSeries, float]] = Counter()
    for row, count in rows.items():
        values[row.series, row.value] += count
    return values


def _without(rows: Counter[Row], moved: Counter[tuple[DistrictSeries, float]]) -> Counter[Row]:
    """`rows` less as many of each value as were moved."""
    left = Counter(moved)
    kept: Counter[Row] = Counter()
    for row, count in rows.items():
        paired = min(count, left[row.series, row.value])
        left[row.series, row.value] -= paired
        kept[row] = count - paired
    return +kept


def _hold_to_truth(verdict: Verdict, found: Counter[Row], ledger: Ledger) -> None:
    """Each stored serial was said, by that series, about then, and stands in one row only."""
    first: dict[int, Row] = {}
    for row in _serial_rows(found):
        said = ledger.of(int(row.value))
        if said is None or said.series != row.series or not row.value.is_integer():
            verdict.find("corrupted", 1, f"{_told(row)} was never said by that device")
        elif abs(row.measured_at - said.said_at) > INSTANT_TOLERANCE_MS:
            late_s = (row.measured_at - said.said_at) / 1000
            verdict.find("corrupted", 1, f"{_told(row)} was said {late_s:+.1f} s from then")
        if first.setdefault(int(row.value), row) != row:
            verdict.find("duplicated", 1, f"{_told(row)} stands at {first[int(row.value)].measured_at} too")


def _compare_sums(verdict: Verdict, expected: Counter[Row], found: Counter[Row]) -> None:
    """Series by series, exactly: a check of the comparison itself. What it finds was found row by row, or we cannot count."""
    if verdict.is_clean and _sums(expected) != _sums(found):
        verdict.find("corrupted", 1, "the rows agree and the sums do not: mend the bench")


def _sums(rows: Counter[Row]) -> dict[DistrictSeries, tuple[int, float]]:
    values: dict[DistrictSeries, list[float]] = defaultdict(list)
    for row in rows.elements():
        values[row.series].append(row.value)
    return {series: (len(column), math.fsum(column)) for series, column in values.items()}


def _serial_rows(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row.series.metric == SERIAL_METRIC)


def _name(mark: FrameMark) -> str:
    return f"frame {mark.number} of epoch {mark.epoch} of {mark.site}/{mark.agent}"


def _told(row: Row) -> str:
    return f"{'/'.join(row.series)} = {row.value:g} at {row.measured_at}"
