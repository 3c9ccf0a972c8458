"""Schools seen from the centre: where their fibres end, which are cut off, and whether many are at once."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.alerts.causes import words
from controller.alerts.causes.model import (
    DISTRICT_RULE,
    ON_BATTERY,
    PORT_DOWN,
    RETURN_MS,
    Blame,
    Fate,
    Fortune,
    Part,
    Reading,
    Reason,
    Trouble,
)
from controller.alerts.causes.port import Registry
from controller.alerts.causes.school import Inside, Outside, blame_of
from controller.alerts.causes.view import KnownSite, Readings
from controller.alerts.model import AlertKey
from controller.identity.scope import SYSTEM
from controller.registry.model import Device
from controller.store.port import DistrictSeries

MASS: Final = 5
"""So many schools of one organisation cut off together are one fault of what they share."""
NEAR_MS: Final = 25_000
"""What they share takes them all at once: their agents spoke last within one pause between two heartbeats of each other."""
MOST_LEFT: Final = 2
"""So few schools still cut off, of many that were, are told each by itself."""
HEARD_AFTER_MS: Final = 30_000
BEFORE_MS: Final = 300_000
"""The traffic of so long before a cut is what was usual."""
KNOWN_FOR_MS: Final = 60_000


class CorePort(NamedTuple):
    """The centre's end of a school's fibre."""

    site: SiteId
    device: DeviceId
    port: str


@dataclass(frozen=True)
class Cut:
    """A school that is not heard, and behind which alert all of it hides."""

    trouble: Trouble
    root: int


class Schools:
    """What is known of all schools together. One thread."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._read_at = -KNOWN_FOR_MS
        self.centres: frozenset[SiteId] = frozenset()
        self._organisation: dict[SiteId, str] = {}
        self.port_of: dict[SiteId, CorePort] = {}
        self.cuts: dict[SiteId, Cut] = {}
        self.back_at: dict[SiteId, int] = {}
        """When schools that were cut off were heard again."""

    def refresh(self, now: int) -> None:
        """Look anew who there is, once a minute."""
        if now - self._read_at < KNOWN_FOR_MS:
            return
        sites = self._registry.sites(SYSTEM)
        self.centres = frozenset(each.id for each in sites if each.is_centre)
        self._organisation = {each.id: each.organisation for each in sites}
        self.port_of = _core_ports(self._registry, self.centres)
        self._read_at = now

    def school_at(self, centre: SiteId, device: DeviceId, port: str) -> SiteId | None:
        """The school whose fibre ends at a port of the centre."""
        wanted = CorePort(centre, device, port)
        return next((site for site, place in self.port_of.items() if place == wanted), None)

    def district_key(self, cut: Trouble) -> tuple[AlertKey, Reason] | None:
        """The alert of the district that a cut belongs to, and why; None where it is a school's own."""
        near = [each.trouble for each in self.cuts.values() if abs(each.trouble.since - cut.since) <= NEAR_MS]
        centre = min(self.centres, default=None)
        if centre is None:
            return None
        if len(near) > 1 and any(each.site in self.centres for each in near):
            return _key(centre, ""), Reason(
                "the centre's own agent fell silent with them: it is the centre's network, its broker or this computer",
                "中心采集器也同时无数据：问题在中心网络、消息服务器或本机",
            )
        group = self._organisation.get(cut.site, "")
        fellows = [each for each in near if self._organisation.get(each.site) == group]
        if len(fellows) < MASS:
            return None
        return _key(centre, group), Reason(
            f"{len(fellows)} schools were cut off within {NEAR_MS // 1000} s: something they share",
            f"{len(fellows)} 所学校在 {NEAR_MS // 1000} 秒内相继断网：共用线路或供电故障",
        )

    def nearly_over(self, districts: Iterable[Trouble], now: int) -> set[int]:
        """Alerts of many schools of which hardly any is left: what they shared works again, these have faults of their own."""
        left = Counter(each.trouble.cause for each in self.cuts.values())
        return {
            each.id
            for each in districts
            if each.instance and left[each.id] <= MOST_LEFT and now >= each.opened_at + RETURN_MS
        }

    def is_in_doubt(self, cut: Trouble) -> bool:
        """Whether so many other agents have not been heard since that it may be more than a school's own fault."""
        near = sum(abs(each.trouble.since - cut.since) <= NEAR_MS for each in self.cuts.values())
        silent = sum(
            0 < cut.since - NEAR_MS <= agent.last_frame_at <= cut.since + 5_000
            for agent in self._registry.agents(SYSTEM)
            if agent.site not in self.cuts
        )
        return silent > 0 and near + silent >= MASS

    def outside(self, cut: Trouble, view: KnownSite, readings: Readings) -> Outside:
        """What is known of a cut school."""
        on_battery = any(view.reading(ups, "ups_source_state").value in ON_BATTERY for ups in view.map.upses)
        agents = [each for each in self._registry.agents(SYSTEM) if each.site == cut.site]
        place = self.port_of.get(cut.site)
        if place is None:
            return Outside(cut.since, on_battery)
        traffic = _series(place.site, place.device, "if_in_bps", place.port)
        before = readings.between(traffic, cut.since - BEFORE_MS, cut.since)
        return Outside(
            since=cut.since,
            is_on_battery=on_battery,
            port=readings.newest(_series(place.site, place.device, "if_oper_state", place.port)),
            traffic_before_bps=sum(before) / len(before) if before else math.nan,
            traffic=readings.newest(traffic),
            said_goodbye=bool(agents) and not any(each.online for each in agents),
        )

    def fortune(self, cut: Trouble, view: KnownSite, readings: Readings, power: Trouble | None) -> Fortune:
        """What becomes of the alert of a school that is cut off by itself."""
        if cut.site in self.centres:
            fate = Fate.WAIT if self.is_in_doubt(cut) else Fate.STAND
            return Fortune(fate, words.OWN_AGENT, blame=Blame.AGENT)
        blame, why = blame_of(self.outside(cut, view, readings))
        if blame is Blame.POWER and power is not None:
            return Fortune(Fate.FOLLOW, why, power.id, blame)
        if self.is_in_doubt(cut):
            return Fortune(Fate.WAIT, words.OTHERS_IN_DOUBT, blame=blame)
        return Fortune(Fate.WAIT if blame is None else Fate.STAND, why, blame=blame)


def inside(view: KnownSite, readings: Readings, start: int, end: int) -> Inside:
    """What a school's agent measured while it was cut off."""
    site = view.map.site

    def shares(names: list[DistrictSeries], bad: frozenset[float]) -> tuple[float, int]:
        values = [value for name in names for value in readings.between(name, start, end)]
        return (sum(value in bad for value in values) / len(values) if values else math.nan), len(values)

    gateways = view.map.gateways
    silent, told = shares([_series(site, each.id, "reachable", "") for each in gateways], frozenset({0.0}))
    ports = [_series(site, each.id, "if_oper_state", port) for each in gateways for port in each.facts.uplinks]
    down, _ = shares(ports, PORT_DOWN)
    battery, _ = shares([_series(site, each, "ups_source_state", "") for each in view.map.upses], ON_BATTERY)
    return Inside(told, silent, down, battery)


def _series(site: SiteId, device: DeviceId, metric: str, instance: str) -> DistrictSeries:
    return DistrictSeries(site, device, MetricId(metric), Instance(instance))


def _key(centre: SiteId, group: str) -> AlertKey:
    return AlertKey(DISTRICT_RULE, centre, "", group)


def _core_ports(registry: Registry, centres: frozenset[SiteId]) -> dict[SiteId, CorePort]:
    """Where the fibre of each school ends: LLDP names its gateway, else the port's alias names the school."""
    links = [link for link in registry.links(SYSTEM) if link.site not in centres]
    gateways = registry.devices_of(SYSTEM, [(link.site, link.device) for link in links])
    site_of = _by_name(gateways)
    known = {link.site for link in links}
    found: dict[SiteId, CorePort] = {}
    for centre in sorted(centres):
        for device in registry.devices(SYSTEM, centre):
            for port in device.facts.ports:
                if port.alias in known:
                    found[SiteId(port.alias)] = CorePort(centre, device.id, port.instance)
            for each in device.facts.neighbours:
                site = site_of.get(each.remote_name.lower()) or site_of.get(each.remote_chassis.lower())
                if site is not None:
                    found[site] = CorePort(centre, device.id, each.local_port)
    return found


def _by_name(gateways: Mapping[tuple[SiteId, DeviceId], Device]) -> dict[str, SiteId]:
    """Schools by what their gateways call themselves, where no two do so alike."""
    found: dict[str, SiteId] = {}
    twice: set[str] = set()
    for (site, _), gateway in gateways.items():
        for name in (gateway.facts.system_name, *gateway.facts.macs, *(port.mac for port in gateway.facts.ports)):
            if name:
                twice.update({name.lower()} if found.get(name.lower(), site) != site else ())
                found[name.lower()] = site
    return {name: site for name, site in found.items() if name not in twice}


def port_fortune(trouble: Trouble, cut: Cut | None, heard: Reading) -> Fortune:
    """What becomes of an alert of the centre's end of a school's fibre; `heard`: the last word of that school's agent."""
    if cut is not None and cut.trouble.id != trouble.id:
        return Fortune(Fate.FOLLOW, words.IS_CUT, cut.root)
    if trouble.part is Part.PORT and heard.at >= trouble.since + HEARD_AFTER_MS:
        return Fortune(Fate.STAND, words.STILL_HEARD, blame=Blame.FIBRE)
    return Fortune(Fate.WAIT, words.LINE_DEAD, blame=Blame.FIBRE)
