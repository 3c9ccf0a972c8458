"""Use cases of the registry: who is enrolled, what they own, what is known of it.

Every method may be called from any thread. Those that take a `Scope` return only what it sees and raise
`controller.identity.scope.NotFound` for everything else, existing or not.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy import delete
from sqlmodel import Session, col, select

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind
from campus.topics import Address
from controller.identity.scope import NotFound, Role, Scope
from controller.registry.agent_book import AgentBook
from controller.registry.changes import Changes
from controller.registry.check import check_enrolment, refuse_problems
from controller.registry.database import reading, writing
from controller.registry.enrolment import Enrolment
from controller.registry.facts import DEVICE_COLUMNS, device_of, facts_problem
from controller.registry.membership import Membership, Standing
from controller.registry.model import Agent, Device, Link, Organisation, PortUse, Room, SearchHit, Site
from controller.registry.port_uses import read_port_uses
from controller.registry.search import search_registry, within
from controller.registry.tables import (
    AgentRow,
    DeviceRow,
    EnrolledFileRow,
    OrganisationRow,
    RoomRow,
    SiteRow,
)
from controller.registry.write import write_enrolment, write_facts

_WHAT_WAS_HEARD: Final = (
    sa.update(AgentRow)
    .where(col(AgentRow.site) == sa.bindparam("of_site"), col(AgentRow.id) == sa.bindparam("of_id"))
    .values({name: sa.bindparam(name) for name in ("version", "last_frame_at", "spool_bytes")})
)
"""Of one agent; nothing happens where it is not enrolled any more."""
_KEYS_AT_ONCE: Final = 300
"""Three parameters each at most: SQLite takes so many in one statement in any version."""


class RegistryService:
    """The registry. `start` fills the memory from the database, which must have been migrated."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._clock = clock
        self._members = Membership()
        self._agents = AgentBook()
        self._changes = Changes()
        self.facts_refused: Counter[str] = Counter()
        """Facts that could not be taken, by reason."""

    def start(self) -> None:
        """Read who is enrolled and known; `Transient` when the database cannot be read."""
        self.refresh()
        with reading(self._engine) as session:
            for site, device, kind, room in session.exec(
                select(DeviceRow.site, DeviceRow.id, DeviceRow.kind, DeviceRow.room)
            ):
                self._members.learn(SiteId(site), DeviceId(device), Standing(DeviceKind(kind), room))

    def refresh(self) -> None:
        """Take over what another process (`campanile controller enrol`) has enrolled; called about once a minute."""
        with reading(self._engine) as session:
            self._load_agents(session)

    # What the district is made of.

    def organisations(self, scope: Scope) -> list[Organisation]:
        """The tree above the caller's sites, by id; the whole tree for a caller without bounds."""
        with reading(self._engine) as session:
            rows = list(session.exec(select(OrganisationRow).order_by(col(OrganisationRow.id))))
            hung = set(session.exec(select(SiteRow.organisation).where(within(scope, SiteRow.id))))
        parents = {row.id: row.parent for row in rows}
        seen = set(parents) if scope.sites is None else _with_ancestors(hung, parents)
        return [Organisation(row.id, row.parent, row.name_en, row.name_zh) for row in rows if row.id in seen]

    def sites(self, scope: Scope) -> list[Site]:
        """Sites the caller sees: the centre first, then by id."""
        with reading(self._engine) as session:
            rows = session.exec(
                select(SiteRow)
                .where(within(scope, SiteRow.id))
                .order_by(col(SiteRow.is_centre).desc(), col(SiteRow.id))
            )
            return [_site_of(row) for row in rows]

    def site(self, scope: Scope, site: SiteId) -> Site:
        """One site, or `NotFound`."""
        scope.require(site)
        with reading(self._engine) as session:
            row = session.get(SiteRow, site)
            if row is None:
                raise NotFound
            return _site_of(row)

    def rooms(self, scope: Scope, site: SiteId) -> list[Room]:
        """Rooms of a site by floor, then id; `NotFound` for a site that is not the caller's."""
        self.site(scope, site)
        with reading(self._engine) as session:
            rows = session.exec(
                select(RoomRow).where(col(RoomRow.site) == site).order_by(col(RoomRow.floor), col(RoomRow.id))
            )
            return [Room(SiteId(row.site), row.id, row.name_en, row.name_zh, row.floor) for row in rows]

    def devices(
        self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None, room: str | None = None
    ) -> list[Device]:
        """Devices that match every argument given, by site and id."""
        statement = sa.select(*DEVICE_COLUMNS).where(within(scope, DeviceRow.site))
        if site is not None:
            self.site(scope, site)
            statement = statement.where(col(DeviceRow.site) == site)
        if kind is not None:
            statement = statement.where(col(DeviceRow.kind) == kind)
        if room is not None:
            statement = statement.where(col(DeviceRow.room) == room)
        with reading(self._engine) as session:
            rows = session.execute(statement.order_by(col(DeviceRow.site), col(DeviceRow.id)))
            return [device_of(row) for row in rows]

    def new_devices(self, scope: Scope, since: int) -> list[Device]:
        """Devices first heard of at or after `since` (UTC ms), by site and id; none where every device is that new."""
        seen = within(scope, DeviceRow.site)
        first_seen_at = col(DeviceRow.first_seen_at)
        statement = sa.select(*DEVICE_COLUMNS).where(seen, first_seen_at >= since)
        with reading(self._engine) as session:
            if session.execute(sa.select(1).where(seen, first_seen_at < since).limit(1)).first() is None:
                return []
            rows = session.execute(statement.order_by(col(DeviceRow.site), col(DeviceRow.id)))
            return [device_of(row) for row in rows]

    def device_ids(self, scope: Scope, site: SiteId) -> list[DeviceId]:
        """Ids of the site's devices, in no particular order; none of a site that is not the caller's. From memory."""
        return self._members.devices(site) if scope.sees(site) else []

    def device_kinds(self, scope: Scope, site: SiteId) -> dict[DeviceId, DeviceKind]:
        """As `device_ids`, with the kind of each. From memory."""
        return self._members.kinds(site) if scope.sees(site) else {}

    def devices_of(
        self, scope: Scope, keys: Collection[tuple[SiteId, DeviceId]]
    ) -> dict[tuple[SiteId, DeviceId], Device]:
        """Those of some devices that there are and the caller sees."""
        seen = sorted(key for key in set(keys) if scope.sees(key[0]))
        site, named = col(DeviceRow.site), sa.tuple_(col(DeviceRow.site), col(DeviceRow.id))
        found: list[Device] = []
        with reading(self._engine) as session:
            for first in range(0, len(seen), _KEYS_AT_ONCE):
                some = seen[first : first + _KEYS_AT_ONCE]
                # SQLite finds no pair by an index, but the site alone it does.
                within_sites = site.in_({key[0] for key in some}), named.in_(some)
                found += map(device_of, session.execute(sa.select(*DEVICE_COLUMNS).where(*within_sites)))
        return {(device.site, device.id): device for device in found}

    def device(self, scope: Scope, site: SiteId, device: DeviceId) -> Device:
        """One device, or `NotFound`."""
        scope.require(site)
        with reading(self._engine) as session:
            wanted = col(DeviceRow.site) == site, col(DeviceRow.id) == device
            row = session.execute(sa.select(*DEVICE_COLUMNS).where(*wanted)).first()
            if row is None:
                raise NotFound
            return device_of(row)

    def port_uses(self, scope: Scope, sites: Collection[SiteId], kinds: Collection[DeviceKind] = ()) -> list[PortUse]:
        """Where ports lead, of the devices of some sites the caller sees; of all kinds unless some are named."""
        with reading(self._engine) as session:
            return read_port_uses(session, [site for site in sites if scope.sees(site)], kinds)

    def links(self, scope: Scope, site: SiteId | None = None) -> list[Link]:
        """Uplinks of the gateways the caller sees (of one site); `capacity_bps` 0 where only the port's speed is known."""
        return [
            Link(device.site, device.id, instance, device.facts.uplink_capacity_bps)
            for device in self.devices(scope, site, DeviceKind.GATEWAY)
            for instance in device.facts.uplinks
        ]

    def agents(self, scope: Scope) -> list[Agent]:
        """Enrolled agents of the caller's sites, by site and id."""
        return [agent for agent in self._agents.everyone() if scope.sees(agent.site)]

    def search(self, scope: Scope, text: str, limit: int = 20) -> list[SearchHit]:
        """Schools, rooms and devices by name, id, serial, MAC or IP, best first; blank text finds nothing."""
        with reading(self._engine) as session:
            return search_registry(session, scope, text, limit)

    # What changes it.

    def enrol(self, scope: Scope, enrolment: Enrolment, digest: str = "") -> None:
        """Write an enrolment down; the same one again changes nothing. `digest` names the file it comes from, if any.

        A site in it is replaced whole (rooms, agents, periods, timetable), and so are the holidays of the last one; sites it
        does not name stay as they are, with their data. `ConfigError` names every problem and then nothing was written.
        """
        scope.require_role(Role.ADMINISTRATOR)
        refuse_problems(check_enrolment(enrolment))
        with writing(self._engine) as session:
            write_enrolment(session, enrolment)
            session.execute(delete(EnrolledFileRow))
            session.add_all([EnrolledFileRow(digest=digest)] if digest else [])
        self.refresh()

    def enrolled_digest(self) -> str:
        """The digest given with the last enrolment; empty when there was none."""
        with reading(self._engine) as session:
            return session.exec(select(EnrolledFileRow.digest)).first() or ""

    def learn_facts(self, address: Address, facts: Sequence[DeviceFacts], now: int) -> None:
        """Register devices an enrolled agent tells of, or what changed about them; `Transient` when it cannot be kept.

        Facts of strangers, and facts that cannot be kept (`facts_problem`), are counted in `facts_refused` and left out.
        """
        if not self.is_enrolled(address):
            self.facts_refused["not_enrolled"] += len(facts)
            return
        good = [device for device in facts if self._is_taken(device)]
        with writing(self._engine) as session:
            write_facts(session, address, good, now)
        for device in good:
            self._members.learn(address.site, device.device, Standing(device.kind, device.room))
        self._changes.note((address.site, device.device) for device in good)

    def note_agent(
        self,
        address: Address,
        *,
        online: bool | None = None,
        version: str | None = None,
        last_frame_at: int | None = None,
        spool_bytes: int | None = None,
    ) -> None:
        """Take news of an agent, in memory; `save_agents` writes it down."""
        self._agents.note(address, online=online, version=version, last_frame_at=last_frame_at, spool_bytes=spool_bytes)

    def note_frames(self, addresses: Iterable[Address], at: int) -> None:
        """Frames of these agents were stored at `at`; as `note_agent`, for many at once."""
        self._agents.note_frames(addresses, at)

    def save_agents(self) -> None:
        """Write down what was heard of agents since the last call; called about once a minute and at the end."""
        agents = self._agents.take_unsaved()
        if not agents:
            return
        heard = [
            {
                "of_site": agent.site,
                "of_id": agent.id,
                "version": agent.version,
                "last_frame_at": agent.last_frame_at,
                "spool_bytes": agent.spool_bytes,
            }
            for agent in agents
        ]
        with writing(self._engine) as session:
            session.connection().execute(_WHAT_WAS_HEARD, heard)

    # What is asked for every sample, from memory.

    def is_enrolled(self, address: Address) -> bool:
        """Whether frames of this agent are welcome."""
        return self._members.is_enrolled(address)

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """Whether samples of this device are welcome."""
        return self._members.is_known(site, device)

    def room_of(self, site: SiteId, device: DeviceId) -> str:
        """The device's room; empty when it has none or is unknown."""
        standing = self._members.standing(site, device)
        return standing.room if standing else ""

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """The device's kind; `other` when it is unknown."""
        standing = self._members.standing(site, device)
        return standing.kind if standing else DeviceKind.OTHER

    def changes_after(self, revision: int) -> tuple[int, list[tuple[SiteId, DeviceId]]]:
        """The revision now, and the devices that agents told of since an earlier one; 0 is the start of this process."""
        return self._changes.after(revision)

    def device_count(self) -> int:
        """How many devices are known, district-wide; for the health page."""
        return len(self._members)

    def _is_taken(self, facts: DeviceFacts) -> bool:
        problem = facts_problem(facts)
        if problem:
            self.facts_refused[problem] += 1
        return not problem

    def _load_agents(self, session: Session) -> None:
        rows = list(session.exec(select(AgentRow)))
        self._members.enrol(Address(SiteId(row.site), AgentId(row.id)) for row in rows)
        self._agents.put(
            Agent(
                SiteId(row.site),
                AgentId(row.id),
                version=row.version,
                last_frame_at=row.last_frame_at,
                spool_bytes=row.spool_bytes,
            )
            for row in rows
        )


def _site_of(row: SiteRow) -> Site:
    return Site(SiteId(row.id), row.organisation, row.name_en, row.name_zh, row.is_centre, row.pupils)


def _with_ancestors(ids: set[str], parents: dict[str, str | None]) -> set[str]:
    found: set[str] = set()
    for start in ids:
        current: str | None = start
        while current is not None and current not in found:
            found.add(current)
            current = parents.get(current)
    return found
