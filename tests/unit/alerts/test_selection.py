"""Rules chosen in columns are those that the obvious way chooses, one series at a time."""

from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.judging.selection import Selection
from controller.alerts.judging.watch import Watch
from controller.alerts.model import Absence, Comparison, Ports, Ratio, Rule, Wording
from controller.alerts.rulebook import Rulebook
from controller.identity.scope import Scope
from controller.registry.model import PortUse
from controller.store.port import DistrictSeries
from controller.store.series_index import SeriesIndex

SITES = [SiteId("site-1"), SiteId("site-2")]
DEVICES = [DeviceId("d-1"), DeviceId("d-2")]
KINDS = [DeviceKind.GATEWAY, DeviceKind.SWITCH, DeviceKind.OTHER]
INSTANCES = [Instance(name) for name in ("", "ge1", "ge2", "freezer-1")]
METRICS = [MetricId(name) for name in ("if_in_bps", "if_speed_bps", "temperature_cel", "uptime_s")]
PATTERNS = ["*", "ge?", "freezer*", ""]

Key = tuple[SiteId, DeviceId]
keys = st.tuples(st.sampled_from(SITES), st.sampled_from(DEVICES))
ports = st.frozensets(st.sampled_from(INSTANCES[1:]))


class Facts(NamedTuple):
    """What the registry learns of a device."""

    kind: DeviceKind
    uplinks: frozenset[Instance]
    linked: frozenset[Instance]


class OwnRegistry:
    """A registry that was told by the test."""

    def __init__(self) -> None:
        self.facts: dict[Key, Facts] = {}
        self.told: list[Key] = []

    def learn(self, key: Key, facts: Facts) -> None:
        """As an agent tells it."""
        self.facts[key] = facts
        self.told.append(key)

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """As told, `other` before."""
        return self.facts[site, device].kind if (site, device) in self.facts else DeviceKind.OTHER

    def port_uses(self, scope: Scope, sites: Collection[SiteId], kinds: Collection[DeviceKind] = ()) -> list[PortUse]:
        """As told."""
        return [
            PortUse(*key, tuple(facts.uplinks), 0.0, frozenset(facts.linked))
            for key, facts in self.facts.items()
            if key[0] in sites and (not kinds or facts.kind in kinds)
        ]

    def changes_after(self, revision: int) -> tuple[int, list[Key]]:
        """As told."""
        return len(self.told), self.told[revision:]


def rule(number: int, metric: MetricId, kinds: tuple[DeviceKind, ...], pattern: str, about: Ports) -> Rule:
    condition = Ratio("if_speed_bps", Comparison.ABOVE, 0.9) if metric == "if_in_bps" else Absence(60)
    words = Wording("1", "{n}", "{n}")
    return Rule(f"rule-{number}", metric, condition, Severity.MINOR, "a", "b", "c", "d", words, kinds, pattern, about)


aims = st.tuples(
    st.sampled_from(METRICS),
    st.lists(st.sampled_from(KINDS), max_size=2, unique=True).map(tuple),
    st.sampled_from(PATTERNS),
    st.sampled_from(list(Ports)),
)
facts_of = st.builds(Facts, st.sampled_from(KINDS), ports, ports)
news = st.tuples(keys, facts_of)
named = st.builds(
    lambda key, metric, instance: DistrictSeries(key[0], key[1], metric, instance),
    keys,
    st.sampled_from(METRICS),
    st.sampled_from(INSTANCES),
)
stories = st.lists(news | named, min_size=1, max_size=30)


def fits(each: Rule, name: DistrictSeries, registry: OwnRegistry, ever_linked: dict[Key, set[Instance]]) -> bool:
    key = (name.site, name.device)
    facts = registry.facts.get(key, Facts(DeviceKind.OTHER, frozenset(), frozenset()))
    leads = {
        Ports.ANY: True,
        Ports.UPLINK: name.instance in facts.uplinks,
        Ports.LINKED: name.instance in ever_linked.get(key, ()) and name.instance not in facts.uplinks,
    }
    is_aimed_at = each.metric == name.metric and (not each.kinds or facts.kind in each.kinds)
    return is_aimed_at and fnmatchcase(name.instance, each.instance) and leads[each.ports]


@settings(max_examples=150, deadline=None)
@given(st.lists(aims, max_size=6), stories)
def test_what_is_bound_is_what_the_obvious_way_chooses(
    wanted: list[tuple[MetricId, tuple[DeviceKind, ...], str, Ports]],
    story: list[tuple[Key, Facts] | DistrictSeries],
) -> None:
    # A rule for all kinds about all ports, so that the ports of every device are read.
    book = [rule(0, METRICS[0], (), "*", Ports.ANY), *(rule(n, *aim) for n, aim in enumerate(wanted, start=1))]
    registry, index = OwnRegistry(), SeriesIndex()
    selection = Selection(Rulebook(book), registry)
    watch = Watch(selection)
    ever_linked: dict[Key, set[Instance]] = {}
    """Of devices that some series is of: nobody remembers the ports of the others."""
    for each in story:
        if isinstance(each, DistrictSeries):
            key = (each.site, each.device)
            ever_linked.setdefault(key, set(registry.facts[key].linked if key in registry.facts else ()))
            index.ids([each])
            while watch.learn(index.columns(0), 0):
                pass
        else:
            registry.learn(*each)
            if each[0] in ever_linked:
                ever_linked[each[0]] |= each[1].linked
            look_again(watch, selection, registry)
    everything = np.arange(len(index), dtype=np.int32)
    bound = watch.pairs(everything)
    assert sorted(zip(bound.series.tolist(), bound.rule.tolist(), strict=True)) == [
        (series, number)
        for series, name in enumerate(index.names(everything))
        for number, each_rule in enumerate(book)
        if fits(each_rule, name, registry, ever_linked)
    ]


def look_again(watch: Watch, selection: Selection, registry: OwnRegistry) -> None:
    """As the engine does once a minute."""
    _, devices = registry.changes_after(0)
    stale = selection.take(selection.read({site for site, _ in devices})) | selection.take_kinds(devices)
    for series in watch.of_devices(stale) if stale else ():
        watch.rebind(series, 0)
