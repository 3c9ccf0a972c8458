"""Frame bodies for tests of the spool."""

import random

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Event, Sample, SeriesKey
from campus.topics import Address
from campus.wire.frame import EventsBody, FactsBody, SamplesBody
from campus.wire.pack import pack_samples

NOW = 1_790_000_000_000
HERE = Address(SiteId("no-1-primary"), AgentId("no-1-primary"))


def samples(count: int, first: int = 0) -> SamplesBody:
    """`count` samples with values `first`, `first` + 1 ..."""
    key = SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance("GE0/0/1"))
    return pack_samples([Sample(key, NOW + n, float(first + n)) for n in range(count)])


def noisy(count: int, seed: int) -> SamplesBody:
    """`count` samples that do not compress well."""
    chance = random.Random(seed)
    key = SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance("GE0/0/1"))
    return pack_samples([Sample(key, NOW + n, chance.random()) for n in range(count)])


def facts(device: str = "sw-1") -> FactsBody:
    return FactsBody([DeviceFacts(DeviceId(device), DeviceKind.SWITCH, NOW)])


def event(text: str = "") -> EventsBody:
    return EventsBody([Event(DeviceId("sw-1"), NOW, "link_down", text)])
