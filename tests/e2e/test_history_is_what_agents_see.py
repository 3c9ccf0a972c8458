"""The simulator's history and the real agent must tell the same story: same devices, same series, same values, same facts."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from agent.build import collector_of
from agent.collect.port import Cadence, Harvest
from agent.config import load_config
from agent.decode.mqtt import decode_message
from agent.link import Heard
from agent.settings import DeviceProtocol
from campus.samples import DeviceFacts, SeriesKey
from firmware_profiles.load import load_catalogue
from simulator.history.past import Past
from simulator.live.simulation import Simulation
from simulator.mqtt.message import render, shape_of
from simulator.plan.write import write_plan

pytestmark = pytest.mark.slow
ALL = frozenset(Cadence)
STEP_MS = 300_000
MONDAY_10_15 = int(datetime(2026, 11, 16, 2, 15, tzinfo=UTC).timestamp() * 1000)
"""10:15 in China, in the middle of a lesson; a multiple of five minutes."""
SCHOOLS = 3
FOLLOWS_TRAFFIC = {"cpu_percent", "temperature_cel"}
"""Of network equipment: the load of five seconds is not that of five minutes."""
NO_QUANTITY = {"response_time_ms"}


@dataclass
class MovingClock:
    now: int

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Told:
    """What agents told of one site at the later instant."""

    values: dict[SeriesKey, float]
    facts: dict[str, DeviceFacts]


@dataclass(frozen=True)
class Story:
    past: Past
    told: dict[str, Told]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("district")
    clock = MovingClock(MONDAY_10_15)
    plan = write_plan(folder, seed=7, schools=SCHOOLS, broker_port=1, today=datetime(2026, 11, 16, tzinfo=UTC).date())
    simulation = Simulation(plan, folder, clock)
    told = asyncio.run(_told(simulation, folder, clock))
    later = MONDAY_10_15 + STEP_MS
    return Story(Past(plan, later, later, STEP_MS, later), told)


async def _told(simulation: Simulation, folder: Path, clock: MovingClock) -> dict[str, Told]:
    """Poll every device at two instants five minutes apart, and hear every message at the later one."""
    await simulation.start()
    profiles = load_catalogue()
    configs = {path.stem: load_config(path) for path in sorted((folder / "agents").glob("*.yaml"))}
    collectors = [
        (site, collector_of(device, profiles))
        for site, config in configs.items()
        for device in config.devices
        if device.entry.protocol is not DeviceProtocol.CAMERA  # installed today: they have no past
    ]
    try:
        await asyncio.gather(*(collector.poll(ALL, clock.now) for _, collector in collectors))
        clock.now += STEP_MS
        harvests = await asyncio.gather(*(collector.poll(ALL, clock.now) for _, collector in collectors))
        gathered: dict[str, list[Harvest]] = {site: [] for site in configs}
        for (site, _), harvest in zip(collectors, harvests, strict=True):
            gathered[site].append(harvest)
        for site in configs:
            life = simulation.live.life.sites[site]
            for device in life.site.devices:
                if device.family.publishes:
                    shape = shape_of(device)
                    payload = render(shape, life.columns, simulation.live.row(site, clock.now))
                    heard = decode_message(profiles, Heard(shape.topic, payload, clock.now)) or []
                    gathered[site] += [each.harvest for each in heard]
    finally:
        for _, collector in collectors:
            await collector.close()
        await simulation.stop()
    return {site: _joined(harvests) for site, harvests in gathered.items()}


def _joined(harvests: list[Harvest]) -> Told:
    dropped = sum((harvest.dropped for harvest in harvests), start=type(harvests[0].dropped)())
    assert not dropped
    return Told(
        {sample.key: sample.value for harvest in harvests for sample in harvest.samples},
        {harvest.facts.device: harvest.facts for harvest in harvests if harvest.facts},
    )


def test_the_same_series(story: Story) -> None:
    assert len(story.told) == SCHOOLS + 1
    for site, told in story.told.items():
        heard = {d.id for d in story.past.district.site(site).devices if d.family.publishes}
        history = {
            formula.key
            for formula in story.past.series[site].formulas
            # The listener, not the decoder, says whether a device heard over MQTT is reachable.
            if not (formula.key.metric == "reachable" and formula.key.device in heard)
        }
        assert history == set(told.values), site
        assert len(history) > 100


def test_the_same_values(story: Story) -> None:
    compared = 0
    for stretch in story.past.stretches():
        told = story.told[stretch.site].values
        values = story.past.tables[stretch.site].values(stretch.at, stretch.matrix)[:, -1]
        network = {d.id for d in story.past.district.site(stretch.site).devices if d.ports}
        for formula, value in zip(story.past.series[stretch.site].formulas, values.tolist(), strict=True):
            key = formula.key
            loose = key.metric in FOLLOWS_TRAFFIC and key.device in network
            if key in told and not loose and key.metric not in NO_QUANTITY:
                # Counters are whole octets: over five minutes that is 0.03 bit/s; then both sides round.
                step = max(formula.resolution * 1.01, 0.1)
                assert told[key] == pytest.approx(value, abs=step, rel=1e-9), (stretch.site, key)
                compared += 1
    assert compared > 1000


def test_the_same_facts(story: Story) -> None:
    compared = 0
    for site, told in story.told.items():
        polled = {d.id for d in story.past.district.site(site).devices if not d.family.publishes}
        for facts in story.past.facts(site):
            live = told.facts[facts.device]
            for field in (
                "profile",
                "vendor",
                "model",
                "serial",
                "firmware",
                "hardware",
                "kind",
                "ports",
                "neighbours",
            ):
                assert getattr(live, field) == getattr(facts, field), (site, facts.device, field)
            if facts.device in polled:
                assert live.address == facts.address
                assert (live.name, live.room, live.uplinks) == (facts.name, facts.room, facts.uplinks)
            compared += 1
    assert compared > 80


def test_the_uplink_is_the_sum_of_the_switches_as_agents_see_it(story: Story) -> None:
    for school in story.past.district.schools:
        told = story.told[school.id].values
        gateway = school.gateway
        switches = [d for d in school.devices if d.kind == "switch"]
        for metric in ("if_in_bps", "if_out_bps"):
            uplink = told[SeriesKey(gateway.id, metric, gateway.uplink)]  # type: ignore[arg-type]
            below = [told[SeriesKey(s.id, metric, s.uplink)] for s in switches]  # type: ignore[arg-type]
            assert uplink == pytest.approx(sum(below), abs=4)
            assert uplink > 1e6
        core = story.told["centre"].values
        port = story.past.district.core_port_of[school.id]
        assert core[SeriesKey("core-1", "if_out_bps", port)] == pytest.approx(  # type: ignore[arg-type]
            told[SeriesKey(gateway.id, "if_in_bps", gateway.uplink)],  # type: ignore[arg-type]
            abs=4,
        )
    assert np.isfinite(list(story.told["centre"].values.values())).all()
