"""Which rules concern which series: by metric, kind of device, instance pattern, and where its port leads.

Series are chosen in columns: what a rule asks of a device or an instance is worked out once for each of them, and gathered.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import translate
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.errors import Transient
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.judging.columns import Mask
from controller.alerts.judging.layers import Numbers
from controller.alerts.judging.names import Keys
from controller.alerts.judging.numbering import RuleNumbers
from controller.alerts.judging.ports import PortMap
from controller.alerts.model import Elsewhere, Ports, Ratio, Rule
from controller.alerts.port import Registry
from controller.alerts.rulebook import Rulebook
from controller.identity.scope import SYSTEM
from controller.registry.model import PortUse
from controller.store.port import Ids, SeriesColumns, Values

DeviceKey = tuple[SiteId, DeviceId]
SITES_AT_ONCE: Final = 100
"""Of one question to the registry's database."""
_KINDS: Final = tuple(DeviceKind)
_ANY: Final = "*"


class Pairs(NamedTuple):
    """A series and the number of a rule at each place; no pair stands twice."""

    series: Ids
    rule: Numbers

    def keys(self, rules: int) -> Keys:
        """One number for each pair, when there are so many rules."""
        return self.series.astype(np.int64) * rules + self.rule


class Selection:
    """Chooses rules for series. Asks the registry for facts only where a rule is about ports. Not thread-safe, but `read`."""

    def __init__(self, rulebook: Rulebook, registry: Registry) -> None:
        self._registry = registry
        self._forms = RuleNumbers(rulebook)
        self._of_metric: dict[str, list[int]] = {}
        self._is_of_kind: dict[tuple[DeviceKind, ...], Mask] = {}
        self._has_ports = False
        self._port_kinds = frozenset[DeviceKind]()
        """Empty: all kinds."""
        self._ports = PortMap()
        self._numbers: dict[DeviceKey, int] = {}
        self._sites: dict[SiteId, int] = {}
        self._site = np.empty(0, dtype=np.int32)
        """By device; numbers of sites."""
        self._kind = np.empty(0, dtype=np.uint8)
        self._held: dict[int, Mask] = {}
        """By the number of a rule that does not hold everywhere: at which sites it does, by their numbers."""
        self._fitting: dict[str, Mask] = {}
        """By pattern: which instances fit, by their numbers."""
        self.unread: set[SiteId] = set()
        """Sites whose ports could not be read when their devices were met; who reads them later takes them out."""

        self._prepare()

    @property
    def rules(self) -> list[Rule]:
        """By number, those that hold nowhere any more too. The list only grows."""
        return self._forms.rules

    def take_rules(self, rulebook: Rulebook) -> frozenset[str]:
        """Choose by another rulebook from now on; the metrics whose series are to be bound anew."""
        metrics, kinds = self._forms.take(rulebook), self._port_kinds if self._has_ports else None
        self._prepare()
        if self._has_ports and kinds != self._port_kinds:
            self.unread |= set(self._sites)
        return metrics

    def number_at(self, rule_id: str, site: SiteId) -> int | None:
        """The number of a rule as it holds at a school; None where it does not."""
        return self._forms.number_at(rule_id, site)

    def holds(self, rule: int, device: Numbers) -> Mask:
        """For which devices, by their schools, a rule holds."""
        if self._forms.form(rule) is None:
            return np.zeros(len(device), dtype=np.bool_)
        if rule not in self._held:
            return np.ones(len(device), dtype=np.bool_)
        held: Mask = self._held[rule][self._site[device]]
        return held

    def meet(self, names: SeriesColumns, devices: int) -> None:
        """Learn what the registry says of the devices below a number, those that have not been met before."""
        met = names.devices[len(self._numbers) : devices]
        self._numbers.update((device, number) for number, device in enumerate(met, start=len(self._numbers)))
        sites = [self._sites.setdefault(site, len(self._sites)) for site, _ in met]
        self._site = np.concatenate([self._site, np.array(sites, dtype=np.int32)])
        self._kind = np.concatenate([self._kind, self._kinds_of(met)])
        self._ports.know(len(self._numbers), names.instances)
        self._extend(names.instances)
        try:
            self.take(self.read({site for site, _ in met}))
        except Transient:
            self.unread |= {site for site, _ in met}

    def choose(self, names: SeriesColumns, series: Ids) -> Pairs:
        """The rules that concern each series, as the registry's devices are known now; devices must have been met."""
        rules_of = [self._of_metric.get(metric, ()) for metric in names.metrics]
        metric = names.metric[series]
        order = np.argsort(metric, kind="stable")
        numbers, starts = np.unique(metric[order], return_index=True)
        found = [Pairs(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))]
        ends = np.append(starts, len(order))[1:]
        for number, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
            chosen = series[order[start:end]]
            for rule in rules_of[number]:
                fitting = chosen[self._fits(rule, names.device[chosen], names.instance[chosen])]
                found.append(Pairs(fitting, np.full(len(fitting), rule, dtype=np.int32)))
        return Pairs(np.concatenate([each.series for each in found]), np.concatenate([each.rule for each in found]))

    def capacity_bps(self, names: SeriesColumns, series: Ids) -> Values:
        """What an uplink may carry as contracted; 0 where the port's own speed is the limit."""
        return self._ports.capacity_bps(names.device[series], names.instance[series])

    def read(self, sites: Collection[SiteId]) -> list[PortUse]:
        """What the registry knows of ports of devices that rules about ports may concern. `Transient` when it is away."""
        ordered = sorted(sites) if self._has_ports else []
        return [
            use
            for first in range(0, len(ordered), SITES_AT_ONCE)
            for use in self._registry.port_uses(SYSTEM, ordered[first : first + SITES_AT_ONCE], self._port_kinds)
        ]

    def take(self, uses: Iterable[PortUse]) -> set[int]:
        """Put in place what was read; the numbers of the devices for which that changes anything."""
        known = {self._numbers[use.site, use.device]: use for use in uses if (use.site, use.device) in self._numbers}
        return self._ports.take(known) if known else set()

    def take_kinds(self, devices: Sequence[DeviceKey]) -> set[int]:
        """Ask anew what devices are for; the numbers of those that turned out to be something else."""
        known = [device for device in devices if device in self._numbers]
        numbers, kinds = np.array([self._numbers[device] for device in known], dtype=np.int64), self._kinds_of(known)
        changed = numbers[self._kind[numbers] != kinds]
        self._kind[numbers] = kinds
        return set(changed.tolist())

    def _prepare(self) -> None:
        """Work out what is asked of rules as they hold now."""
        held = [(number, rule) for number, rule in enumerate(self.rules) if self._forms.form(number) is not None]
        self._of_metric = {}
        for number, rule in held:
            if not isinstance(rule.condition, Elsewhere):  # nothing is looked at for that here
                self._of_metric.setdefault(rule.metric, []).append(number)
        about_ports = [rule.kinds for _, rule in held if _needs_ports(rule)]
        self._has_ports = bool(about_ports)
        self._port_kinds = frozenset[DeviceKind]() if () in about_ports else frozenset[DeviceKind]().union(*about_ports)
        self._is_of_kind = {
            rule.kinds: np.array([kind in rule.kinds for kind in _KINDS], dtype=np.bool_) for _, rule in held
        }
        self._held = {}
        self._extend(())

    def _extend(self, instances: Sequence[str]) -> None:
        """Be ready for sites and instances named since."""
        for number, rule in enumerate(self.rules):
            form = self._forms.form(number)
            if form is not None and not form.is_everywhere:
                known = self._held.get(number, np.empty(0, dtype=np.bool_))
                fresh = [form.holds_at(site) for site in islice(self._sites, len(known), None)]
                self._held[number] = np.concatenate([known, np.array(fresh, dtype=np.bool_)])
            if form is not None and rule.instance != _ANY:
                self._fit(rule.instance, instances)

    def _kinds_of(self, devices: Sequence[DeviceKey]) -> NDArray[np.uint8]:
        place_of = {kind: place for place, kind in enumerate(_KINDS)}
        return np.array([place_of[self._registry.kind_of(site, device)] for site, device in devices], dtype=np.uint8)

    def _fit(self, pattern: str, instances: Sequence[str]) -> None:
        """Extend what is known of a pattern to instances named since."""
        before = self._fitting.get(pattern, np.empty(0, dtype=np.bool_))
        if len(before) >= len(instances):
            return
        fits = re.compile(translate(pattern)).match
        fresh = [fits(instance) is not None for instance in instances[len(before) : len(instances)]]
        self._fitting[pattern] = np.concatenate([before, np.array(fresh, dtype=np.bool_)])

    def _fits(self, number: int, device: Numbers, instance: Numbers) -> Mask:
        rule, fits = self.rules[number], self.holds(number, device)
        if rule.ports is not Ports.ANY:
            fits &= self._ports.leads(device, instance, rule.ports)
        if rule.instance != _ANY:
            fits &= self._fitting[rule.instance][instance]
        if rule.kinds:
            fits &= self._is_of_kind[rule.kinds][self._kind[device]]
        return fits


def _needs_ports(rule: Rule) -> bool:
    return rule.ports is not Ports.ANY or isinstance(rule.condition, Ratio)
