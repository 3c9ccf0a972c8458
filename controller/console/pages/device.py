"""A device's page: is it healthy and since when, the pictures that matter for its kind, ports, facts, alerts."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from campus.ids import DeviceId, SiteId
from campus.metrics import Health, catalogue, made_by_centre
from campus.samples import DeviceKind, Event, Neighbour, PortFacts
from controller.console.console import Console
from controller.console.format import short_port
from controller.console.page import Page, address, attempt, device_address
from controller.console.panels import PANELS, PORT_METRICS, Panel
from controller.console.stories import Story, Storyteller, urgent_first
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role, Scope
from controller.registry.model import Device
from controller.telemetry.model import LatestValue
from controller.topology.model import End, Placement
from controller.wording import in_each_language
from controller.workorders.model import OrderQuery

PERIODS: Final = {"1h": 3_600_000, "24h": 86_400_000, "7d": 7 * 86_400_000, "30d": 30 * 86_400_000}
DEFAULT_PERIOD: Final = "24h"
OLD_MS: Final = 15 * 60_000
"""A newest value older than this is shown as old."""
SHOWN_ALERTS: Final = 8
SHOWN_REPORTS: Final = 12
SHOWN_ORDERS: Final = 10
MAX_INSTANCES: Final = 6
"""A picture with more lines or rows than this is not read by anybody, nor are more numbers of one kind."""
STATES_FIRST: Final = frozenset(
    {DeviceKind.BOARD, DeviceKind.PROJECTOR, DeviceKind.CAMERA, DeviceKind.RECORDER, DeviceKind.GATE, DeviceKind.UPS}
)
"""Kinds whose states tell more than their numbers."""


@dataclass(frozen=True)
class Picture:
    """A chart's place on the page."""

    title: str
    source: str
    size: str
    is_wide: bool


@dataclass(frozen=True)
class Reported:
    """A moment the device told of by itself (a trap, a restart), with its title and text in the reader's language."""

    title: str
    text: str
    event: Event


@dataclass(frozen=True)
class Port:
    """One row of the ports table: what the facts say of a port and what was measured of it."""

    facts: PortFacts
    latest: dict[str, LatestValue]
    neighbours: tuple[Neighbour, ...]
    is_uplink: bool
    beyond: tuple[DeviceId, ...] = ()
    """Registered devices at its other end."""

    def value(self, metric: str) -> float | None:
        """The newest number of a metric of this port."""
        found = self.latest.get(metric)
        return found.value if found else None

    @property
    def sign(self) -> str:
        """Health of the port's state; a port that is switched off on purpose is quiet."""
        state, wanted = self.latest.get("if_oper_state"), self.latest.get("if_admin_state")
        if state is None or state.state is None:
            return "unknown"
        # A free socket is nobody's fault: only an uplink or a port with a known neighbour is missed.
        is_missed = self.is_uplink or bool(self.neighbours)
        if state.state.health == "failed" and (not is_missed or (wanted is not None and wanted.value == 2)):
            return "unknown"
        return str(state.state.health)


def device_router(console: Console) -> APIRouter:
    """``/sites/{site}/devices/{device}``."""
    router = APIRouter()

    @router.get("/sites/{site}/devices/{device_id}")
    def device(
        request: Request,
        scope: CallerScope,
        site: str,
        device_id: str,
        period: str = "",
        port: str = "",
        metric: str = "",
    ) -> Response:
        """One device; `port` or `metric` put a picture of it first."""
        page = console.page(request, scope, site)
        services = console.services
        found = services.registry.device(scope, SiteId(site), DeviceId(device_id))
        health = services.overview.device_health(scope, found.site, found.id)
        latest = attempt(lambda: services.telemetry.latest(scope, found.site, found.id))
        nearby = services.registry.devices(scope, found.site)
        beyond = attempt(lambda: services.topology.on_ports(scope, found.site, found.id)) or {}
        chosen = period if period in PERIODS else DEFAULT_PERIOD
        values = [each for each in latest or [] if each.metric in catalogue()]
        main_values = told_first(found.kind, values)
        return console.render(
            page,
            "device.html",
            task="devices",
            device=found,
            health=health,
            room=_room_name(console, page, scope, found),
            is_readable=latest is not None,
            crowded={each.metric for each in values if sum(each.metric == other.metric for other in values) > 1},
            main_values=main_values,
            short_port=short_port,
            other_values=[each for each in values if each not in main_values and each.metric not in PORT_METRICS],
            pictures=pictures(page, found, values, chosen, port, metric),
            may_see_configuration=scope.role >= Role.OPERATOR,
            chosen=chosen,
            periods=list(PERIODS),
            ports=ports(found, values, beyond),
            way=attempt(lambda: _way(console, scope, found)),
            stories=attempt(lambda: _stories(console, page, scope, found)),
            reports=attempt(lambda: _reports(console, page, scope, found)),
            orders=attempt(
                lambda: services.workorders.orders(
                    scope, OrderQuery(site=found.site, device=found.id, limit=SHOWN_ORDERS)
                )
            ),
            may_act=scope.role >= Role.TECHNICIAN,
            order_key=_key(scope, found, page.now),
            old_ms=OLD_MS,
            heard_at=heard_at(found, values),
            by_name=_by_name(nearby + _centre_devices(console, page, scope)),
            nearby={each.id: each for each in nearby},
        )

    return router


def heard_at(device: Device, values: list[LatestValue]) -> int:
    """When anything was last heard of it (UTC ms); what the controller makes itself is not heard of a device."""
    told = [each.measured_at for each in values if each.metric not in made_by_centre()]
    return max([device.last_seen_at, *told])


def pictures(
    page: Page, device: Device, values: list[LatestValue], chosen: str, port: str, metric: str
) -> list[Picture]:
    """Charts in the order of the kind's panels, for what the device does report; what was asked for stands first."""
    reported: dict[str, set[str]] = {}
    for each in values:
        reported.setdefault(each.metric, set()).add(each.instance)
    found = []
    if port in reported.get("if_in_bps", set()):
        found.append(_picture(page, device, Panel("if_in_bps", "if_out_bps"), chosen, port, is_wide=True))
    if metric in reported:
        found.append(_picture(page, device, Panel(metric), chosen, "", is_wide=True))
    strips = [panel.metric for panel in PANELS[device.kind] if panel.is_strip and panel.metric in reported]
    for panel in PANELS[device.kind]:
        if panel.metric in reported and not panel.is_strip:
            found += [
                _picture(page, device, panel, chosen, part, is_wide=panel.of_uplinks)
                for part in _parts(panel, device, reported[panel.metric])
            ]
    if strips:
        rows = min(MAX_INSTANCES, sum(len(reported[metric]) for metric in strips))
        found.insert(0 if device.kind in STATES_FIRST else len(found), _strip(page, device, strips, chosen, rows))
    return found


def _parts(panel: Panel, device: Device, reported: set[str]) -> list[str]:
    """Which instances get a picture each; one empty name stands for all of them together."""
    if panel.of_uplinks:
        return [port for port in device.facts.uplinks if port in reported]
    return sorted(reported, key=natural)[:MAX_INSTANCES] if panel.apart else [""]


@dataclass(frozen=True)
class Way:
    """Where a device hangs: since when and where before, the steps up to the metro network, and over how many it gets there."""

    placement: Placement
    steps: tuple[End, ...]
    """The device and port of each step; the last is where the metro network begins."""
    ways: int


def ports(device: Device, values: list[LatestValue], beyond: Mapping[str, tuple[DeviceId, ...]]) -> list[Port]:
    """Ports in their natural order, with the devices at the other end (`beyond`); those measured but not told of stand too."""
    measured: dict[str, dict[str, LatestValue]] = {}
    for each in values:
        if each.metric in PORT_METRICS:
            measured.setdefault(each.instance, {})[each.metric] = each
    told = {facts.instance: facts for facts in device.facts.ports}
    for instance in measured:
        told.setdefault(instance, PortFacts(instance))
    return [
        Port(
            facts=told[instance],
            latest=measured.get(instance, {}),
            neighbours=tuple(each for each in device.facts.neighbours if each.local_port == instance),
            is_uplink=instance in device.facts.uplinks,
            beyond=beyond.get(instance, ()),
        )
        for instance in sorted(told, key=natural)
    ]


def natural(text: str) -> list[tuple[int, int | str]]:
    """A key that sorts GE0/0/2 before GE0/0/10.

    >>> sorted(["GE0/0/10", "GE0/0/2"], key=natural)
    ['GE0/0/2', 'GE0/0/10']
    """
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", text) if part]


def _picture(page: Page, device: Device, panel: Panel, chosen: str, instance: str, *, is_wide: bool) -> Picture:
    part = f" · {page.part(instance)}" if instance else ""
    title = page.t("chart.traffic", port=instance) if panel.mirror else page.metric(panel.metric) + part
    query = {"metric": panel.metric, "mirror": panel.mirror, "instance": instance, "period": chosen}
    return Picture(title, address(f"{device_address(device.site, device.id)}/chart", query), "", is_wide)


def _strip(page: Page, device: Device, metrics: list[str], chosen: str, rows: int) -> Picture:
    query = {"metric": ",".join(metrics), "period": chosen}
    source = address(f"{device_address(device.site, device.id)}/chart", query)
    return Picture(page.t("device.states"), source, f"rows-{rows}", is_wide=True)


def _way(console: Console, scope: Scope, device: Device) -> Way | None:
    """None where nobody knows the device's place."""
    topology = console.services.topology
    network = topology.site(scope, device.site)
    if device.id not in network.placed:
        return None
    steps = topology.way(scope, device.site, device.id)
    return Way(network.placed[device.id], tuple(steps), len(network.tree.ways.get(device.id, ())))


def _centre_devices(console: Console, page: Page, scope: Scope) -> list[Device]:
    """What a gateway's uplink leads to."""
    return [each for site in page.sites if site.is_centre for each in console.services.registry.devices(scope, site.id)]


def _by_name(devices: list[Device]) -> dict[str, Device]:
    """Neighbours tell the name a device was given in its own settings, which is often its id."""
    return {
        name: each
        for each in devices
        for name in (each.name, f"{each.site}-{each.id}", str(each.id), each.facts.system_name)
        if name
    }


def told_first(kind: DeviceKind, values: list[LatestValue]) -> list[LatestValue]:
    """What stands at the top, in the order of the kind's panels; of a crowd of parts only those that are not well."""
    order = [panel.metric for panel in PANELS[kind] if panel.metric not in PORT_METRICS] + [
        "uptime_s",
        "response_time_ms",
        "poll_complete_percent",
    ]
    parts = Counter(each.metric for each in values)
    wanted = [each for each in values if each.metric in order and (parts[each.metric] <= MAX_INSTANCES or is_ill(each))]
    return sorted(wanted, key=lambda each: (order.index(each.metric), natural(each.instance)))


def is_ill(value: LatestValue) -> bool:
    """Whether its state wants somebody."""
    return value.state is not None and value.state.health in {Health.FAILED, Health.ATTENTION}


def _key(scope: Scope, device: Device, now: int) -> str:
    """The id of the order this page may make: pressed twice, it is one order."""
    return hashlib.sha256(repr((scope.user, device.site, device.id, now)).encode()).hexdigest()[:24]


def _room_name(console: Console, page: Page, scope: Scope, device: Device) -> str:
    if not device.room:
        return ""
    rooms = attempt(lambda: console.services.registry.rooms(scope, device.site)) or []
    return next((page.name(room) for room in rooms if room.id == device.room), device.room)


def _reports(console: Console, page: Page, scope: Scope, device: Device) -> list[Reported]:
    alerts = console.services.alerts
    return [
        Reported(
            page.either(words.title_en, words.title_zh), page.either(*in_each_language(report.event.text)), report.event
        )
        for report in alerts.events(scope, device.site, device.id, SHOWN_REPORTS)
        for words in [alerts.words_of(report.event.kind)]
    ]


def _stories(console: Console, page: Page, scope: Scope, device: Device) -> list[Story]:
    found = console.services.alerts.alerts(scope, site=device.site, device=device.id, limit=SHOWN_ALERTS)
    teller = Storyteller(console.services, page, scope)
    return urgent_first([teller.tell(each) for each in found])
