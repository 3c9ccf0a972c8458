"""A site as it is known: its network from the topology, its floors from the registry, readings from the store."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceKind
from controller.alerts.causes.model import NOTHING, PORT_DOWN, Reading, Way
from controller.alerts.causes.port import Registry, Topology
from controller.identity.scope import SYSTEM
from controller.registry.model import Device
from controller.store.port import DistrictSeries, Level, SampleStore
from controller.topology.model import End, SiteTopology

_NO: Final = frozenset({0.0})
_EQUIPMENT: Final = frozenset({DeviceKind.GATEWAY, DeviceKind.SWITCH, DeviceKind.UPS, DeviceKind.AGENT})
_OF_NETWORK_ROOM: Final = frozenset({DeviceKind.GATEWAY, DeviceKind.AGENT, DeviceKind.UPS})


class Readings:
    """The newest values, each asked of the store once while this lives: one for each look."""

    def __init__(self, store: SampleStore, now: int) -> None:
        self._store = store
        self._now = now
        self._known: dict[DistrictSeries, Reading] = {}

    def newest(self, name: DistrictSeries) -> Reading:
        """The newest value; `NOTHING` where there is none."""
        if name not in self._known:
            ids = self._store.ids_of([name])
            latest = self._store.latest(ids[ids >= 0])
            is_there = len(latest.measured_at) and latest.measured_at[0]
            self._known[name] = Reading(int(latest.measured_at[0]), float(latest.value[0])) if is_there else NOTHING
        return self._known[name]

    def between(self, name: DistrictSeries, start: int, end: int) -> list[float]:
        """The samples of start <= at < end, oldest first."""
        return [value for _, value in self._window(name, start, end)]

    def told(self, name: DistrictSeries, since: int) -> list[tuple[int, float]]:
        """The samples since then with their instants, oldest first."""
        return self._window(name, since, self._now + 1)

    def _window(self, name: DistrictSeries, start: int, end: int) -> list[tuple[int, float]]:
        ids = self._store.ids_of([name])
        if not (ids >= 0).all() or end <= start:
            return []
        window = self._store.window(ids, start, end, Level.RAW)
        return sorted(zip(window.at.tolist(), window.mean.tolist(), strict=True))


class SiteMap:
    """What changes seldom of a site: how it is cabled, where things stand."""

    def __init__(self, site: SiteId, registry: Registry, topology: Topology) -> None:
        self.site = site
        self.devices: dict[DeviceId, Device] = {each.id: each for each in registry.devices(SYSTEM, site)}
        self.network: SiteTopology = topology.site(SYSTEM, site)
        self.parents = topology.parents(SYSTEM, site)
        self._floor_of_room = {room.id: room.floor for room in registry.rooms(SYSTEM, site)}

    @cached_property
    def agent(self) -> DeviceId:
        """The device that is the site's own agent."""
        agents = [each.id for each in self.devices.values() if each.kind is DeviceKind.AGENT]
        return agents[0] if agents else DeviceId(str(self.site))

    @cached_property
    def upses(self) -> list[DeviceId]:
        """Its UPSes."""
        return [each.id for each in self.devices.values() if each.kind is DeviceKind.UPS]

    @cached_property
    def network_devices(self) -> list[DeviceId]:
        """Its switches and gateways."""
        return [each.id for each in self.devices.values() if each.kind in (DeviceKind.SWITCH, DeviceKind.GATEWAY)]

    @cached_property
    def gateways(self) -> list[Device]:
        """What leads into the metro network."""
        return [each for each in self.devices.values() if each.facts.uplinks]

    @cached_property
    def ports_to(self) -> dict[tuple[DeviceId, DeviceId], tuple[str, ...]]:
        """By device and the one that hangs on it: the ports."""
        found: dict[tuple[DeviceId, DeviceId], list[str]] = defaultdict(list)
        for end, devices in self.network.beyond.items():
            for device in devices:
                if end.port:
                    found[DeviceId(end.node), device].append(end.port)
        return {key: tuple(sorted(ports)) for key, ports in found.items()}

    @cached_property
    def far_ends(self) -> dict[End, End]:
        """Ports and what they are cabled to."""
        links = self.network.topology.links
        ends = [(link.one, link.other) for link in links] + [(link.other, link.one) for link in links]
        return {one: other for one, other in ends if one.port and other.port}

    @cached_property
    def names(self) -> dict[str, DeviceId]:
        """Devices by id and by what people call them."""
        return {each.name: each.id for each in self.devices.values()} | {str(each): each for each in self.devices}

    @cached_property
    def floors(self) -> dict[DeviceId, int]:
        """Of what hangs on a floor's feed; the network's own rooms are left out, they have another."""
        own_rooms = {each.room for each in self.devices.values() if each.kind in _OF_NETWORK_ROOM}
        return {
            each.id: self._floor_of_room[each.room]
            for each in self.devices.values()
            if each.room in self._floor_of_room and each.room not in own_rooms and each.kind not in _EQUIPMENT
        }

    @cached_property
    def by_floor(self) -> dict[int, list[DeviceId]]:
        """Who stands on each."""
        found: dict[int, list[DeviceId]] = defaultdict(list)
        for device, floor in self.floors.items():
            found[floor].append(device)
        return dict(found)

    def raw_floor(self, device: DeviceId) -> int | None:
        """Where anything stands."""
        known = self.devices.get(device)
        return self._floor_of_room.get(known.room) if known else None


class KnownSite:
    """`controller.alerts.causes.port.SiteView` of one moment."""

    def __init__(self, site_map: SiteMap, readings: Readings, now: int) -> None:
        self.map = site_map
        self._readings = readings
        self._now = now

    def ways(self, device: DeviceId) -> Sequence[Way]:
        """See the port."""
        ports = self.map.ports_to
        return [Way(parent, ports.get((parent, device), ())) for parent in self.map.parents.get(device, ())]

    def beyond(self, device: DeviceId, port: str) -> Sequence[DeviceId]:
        """See the port."""
        return self.map.network.beyond.get(End(device, port), ())

    def far_end(self, device: DeviceId, port: str) -> tuple[DeviceId, str] | None:
        """See the port."""
        other = self.map.far_ends.get(End(device, port))
        return (DeviceId(other.node), other.port) if other else None

    def reading(self, device: DeviceId, metric: str, instance: str = "") -> Reading:
        """See the port."""
        return self._readings.newest(DistrictSeries(self.map.site, device, MetricId(metric), Instance(instance)))

    def last_bad_at(self, way: Way, since: int) -> int:
        """See the port."""
        site, parent = self.map.site, way.parent
        names = {DistrictSeries(site, parent, MetricId("reachable"), Instance("")): _NO}
        names |= {
            DistrictSeries(site, parent, MetricId("if_oper_state"), Instance(port)): PORT_DOWN for port in way.ports
        }
        told = ((at, value in bad) for name, bad in names.items() for at, value in self._readings.told(name, since))
        return max((at for at, is_bad in told if is_bad), default=0)

    def kind(self, device: DeviceId) -> DeviceKind:
        """See the port."""
        known = self.map.devices.get(device)
        return known.kind if known else DeviceKind.OTHER

    def name(self, device: DeviceId) -> str:
        """See the port."""
        known = self.map.devices.get(device)
        return known.name if known else str(device)

    def floor(self, device: DeviceId) -> int | None:
        """See the port."""
        return self.map.floors.get(device)

    def on_floor(self, floor: int) -> Sequence[DeviceId]:
        """See the port."""
        return self.map.by_floor.get(floor, ())

    def is_fed_by(self, ups: DeviceId, device: DeviceId) -> bool:
        """See the port."""
        if len(self.map.upses) <= 1:
            return True
        floor = self.map.raw_floor(ups)
        return floor is not None and floor == self.map.raw_floor(device)

    def named(self, text: str) -> DeviceId | None:
        """See the port."""
        return self.map.names.get(text) if text else None

    @property
    def network(self) -> Sequence[DeviceId]:
        """See the port."""
        return self.map.network_devices

    @property
    def agent_heard_at(self) -> int:
        """See the port."""
        return self.reading(self.map.agent, "agent_spool_bytes").at
