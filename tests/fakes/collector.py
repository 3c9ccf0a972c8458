"""Devices that answer as a test tells them to."""

from agent.collect.port import Cadence, Harvest
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceFacts, DeviceKind, Sample, SeriesKey


class FakeCollector:
    """Implements `agent.collect.port.DeviceCollector`: one switch with `ports` ports."""

    def __init__(self, device: str, ports: int = 8) -> None:
        self.device = DeviceId(device)
        self.ports = ports
        self.is_up = True
        self.refused = ""
        """Why it lets nobody in, empty when it does."""
        self.polls: list[frozenset[Cadence]] = []
        self.is_closed = False

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        self.polls.append(cadences)
        if self.refused or not self.is_up:
            return Harvest([self._sample("reachable", "", now, 0)], refused=self.refused)
        samples = [self._sample("reachable", "", now, 1)]
        samples += [self._sample("if_in_bps", f"port {n}", now, n * 1000 + len(self.polls)) for n in range(self.ports)]
        return Harvest(samples, DeviceFacts(self.device, DeviceKind.SWITCH, now, model="Fake 8"))

    async def close(self) -> None:
        self.is_closed = True

    @property
    def profile_name(self) -> str:
        return "generic/if-mib" if self.polls else ""

    def port_name(self, index: str) -> str:
        return f"port {index}" if self.polls and index.isdecimal() and int(index) < self.ports else ""

    def _sample(self, metric: str, instance: str, now: int, value: float) -> Sample:
        return Sample(SeriesKey(self.device, MetricId(metric), Instance(instance)), now, float(value))
