"""Decisions as they are kept: read whole, written one by one. A decision that cannot be read any more is counted and left out."""

import logging
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, col, select

from controller.alerts.model import Rule
from controller.alerts.rule_check import complaints
from controller.registry.database import reading, writing
from controller.rulings.model import Adjustment, Kind, Place, Ruling
from controller.rulings.own import named
from controller.rulings.tables import RulingRow

_ADJUSTED: Final = frozenset({Kind.CHANGED, Kind.EXCEPTION})
_log = logging.getLogger(__name__)


class Archive:
    """Every decision. Thread-safe."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.unreadable = 0
        """Of the last reading."""

    def count(self) -> int:
        """How many there are; they only become more."""
        with reading(self._engine) as session:
            return int(session.exec(select(sa.func.count()).select_from(RulingRow)).one())

    def everything(self) -> list[Ruling]:
        """All of them, those of each place in the order they were made."""
        with reading(self._engine) as session:
            rows = session.exec(select(RulingRow).order_by(col(RulingRow.place), col(RulingRow.number)))
            found = [_ruling_of(row) for row in rows]
        self.unreadable = found.count(None)
        return [each for each in found if each is not None]

    def of_rule(self, rule: str, places: Collection[Place]) -> list[Ruling]:
        """What some places decided about a rule, newest first."""
        wanted = col(RulingRow.rule) == rule, col(RulingRow.place).in_([str(place) for place in places])
        newest_first = col(RulingRow.at).desc(), col(RulingRow.number).desc()
        with reading(self._engine) as session:
            found = [_ruling_of(row) for row in session.exec(select(RulingRow).where(*wanted).order_by(*newest_first))]
        return [each for each in found if each is not None]

    def add(self, rulings: Sequence[Ruling]) -> None:
        """Write decisions down together, each with the next number of its place."""
        with writing(self._engine) as session:
            for each in rulings:
                session.add(_row_of(each, _next_number(session, each.place)))
                session.flush()


def _next_number(session: Session, place: Place) -> int:
    highest = session.exec(select(sa.func.max(RulingRow.number)).where(col(RulingRow.place) == str(place))).one()
    return int(highest or 0) + 1


def _row_of(ruling: Ruling, number: int) -> RulingRow:
    content = ruling.adjustment if ruling.kind in _ADJUSTED else ruling.own
    return RulingRow(
        place=str(ruling.place),
        number=number,
        at=ruling.at,
        user=ruling.user,
        rule=ruling.rule,
        kind=ruling.kind.value,
        content="" if content is None else msgspec.json.encode(content).decode(),
        reason=ruling.reason,
        until=ruling.until,
        authority="" if ruling.authority is None else str(ruling.authority),
        ends=ruling.ends,
    )


def _ruling_of(row: RulingRow) -> Ruling | None:
    """None, and a line in the log, when an older or newer version wrote what this one does not know."""
    try:
        place, kind = Place.parse(row.place), Kind(row.kind)
        adjustment = msgspec.json.decode(row.content, type=Adjustment) if kind in _ADJUSTED else None
        own = msgspec.json.decode(row.content, type=Rule) if kind is Kind.OWN else None
        if place is None or (own is not None and any(complaints(named(own, "")))):
            raise ValueError("no such place, or a rule that cannot be judged")
    except (ValueError, msgspec.DecodeError) as error:
        _log.warning("decision %s of %s cannot be read: %s", row.number, row.place, error)
        return None
    return Ruling(
        number=row.number,
        at=row.at,
        user=row.user,
        place=place,
        rule=row.rule,
        kind=kind,
        adjustment=adjustment,
        own=own,
        reason=row.reason,
        until=row.until,
        authority=Place.parse(row.authority),
        ends=row.ends,
    )
