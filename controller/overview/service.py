"""Is it all right, now? For the district, a school, a device. Reads only, from memory but for a few short lists."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from campus.ids import DeviceId, SiteId
from campus.metrics import Health
from controller.identity.scope import NotFound, Scope
from controller.overview.delivery import take_delivery
from controller.overview.health import OpenAlert, most_urgent, site_sign, worst
from controller.overview.model import (
    Delivery,
    DeviceHealth,
    DeviceOverview,
    DeviceSign,
    DistrictOverview,
    HealthCounts,
    RoomOverview,
    SiteHealth,
    SiteOverview,
)
from controller.overview.picture import Picture, take_picture
from controller.overview.port import Alerts, Reception, Registry, Telemetry
from controller.overview.words import Schools, district_sentence, site_sentence
from controller.registry.model import Device, Site


@dataclass(frozen=True)
class DeviceList:
    """Many devices: the sign of each at once, the rest for those that are asked about."""

    picture: Picture
    signs: list[DeviceSign]

    def overview(self, device: Device) -> DeviceOverview:
        """One of them."""
        return _device_overview(self.picture, device)

    def heard_at(self, device: Device) -> int:
        """When anything was last heard of it (UTC ms)."""
        return max(device.last_seen_at, self.picture.newest_at(device.site, device.id))


class OverviewService:
    """Thread-safe; built from services, keeps nothing. What the caller does not see is `NotFound`."""

    def __init__(
        self, telemetry: Telemetry, registry: Registry, alerts: Alerts, clock: Callable[[], int], reception: Reception
    ) -> None:
        self._telemetry = telemetry
        self._registry = registry
        self._alerts = alerts
        self._clock = clock
        self._reception = reception

    def district(self, scope: Scope) -> DistrictOverview:
        """Everything the caller sees; schools in the registry's order."""
        picture = self._picture(scope)
        sites = [
            _site_health(picture, site, self._registry.device_ids(scope, site.id))
            for site in self._registry.sites(scope)
        ]
        alerts = [each for site in sites for each in picture.site_alerts(site.site.id)]
        sentence = district_sentence(_schools(picture, sites), alerts)
        agents = [agent for those in picture.agents.values() for agent in those]
        return DistrictOverview(
            at=picture.now,
            health=worst(site.health for site in sites),
            sentence_en=sentence.en,
            sentence_zh=sentence.zh,
            devices=_sum([site.devices for site in sites]),
            open_alerts=sum(site.open_alerts for site in sites),
            agents=len(agents),
            agents_online=sum(agent.online for agent in agents),
            sites=sites,
        )

    def site(self, scope: Scope, site: SiteId) -> SiteOverview:
        """One school with its rooms and devices; rooms in the registry's order, then the devices without a room."""
        scope.require(site)
        found = next((each for each in self._registry.sites(scope) if each.id == site), None)
        if found is None:
            raise NotFound
        picture = self._picture(scope, site)
        devices = self._registry.devices(scope, site)
        summary = _site_health(picture, found, [device.id for device in devices])
        sentence = site_sentence(
            is_cut_off=summary.is_cut_off,
            is_heard=summary.health is not Health.UNKNOWN,
            alerts=picture.site_alerts(site),
        )
        return SiteOverview(picture.now, summary, sentence.en, sentence.zh, self._rooms(scope, site, picture, devices))

    def devices(self, scope: Scope, site: SiteId | None = None) -> DeviceList:
        """Every device the caller sees (of one site), sites in the registry's order."""
        if site is not None:
            scope.require(site)
        picture = self._picture(scope, site)
        return DeviceList(
            picture,
            [
                DeviceSign(each.id, device, kind, picture.sign(each.id, device))
                for each in self._registry.sites(scope)
                if site in (None, each.id)
                for device, kind in self._registry.device_kinds(scope, each.id).items()
            ],
        )

    def device_health(self, scope: Scope, site: SiteId, device: DeviceId) -> DeviceHealth:
        """One device's sign, why, and since when."""
        scope.require(site)
        if device not in self._registry.device_ids(scope, site):
            raise NotFound
        return self._picture(scope, site).health(site, device)

    def delivery(self, scope: Scope) -> Delivery:
        """How data arrives from the agents the caller sees, in the registry's order."""
        now = self._clock()
        return take_delivery(scope, self._registry, self._telemetry, self._reception.state(now), now)

    def _picture(self, scope: Scope, site: SiteId | None = None) -> Picture:
        return take_picture(scope, self._registry, self._alerts, self._telemetry, self._clock(), site)

    def _rooms(self, scope: Scope, site: SiteId, picture: Picture, devices: Sequence[Device]) -> list[RoomOverview]:
        rooms = self._registry.rooms(scope, site)
        known = {room.id for room in rooms}
        inside: dict[str, list[DeviceOverview]] = defaultdict(list)
        for device in devices:
            inside[device.room if device.room in known else ""].append(_device_overview(picture, device))
        overviews = [
            RoomOverview(room, worst(each.health.health for each in inside[room.id]), inside[room.id]) for room in rooms
        ]
        if inside[""]:
            overviews.append(RoomOverview(None, worst(each.health.health for each in inside[""]), inside[""]))
        return overviews


def _device_overview(picture: Picture, device: Device) -> DeviceOverview:
    key = device.site, device.id
    return DeviceOverview(device, picture.health(*key), len(picture.alerts.get(key, ())))


def _site_health(picture: Picture, site: Site, devices: Sequence[DeviceId]) -> SiteHealth:
    signs = picture.counts(site.id, devices)
    told = most_urgent(picture.site_alerts(site.id))
    cut_off_since = picture.cut_off_since.get(site.id)
    if cut_off_since is not None:
        health = Health.FAILED
        reasons = ("Cut off: its agent is not heard any more", "断网：已收不到该校采集器的数据")
        since = cut_off_since
    else:
        health = site_sign(told, signs)
        reasons = _reasons(health, told, signs)
        since = told[0].alert.opened_at if told else 0
    return SiteHealth(
        site=site,
        health=health,
        reason_en=reasons[0],
        reason_zh=reasons[1],
        since=since,
        devices=signs,
        open_alerts=picture.open_alerts(site.id),
        is_cut_off=cut_off_since is not None,
        links=tuple(picture.links.get(site.id, ())),
    )


def _reasons(health: Health, told: Sequence[OpenAlert], signs: HealthCounts) -> tuple[str, str]:
    if health is Health.UNKNOWN:
        return "Nothing has been heard from it yet", "尚无数据"
    if told:
        others = len({each.rule.id for each in told}) - 1
        more_en, more_zh = (f" (and {others} more)", f"（另有 {others} 项）") if others else ("", "")
        return told[0].rule.title_en + more_en, told[0].rule.title_zh + more_zh
    if signs.failed:
        verb = "does" if signs.failed == 1 else "do"
        return (
            f"{signs.failed} of {signs.total} devices {verb} not answer",
            f"{signs.total} 台设备中有 {signs.failed} 台无应答",
        )
    return "Everything works", "运行正常"


def _schools(picture: Picture, sites: Sequence[SiteHealth]) -> Schools:
    schools = [site for site in sites if not site.site.is_centre]
    return Schools(
        total=len(schools),
        cut_off=sum(site.is_cut_off for site in schools),
        never_heard=sum(site.health is Health.UNKNOWN for site in schools),
        troubled=sum(site.health in (Health.FAILED, Health.ATTENTION) for site in schools),
    )


def _sum(counts: Sequence[HealthCounts]) -> HealthCounts:
    return HealthCounts(
        good=sum(each.good for each in counts),
        attention=sum(each.attention for each in counts),
        failed=sum(each.failed for each in counts),
        unknown=sum(each.unknown for each in counts),
    )
