"""Which rules concern a series: by metric, kind of device, instance pattern, and where its port leads."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind
from controller.alerts.model import Ports, Ratio, Rule
from controller.alerts.port import Registry
from controller.alerts.rulebook import Rulebook
from controller.identity.scope import SYSTEM, NotFound
from controller.store.port import DistrictSeries

DeviceKey = tuple[SiteId, DeviceId]


@dataclass
class PortMap:
    """Where the ports of a device lead. Neighbours are only ever added: a link that went down shows none any more."""

    uplinks: frozenset[str] = frozenset()
    linked: set[str] = field(default_factory=set)
    capacity_bps: float = 0.0

    def learn(self, facts: DeviceFacts) -> None:
        """Take what the newest facts say."""
        self.uplinks = frozenset(facts.uplinks)
        self.linked.update(neighbour.local_port for neighbour in facts.neighbours)
        self.capacity_bps = facts.uplink_capacity_bps

    def leads(self, instance: str, ports: Ports) -> bool:
        """Whether a port is one of those a rule is about."""
        match ports:
            case Ports.ANY:
                return True
            case Ports.UPLINK:
                return instance in self.uplinks
            case Ports.LINKED:
                return instance in self.linked and instance not in self.uplinks


class Selection:
    """Chooses rules for series. Asks the registry for facts only where a rule is about ports."""

    def __init__(self, rulebook: Rulebook, registry: Registry) -> None:
        self._registry = registry
        self.rules = rulebook.rules()
        self._by_metric: dict[str, list[int]] = {}
        for number, rule in enumerate(self.rules):
            self._by_metric.setdefault(rule.metric, []).append(number)
        self._kinds = {rule.kinds for rule in self.rules if _needs_ports(rule)}
        self._ports: dict[DeviceKey, PortMap] = {}

    def concerns(self, metric: str) -> bool:
        """Whether any rule is about the metric."""
        return metric in self._by_metric

    def of_metric(self, metric: str) -> list[int]:
        """Numbers of the rules about a metric, whatever the device."""
        return self._by_metric.get(metric, [])

    def choose(self, series: DistrictSeries) -> list[int]:
        """Numbers of the rules that concern a series, as the registry knows its device now."""
        numbers = self._by_metric.get(series.metric, [])
        if not numbers:
            return []
        kind = self._registry.kind_of(series.site, series.device)
        return [number for number in numbers if self._fits(self.rules[number], series, kind)]

    def capacity_of(self, series: DistrictSeries) -> float:
        """What an uplink may carry as contracted, bit/s; 0 when the port's own speed is the limit."""
        ports = self._port_map((series.site, series.device))
        return ports.capacity_bps if series.instance in ports.uplinks else 0.0

    def refresh(self) -> None:
        """Read the facts of all devices that rules about ports may concern, in a few calls."""
        for kinds in self._kinds:
            for kind in kinds or (None,):
                for device in self._registry.devices(SYSTEM, kind=kind):
                    self._ports.setdefault((device.site, device.id), PortMap()).learn(device.facts)

    def _fits(self, rule: Rule, series: DistrictSeries, kind: DeviceKind) -> bool:
        if rule.kinds and kind not in rule.kinds:
            return False
        if not fnmatchcase(series.instance, rule.instance):
            return False
        return rule.ports is Ports.ANY or self._port_map((series.site, series.device)).leads(
            series.instance, rule.ports
        )

    def _port_map(self, key: DeviceKey) -> PortMap:
        if key not in self._ports:
            ports = PortMap()
            try:
                ports.learn(self._registry.device(SYSTEM, *key).facts)
            except NotFound:
                return ports
            self._ports[key] = ports
        return self._ports[key]


def divisors(rules: Iterable[Rule]) -> frozenset[str]:
    """Metrics that ratio rules divide by."""
    return frozenset(rule.condition.of for rule in rules if isinstance(rule.condition, Ratio))


def _needs_ports(rule: Rule) -> bool:
    return rule.ports is not Ports.ANY or isinstance(rule.condition, Ratio)
