"""What is asked of one device: every point with its row, and which of its OIDs the device answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.decode.value import is_ignored
from campus.ids import Instance, MetricId
from firmware_profiles.model import Cadence, Point, Reading
from firmware_profiles.raw import Raw


@dataclass(slots=True)
class Ask:
    """One series: a point at one row. `index` is empty for scalars; `chosen` is None until the device has answered once."""

    point: Point
    instance: str
    index: str = ""
    discontinuity: str = ""
    """Full OID of the row's ifCounterDiscontinuityTime, empty where it has none."""
    chosen: Reading | None = None
    is_part: bool = False
    """Whether the asks of the same name are added up to one value."""

    def readings(self) -> Iterator[Reading]:
        """The ways to read it, best first; the chosen one alone when it is known."""
        if self.chosen:
            yield self.chosen
        else:
            yield self.point
            yield from self.point.otherwise

    def at(self, oid: str) -> str:
        """An OID at this row."""
        return f"{oid}.{self.index}" if self.index else oid

    @property
    def name(self) -> tuple[MetricId, Instance]:
        """What it measures where."""
        return MetricId(self.point.metric), Instance(self.instance)

    def is_given(self, answers: dict[str, Raw]) -> bool:
        """Whether the device answered the way that was chosen, if only to say that there is no value now."""
        return self.chosen is not None and self.at(self.chosen.oid) in answers

    def choose(self, answers: dict[str, Raw]) -> bool:
        """Settle on the first way that gave a value and all it needs, else a value, else anything; False when none did."""
        if self.chosen is None:
            given = [r for r in self.readings() if self.at(r.oid) in answers]
            useful = [r for r in given if not is_ignored(answers[self.at(r.oid)], r.ignore)]
            whole = [r for r in useful if all(self.at(oid) in answers for oid in r.beside)]
            self.chosen = next(iter(whole or useful or given), None)
        return self.chosen is not None


def due(asks: Iterable[Ask], cadences: frozenset[Cadence]) -> list[Ask]:
    """Those of the cadences."""
    return [ask for ask in asks if ask.point.cadence in cadences]


def wanted_oids(asks: Iterable[Ask]) -> list[str]:
    """Every OID needed to read `asks`, each once, rows together."""
    oids: dict[str, None] = {}
    for ask in asks:
        for reading in ask.readings():
            for oid in (reading.oid, *reading.beside):
                oids[ask.at(oid)] = None
        if ask.discontinuity and ask.point.type.counts:
            oids[ask.discontinuity] = None
    return list(oids)
