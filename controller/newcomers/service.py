"""Use cases of newcomers: keep what agents tell, list it, count it, ignore one and take that back.

Every method may be called from any thread. What the caller does not see is `NotFound`; ignoring needs a technician.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.ids import AgentId, SiteId
from campus.newcomers import Newcomer, decode_newcomers
from campus.samples import Document
from campus.topics import Address
from controller.identity.scope import NotFound, Role, Scope
from controller.newcomers.known import KnownDevices
from controller.newcomers.model import Arrival
from controller.newcomers.port import Registry
from controller.newcomers.tables import NewcomerRow, NewcomersToldRow
from controller.registry.database import reading, writing

FORGET_AFTER_MS: Final = 180 * 86_400_000
"""A newcomer that nobody has told of for so long is forgotten, ignored or not."""
MOST_OF_AGENT: Final = 2_000
"""Rows kept of one agent; beyond it those not told any more go first, the longest gone before the others."""
_decoder = msgspec.json.Decoder(Newcomer)


class NewcomersService:
    """Keeps the documents of kind ``newcomers`` (`controller.ingest.port.DocumentSink`) and answers about them."""

    def __init__(self, engine: sa.Engine, registry: Registry, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._known = KnownDevices(registry)
        self._clock = clock

    def keep_document(self, address: Address, document: Document, received_at: int) -> None:
        """Take an agent's word for who is a newcomer now: whoever it does not name any more is none.

        `Poison` ``bad_newcomers`` for content of another shape.
        """
        told = decode_newcomers(document.content)
        with writing(self._engine) as session:
            row = session.get(NewcomersToldRow, (address.site, address.agent))
            if row is not None and document.observed_at < row.observed_at:
                return
            session.merge(
                NewcomersToldRow(
                    site=address.site, agent=address.agent, observed_at=document.observed_at, omitted=told.omitted
                )
            )
            _replace(session, address, {each.key: each for each in told.newcomers}, received_at)

    def newcomers(self, scope: Scope, site: SiteId | None = None) -> list[Arrival]:
        """Who is a newcomer now, ignored ones too, by site, the last found first.

        Not who has been registered since, or by another agent; of two agents that found one, who found it first tells of it.
        """
        if site is not None:
            scope.require(site)
        statement = select(NewcomerRow).where(col(NewcomerRow.is_present), _within(scope))
        if site is not None:
            statement = statement.where(col(NewcomerRow.site) == site)
        order = (col(NewcomerRow.site), col(NewcomerRow.first_seen_at).desc(), col(NewcomerRow.key))
        with reading(self._engine) as session:
            found = [_arrival(row) for row in session.exec(statement.order_by(*order))]
        new = [each for each in found if not self._known.has(each.site, each.device)]
        firsts = {(each.site, each.device.key): each for each in new}
        return [each for each in new if firsts[each.site, each.device.key] is each]

    def open_newcomers(self, scope: Scope, site: SiteId | None = None) -> int:
        """How many newcomers nobody has ignored."""
        return sum(not each.ignored_at for each in self.newcomers(scope, site))

    def omitted_newcomers(self, scope: Scope) -> int:
        """How many more agents have found than their documents carry."""
        within = sa.true() if scope.sites is None else col(NewcomersToldRow.site).in_(sorted(scope.sites))
        with reading(self._engine) as session:
            total = session.execute(sa.select(sa.func.sum(NewcomersToldRow.omitted)).where(within)).scalar_one()
        return int(total or 0)

    def ignore_newcomer(self, scope: Scope, site: SiteId, key: str) -> None:
        """Say that this one need not be registered; the first who said so stays when it is said twice."""
        self._mark(scope, site, key, self._clock())

    def unignore_newcomer(self, scope: Scope, site: SiteId, key: str) -> None:
        """Take that back; harmless when nobody had said so."""
        self._mark(scope, site, key, 0)

    def _mark(self, scope: Scope, site: SiteId, key: str, at: int) -> None:
        scope.require(site, Role.TECHNICIAN)
        named = select(NewcomerRow).where(col(NewcomerRow.site) == site, col(NewcomerRow.key) == key)
        with writing(self._engine) as session:
            rows = list(session.exec(named))
            if not rows:
                raise NotFound
            for row in rows:
                if bool(row.ignored_at) != bool(at):
                    row.ignored_at, row.ignored_by = at, scope.user if at else ""


def _replace(session: Session, address: Address, told: Mapping[str, Newcomer], now: int) -> None:
    """Make the rows of one agent say what it told."""
    mine = (col(NewcomerRow.site) == address.site, col(NewcomerRow.agent) == address.agent)
    rows = {row.key: row for row in session.exec(select(NewcomerRow).where(*mine))}
    for key, row in rows.items():
        if key not in told:
            row.is_present = False
            if row.last_seen_at < now - FORGET_AFTER_MS:
                session.delete(row)
    for key, device in told.items():
        body = msgspec.json.encode(device).decode()
        known = rows.get(key)
        if known is None:
            session.add(
                NewcomerRow(
                    site=address.site, agent=address.agent, key=key, told=body, first_seen_at=now, last_seen_at=now
                )
            )
        else:
            known.told, known.is_present, known.last_seen_at = body, True, now
    gone = sorted((row for key, row in rows.items() if key not in told), key=lambda row: row.last_seen_at)
    for row in gone[: max(0, len(gone) + len(told) - MOST_OF_AGENT)]:
        session.delete(row)


def _within(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.sites is None else col(NewcomerRow.site).in_(sorted(scope.sites))


def _arrival(row: NewcomerRow) -> Arrival:
    return Arrival(
        SiteId(row.site),
        AgentId(row.agent),
        _decoder.decode(row.told),
        row.first_seen_at,
        row.last_seen_at,
        row.ignored_at,
        row.ignored_by,
    )
