"""Alerts as people read them: what happened to which device where, grouped behind their cause."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert, AlertState, Group, Rule
from controller.console.format import share
from controller.console.page import Page, attempt
from controller.console.services import Services
from controller.identity.scope import NotFound, Scope
from controller.registry.model import Device

SEVERITIES = tuple(Severity)
"""Most urgent first, as the enumeration lists them."""
_OF_SERVICES = frozenset({"service_state", "service_response_ms", "tls_days_left"})
"""Metrics whose instance is an application service."""
_OF_PORTS = frozenset({"event:link_down", "event:link_up"})
"""Rules without a metric whose instance is a port."""
SEVERITY_SIGN = {
    Severity.CRITICAL: "failed",
    Severity.MAJOR: "failed",
    Severity.MINOR: "attention",
    Severity.INFO: "good",
}


@dataclass
class Story:
    """One alert in words. `hidden` are the alerts that only happened because of this one."""

    alert: Alert
    rule: Rule | None
    title: str
    site_name: str
    device_name: str
    place_name: str
    """Where to go and for what: room and device; the school where it is about all of it."""
    kind: DeviceKind
    part: str
    value: str
    hidden: list["Story"] = field(default_factory=list)


class Storyteller:
    """Knows the names of devices for one answer; asks the registry once for those of a list, however many there are."""

    def __init__(self, services: Services, page: Page, scope: Scope) -> None:
        self._alerts = services.alerts
        self._causes = services.causes
        self._registry = services.registry
        self._applications = services.applications
        self._topology = services.topology
        self._scope = scope
        self._page = page
        self._devices: dict[tuple[SiteId, DeviceId], Device | None] = {}
        self._rooms: dict[SiteId, dict[str, str]] = {}

    def tell(self, alert: Alert) -> Story:
        """One alert; one whose rule was removed keeps a plain title."""
        rule = self._rule(alert)
        device = self.device(alert.site, alert.device)
        page = self._page
        is_of_group = rule is not None and isinstance(rule.condition, Group)
        return Story(
            alert=alert,
            rule=rule,
            title=self._title(alert, rule),
            site_name=page.site_name(alert.site),
            device_name=device.name if device else str(alert.device) or page.t("alert.whole_school"),
            place_name=self.place(alert.site, alert.device),
            kind=device.kind if device else DeviceKind.OTHER,
            part=self._part(alert),
            value=share(alert.value) if is_of_group else page.quantity(alert.value, alert.metric),
        )

    def _title(self, alert: Alert, rule: Rule | None) -> str:
        """What it is called: by what broke, where that is known."""
        concluded = self._causes.headline(alert)
        if concluded is not None:
            return self._page.either(concluded.en, concluded.zh)
        return self._page.either(rule.title_en, rule.title_zh) if rule else self._page.metric(alert.metric)

    def device(self, site: SiteId, device: DeviceId) -> Device | None:
        """A device the person sees."""
        if (site, device) not in self._devices:
            self._learn([(site, device)])
        return self._devices[site, device]

    def tell_all(self, alerts: Sequence[Alert]) -> list[Story]:
        """Several; asks the registry once."""
        self._learn([(alert.site, alert.device) for alert in alerts])
        return [self.tell(alert) for alert in alerts]

    def grouped(self, alerts: Sequence[Alert]) -> list[Story]:
        """Alerts that stand for themselves, in the given order, each with those hidden behind it."""
        stories = self.tell_all(alerts)
        behind: dict[int, list[Story]] = defaultdict(list)
        for story in stories:
            behind[story.alert.cause].append(story)
        present = {story.alert.id for story in stories}
        for story in stories:
            story.hidden = behind[story.alert.id]
        return [story for story in stories if story.alert.cause not in present]

    def place(self, site: SiteId, device: DeviceId, room: str = "") -> str:
        """Room and device, each where it is known and the other does not say it already; else the school."""
        known = self.device(site, device) if device else None
        name = known.name if known else str(device)
        where = self._room(site, known.room if known else room)
        return " · ".join(filter(None, ("" if where and name.startswith(where) else where, name))) or (
            self._page.site_name(site)
        )

    def _room(self, site: SiteId, room: str) -> str:
        if site not in self._rooms:
            rooms = attempt(lambda: self._registry.rooms(self._scope, site)) or []
            self._rooms[site] = {each.id: self._page.name(each) for each in rooms}
        return self._rooms[site].get(room, "")

    def _learn(self, keys: Sequence[tuple[SiteId, DeviceId]]) -> None:
        found = self._registry.devices_of(self._scope, keys)
        self._devices.update((key, found.get(key)) for key in keys)

    def _part(self, alert: Alert) -> str:
        if alert.metric in _OF_SERVICES and alert.instance:
            name = self._applications.name_of(alert.instance)
            return self._page.either(name.en, name.zh)
        part = self._page.part(alert.instance)
        names = self._beyond(alert)
        return (
            self._page.t("topology.part_to", port=part, names=self._page.t("common.comma").join(names))
            if names
            else part
        )

    def _beyond(self, alert: Alert) -> list[str]:
        """What hangs on the port an alert is about: an alert of `GE0/0/7` says little to who looks for a silent room."""
        if not alert.instance or not (alert.metric.startswith("if_") or alert.rule in _OF_PORTS):
            return []
        found = attempt(lambda: self._topology.on_ports(self._scope, alert.site, alert.device)) or {}
        devices = [self.device(alert.site, each) for each in found.get(alert.instance, ())]
        return [device.name for device in devices if device]

    def _rule(self, alert: Alert) -> Rule | None:
        try:
            return self._alerts.rule(alert.rule, alert.site)
        except NotFound:
            return None


def urgent_first(stories: Sequence[Story]) -> list[Story]:
    """Open before cleared, most severe first, then newest."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    return sorted(
        stories,
        key=lambda story: (
            story.alert.state is not AlertState.OPEN,
            rank[story.alert.severity],
            -story.alert.opened_at,
        ),
    )
