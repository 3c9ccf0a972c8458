"""The registry's writes: each a function inside a caller's transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, SQLModel, col, select

from campus.samples import DeviceFacts
from campus.topics import Address
from controller.calendar.model import WeeklyLesson, parse_period
from controller.calendar.service import replace_enrolled_holidays, replace_timetable
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.facts import device_row, neighbour_rows, port_rows
from controller.registry.tables import (
    AgentRow,
    DeviceRow,
    NeighbourRow,
    OrganisationRow,
    PortRow,
    RoomRow,
    SiteRow,
)


def write_enrolment(session: Session, enrolment: Enrolment) -> None:
    """Put a checked enrolment in place (`RegistryService.enrol` says what that replaces)."""
    for organisation in _parents_first(enrolment.organisations):
        session.merge(
            OrganisationRow(
                id=organisation.id,
                parent=organisation.parent or None,
                name_en=organisation.name_en,
                name_zh=organisation.name_zh,
            )
        )
        session.flush()
    for site in enrolment.sites:
        _write_site(session, site)
    replace_enrolled_holidays(session, enrolment.holidays)


def write_facts(session: Session, address: Address, facts: Sequence[DeviceFacts], now: int) -> None:
    """Put facts in place; the last of several about one device stands. Equal facts only move `last_seen_at`."""
    latest = {device.device: device for device in facts}
    known = {
        row.id: row
        for row in session.exec(
            select(DeviceRow).where(col(DeviceRow.site) == address.site, col(DeviceRow.id).in_(list(latest)))
        )
    }
    news: list[tuple[DeviceFacts, DeviceRow]] = []
    for device in latest.values():
        before = known.get(device.device)
        row = device_row(address.site, address.agent, device, before.first_seen_at if before else now, now)
        if before is not None and before.facts == row.facts and before.agent == row.agent:
            before.last_seen_at = now
        else:
            news.append((device, row))
    _replace_devices(session, address, news)


def _replace_devices(session: Session, address: Address, news: Sequence[tuple[DeviceFacts, DeviceRow]]) -> None:
    session.flush()
    names = [facts.device for facts, _ in news]
    for table, column in ((PortRow, PortRow.device), (NeighbourRow, NeighbourRow.device), (DeviceRow, DeviceRow.id)):
        session.execute(delete(table).where(_equals(table, "site", address.site), col(column).in_(names)))
    _insert(session, [row for _, row in news])
    _insert(session, [row for facts, _ in news for row in port_rows(address.site, facts)])
    _insert(session, [row for facts, _ in news for row in neighbour_rows(address.site, facts)])


def _insert(session: Session, rows: Sequence[SQLModel]) -> None:
    """Rows of one table in one statement: a district has a hundred thousand lessons and ports."""
    if rows:
        session.execute(insert(type(rows[0])), [row.model_dump() for row in rows])


def _write_site(session: Session, site: SiteEntry) -> None:
    session.merge(
        SiteRow(
            id=site.id,
            organisation=site.organisation,
            name_en=site.name_en,
            name_zh=site.name_zh,
            is_centre=site.centre,
            pupils=site.pupils,
        )
    )
    session.flush()
    session.execute(delete(RoomRow).where(col(RoomRow.site) == site.id))
    session.execute(delete(AgentRow).where(col(AgentRow.site) == site.id, col(AgentRow.id).not_in(site.agents)))
    for agent in site.agents:
        if session.get(AgentRow, (site.id, agent)) is None:
            session.add(AgentRow(site=site.id, id=agent))
    _insert(
        session,
        [
            RoomRow(site=site.id, id=room.id, name_en=room.name_en, name_zh=room.name_zh, floor=room.floor)
            for room in site.rooms
        ],
    )
    periods = {number: parse_period(text) for number, text in enumerate(site.periods, start=1)}
    lessons = [WeeklyLesson(each.room, each.weekday, each.period, each.subject) for each in site.timetable]
    replace_timetable(session, site.id, periods, lessons)


def _parents_first(entries: Sequence[OrganisationEntry]) -> list[OrganisationEntry]:
    ordered: list[OrganisationEntry] = []
    placed = {""}
    waiting = list(entries)
    while waiting:
        ready = [entry for entry in waiting if entry.parent in placed]
        ordered += ready
        placed |= {entry.id for entry in ready}
        waiting = [entry for entry in waiting if entry.id not in placed]
    return ordered


def _equals(table: Any, column: str, value: str) -> Any:
    return getattr(table, column) == value
