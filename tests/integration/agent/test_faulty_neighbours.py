"""A simulated school with a faulty device, read by real collectors: its own samples say so, its neighbours' are untouched."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.collect.port import Cadence
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.config import load_config
from agent.snmp_access import Community
from campus.ids import DeviceId
from campus.secret import Secret
from simulator.life.fault import FaultName
from simulator.live.simulation import Simulation
from simulator.plan.write import write_plan
from tests.support.snmp import QUICK, SHIPPED, values

pytestmark = pytest.mark.slow
SCHOOL, FAULTY, NEIGHBOUR = "no-1-primary", "sw-1", "sw-2"
MONDAY_10_15 = int(datetime(2026, 11, 16, 2, 15, tzinfo=UTC).timestamp() * 1000)
NORMAL, ALL = frozenset({Cadence.NORMAL}), frozenset(Cadence)
COMPLETE, REACHABLE = ("poll_complete_percent", ""), ("reachable", "")


@dataclass
class School:
    """Two switches of one school; each round of polls is a quarter of a minute after the last."""

    simulation: Simulation
    collectors: dict[str, SnmpCollector]
    now: int = MONDAY_10_15

    def clock(self) -> int:
        return self.now

    def befall(self, name: FaultName) -> None:
        self.simulation.live.break_down(name, SCHOOL, FAULTY)
        self._obey()

    def heal(self) -> None:
        self.simulation.live.heal("")
        self._obey()

    async def poll(self, cadences: frozenset[Cadence] = NORMAL) -> dict[str, dict[tuple[str, str], float]]:
        """What each switch told."""
        self.now += 15_000
        names = list(self.collectors)
        harvests = await asyncio.gather(*(self.collectors[name].poll(cadences, self.now) for name in names))
        return {name: values(harvest) for name, harvest in zip(names, harvests, strict=True)}

    def _obey(self) -> None:
        for device in self.simulation.devices:
            device.obey_faults(self.now)


@asynccontextmanager
async def school(folder: Path) -> AsyncIterator[School]:
    plan = write_plan(folder, seed=7, schools=1, broker_port=1, today=datetime(2026, 11, 16, tzinfo=UTC).date())
    config = load_config(folder / "agents" / f"{SCHOOL}.yaml")
    polled = {d.entry.id: d for d in config.devices}
    scene: School | None = None
    simulation = Simulation(plan, folder, lambda: scene.clock() if scene else MONDAY_10_15)
    targets = {
        name: DeviceTarget(DeviceId(name), polled[name].address, Community(Secret(plan.community)))
        for name in (FAULTY, NEIGHBOUR)
    }
    scene = School(simulation, {name: SnmpCollector(target, SHIPPED, QUICK) for name, target in targets.items()})
    await simulation.start()
    try:
        yield scene
    finally:
        for collector in scene.collectors.values():
            await collector.close()
        await simulation.stop()


def test_half_a_table_shows_in_the_devices_completeness_until_it_is_whole_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with school(tmp_path) as scene:
            first, before = await scene.poll(ALL), await scene.poll()
            assert [told[name][COMPLETE] for told in (first, before) for name in told] == [100] * 4
            scene.befall(FaultName.HALF_TABLE)
            for cadences in (NORMAL, ALL, NORMAL):  # learning the device anew does not make half of it the whole
                told = await scene.poll(cadences)
                assert told[FAULTY][REACHABLE] == 1
                assert 30 < told[FAULTY][COMPLETE] < 90
                assert told[NEIGHBOUR].keys() >= before[NEIGHBOUR].keys()
                assert told[NEIGHBOUR][COMPLETE] == 100
            scene.heal()
            await scene.poll(ALL)
            assert (await scene.poll())[FAULTY][COMPLETE] == 100

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", [FaultName.SILENT, FaultName.GARBAGE])
def test_a_device_that_says_nothing_of_use_is_unreachable_and_nothing_else(tmp_path: Path, fault: FaultName) -> None:
    async def scenario() -> None:
        async with school(tmp_path) as scene:
            await scene.poll(ALL)
            before = await scene.poll()
            scene.befall(fault)
            told = await scene.poll()
            assert told[FAULTY] == {REACHABLE: 0}
            assert told[NEIGHBOUR].keys() == before[NEIGHBOUR].keys()
            assert (told[NEIGHBOUR][REACHABLE], told[NEIGHBOUR][COMPLETE]) == (1, 100)
            scene.heal()
            assert (await scene.poll())[FAULTY][COMPLETE] == 100

    asyncio.run(scenario())
