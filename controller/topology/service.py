"""Use cases of the topology: keep what devices tell, and answer what hangs on what.

Every method may be called from any thread. A site's topology is put together when it is asked for and something it rests on
has changed; `refresh` does so for all that changed, so that moves are noticed though nobody looks.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import Poison
from campus.ids import DeviceId, SiteId
from campus.samples import Document
from campus.stations import decoded
from campus.topics import Address
from controller.identity.scope import SYSTEM, Scope
from controller.registry.database import reading, writing
from controller.registry.model import Device
from controller.topology.merge import merged
from controller.topology.model import Conflict, End, Link, Placement, Sightings, SiteTopology, Teller, Up
from controller.topology.port import Registry
from controller.topology.sightings import with_neighbours, with_tables
from controller.topology.tables import PlacementRow, SightingsRow
from controller.topology.tree import parents_of, path_of, place_of, tree_of

MOST_SITES: Final = 1_000
"""Topologies kept in memory; each is a few kilobytes and quickly made again."""
MOST_TELLERS: Final = 1_000
"""Devices of one site whose tables are kept: each is up to a megabyte, and all are read for one map."""
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Sightings)


class TopologyService:
    """Keeps the documents of kind ``stations`` (`controller.ingest.port.DocumentSink`) and answers about networks."""

    def __init__(self, engine: sa.Engine, registry: Registry, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._registry = registry
        self._clock = clock
        self._lock = Lock()
        self._made: dict[SiteId, SiteTopology] = {}
        self._noted = 0
        """How often something was noted: what was put together meanwhile may already be old."""
        self._revision = 0
        self._to_refresh: set[SiteId] = set()
        self.counts: Counter[str] = Counter()
        """tables_kept, tables_old, moves."""

    # What changes it.

    def keep_document(self, address: Address, document: Document, received_at: int) -> None:
        """Take a device's tables; those read before the ones that are kept are history.

        `Poison` ``bad_stations`` for content of another shape, ``too_many_devices`` where the site tells of more than there are.
        """
        tables = decoded(document.content)
        key = (address.site, document.device)
        with writing(self._engine) as session:
            row = session.get(SightingsRow, key)
            if row is None:
                _refuse_more_tellers(session, address.site)
            if row is not None and document.observed_at <= row.observed_at:
                self.counts["tables_old"] += 1
                return
            before = _decoder.decode(row.told) if row else Sightings()
            told = with_tables(before, tables, document.observed_at)
            session.merge(_row(*key, document.observed_at, told))
        self.counts["tables_kept"] += 1
        self._note([address.site])

    def refresh(self, now: int) -> None:
        """Look at the sites of which something was told since the last time: remember neighbours and note moves."""
        self._note_changes()
        with self._lock:
            sites, self._to_refresh = sorted(self._to_refresh), set()
        for site in sites:
            devices = self._registry.devices(SYSTEM, site)
            with writing(self._engine) as session:
                self._remember_neighbours(session, site, devices)
                self._note_moves(session, site, devices, now)

    # What is asked.

    def site(self, scope: Scope, site: SiteId) -> SiteTopology:
        """The network of a site; `NotFound` for one that is not the caller's."""
        scope.require(site)
        self._note_changes()
        with self._lock:
            made, noted = self._made.get(site), self._noted
        if made is not None:
            return made
        devices = self._registry.devices(scope, site)
        with reading(self._engine) as session:
            made = self._make(session, site, devices)
        with self._lock:
            if len(self._made) >= MOST_SITES:
                self._made.clear()
            if self._noted == noted:
                self._made[site] = made
        return made

    def links(self, scope: Scope, site: SiteId) -> tuple[Link, ...]:
        """Every link of a site, in order."""
        return self.site(scope, site).topology.links

    def conflicts(self, scope: Scope, site: SiteId) -> tuple[Conflict, ...]:
        """What the tables of a site disagree about."""
        return self.site(scope, site).topology.conflicts

    def path(self, scope: Scope, site: SiteId, device: DeviceId) -> list[Up]:
        """The steps from a device to the one with the link into the metro network; empty when none is known."""
        return path_of(self.site(scope, site).tree, device)

    def way(self, scope: Scope, site: SiteId, device: DeviceId) -> list[End]:
        """The managed devices over which it reaches the metro network, each with its port that leads here, the nearest first."""
        tree = self.site(scope, site).tree
        found: list[End] = []
        while (place := place_of(tree, found[-1].node if found else device)) is not None:
            found.append(place)
        return found

    def on_ports(self, scope: Scope, site: SiteId, device: DeviceId) -> dict[str, tuple[DeviceId, ...]]:
        """Which devices are at the other end of each port of a device, in order; ports that lead to none are left out."""
        return {
            end.port: found for end, found in self.site(scope, site).beyond.items() if end.node == device and end.port
        }

    def parents(self, scope: Scope, site: SiteId) -> dict[DeviceId, tuple[DeviceId, ...]]:
        """By device those over which it reaches the metro network: while one of them works it is not cut off.

        Two or more in a ring, the nearest first. Devices without a known way, and those where the metro network begins, are
        left out.
        """
        return parents_of(self.site(scope, site).tree)

    def _make(self, session: Session, site: SiteId, devices: Sequence[Device]) -> SiteTopology:
        tellers = _tellers(devices, _read(session, site), self._clock())
        topology = merged(tellers)
        tree = tree_of(topology, tellers)
        rows = session.exec(select(PlacementRow).where(col(PlacementRow.site) == site))
        placements = {DeviceId(row.device): _placement_of(row) for row in rows}
        places = {device: place for device in tree.up if (place := place_of(tree, device)) is not None}
        placed = {}
        for device, place in places.items():
            known = placements.get(DeviceId(device))
            placed[DeviceId(device)] = known if known and known.place == place else Placement(place, 0)
        return SiteTopology(topology, tree, placed)

    def _remember_neighbours(self, session: Session, site: SiteId, devices: Sequence[Device]) -> None:
        """Write down whom facts name now: when they are silent about a port later, it is known who hung there."""
        rows = {row.device: row for row in session.exec(select(SightingsRow).where(col(SightingsRow.site) == site))}
        for device in devices:
            row = rows.get(device.id)
            before = _decoder.decode(row.told) if row else Sightings()
            told = with_neighbours(before, device.facts.neighbours, device.facts.observed_at)
            if told.met != before.met:
                session.merge(_row(site, device.id, row.observed_at if row else 0, told))
        session.flush()

    def _note_moves(self, session: Session, site: SiteId, devices: Sequence[Device], now: int) -> None:
        made = self._make(session, site, devices)
        rows = {row.device: row for row in session.exec(select(PlacementRow).where(col(PlacementRow.site) == site))}
        for device in (each.id for each in devices):
            place, row = place_of(made.tree, device), rows.get(device)
            if place is None:
                continue
            former = End(row.parent, row.port) if row is not None else End("")
            if place == former or place == End(former.node):  # the same, or less known than it was
                continue
            self.counts["moves"] += row is not None
            session.merge(
                PlacementRow(
                    site=site,
                    device=device,
                    parent=place.node,
                    port=place.port,
                    since_at=now,
                    former_parent=former.node,
                    former_port=former.port,
                )
            )
        with self._lock:
            self._made.pop(site, None)

    def _note_changes(self) -> None:
        with self._lock:
            revision = self._revision
        now, changed = self._registry.changes_after(revision)
        with self._lock:
            self._revision = max(now, self._revision)
        self._note({site for site, _ in changed})

    def _note(self, sites: Sequence[SiteId] | set[SiteId]) -> None:
        with self._lock:
            self._noted += bool(sites)
            self._to_refresh.update(sites)
            for site in sites:
                self._made.pop(site, None)


def _read(session: Session, site: SiteId) -> Mapping[str, Sightings]:
    rows = session.exec(select(SightingsRow).where(col(SightingsRow.site) == site))
    return {row.device: _decoder.decode(row.told) for row in rows}


def _tellers(devices: Sequence[Device], told: Mapping[str, Sightings], now: int) -> list[Teller]:
    """The site's devices with what they told; what their facts name now is as new as can be."""
    return [
        Teller(
            device.id,
            device.kind,
            device.facts,
            with_neighbours(told.get(device.id, Sightings()), device.facts.neighbours, now),
        )
        for device in devices
    ]


def _refuse_more_tellers(session: Session, site: SiteId) -> None:
    told = sa.select(sa.func.count()).select_from(SightingsRow).where(col(SightingsRow.site) == site)
    if int(session.execute(told).scalar_one()) >= MOST_TELLERS:
        raise Poison("too_many_devices", f"{site} has tables of {MOST_TELLERS} devices already")


def _row(site: SiteId, device: DeviceId, observed_at: int, told: Sightings) -> SightingsRow:
    return SightingsRow(site=site, device=device, observed_at=observed_at, told=_encoder.encode(told).decode())


def _placement_of(row: PlacementRow) -> Placement:
    former = End(row.former_parent, row.former_port) if row.former_parent else None
    return Placement(End(row.parent, row.port), row.since_at, former)
