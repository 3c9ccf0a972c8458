"""A week without a line: what a school says at the default cadence fits in a spool of the default size, whole.

The values are the simulator's, in the order and the frames in which an agent seals them: every device at its own share of
its interval, a frame each two seconds. Only the waiting is left out.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from agent.batch import Batch
from agent.schedule import stable_share
from agent.settings import AgentFile
from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceFacts, Sample, SeriesKey
from campus.wire.frame import Body
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Cadence, Profile
from simulator.history.past import Past
from simulator.plan.shape import SimulatorPlan, SitePlan
from tests.unit.agent.bodies import HERE

SITE = "no-1-primary"
MONDAY = 1_794_787_200_000
DEFAULTS = AgentFile(site=SITE)
STEP_MS = 30_000
"""The shortest interval."""
SLOT_MS = round(DEFAULTS.batch_s * 1000)
DAY_MS = 86_400_000
DAYS = int(os.environ.get("CAMPUS_OFFLINE_DAYS", "1"))
"""Seven take two minutes of CPU; one is held to a seventh of the room."""
MAX_BYTES = DEFAULTS.spool.max_bytes * min(DAYS, 7) // 7
VITALS = 17
"""Metrics that the agent measures of itself each minute."""
PLAN = SimulatorPlan(
    seed=5,
    schools=1,
    community="public",
    snmp_port=16_100,
    central_broker_port=1,
    sites=(SitePlan("centre", 2, 3), SitePlan(SITE, 2, 3)),
)


class School:
    """What the agent of one school reads, two seconds at a time."""

    def __init__(self) -> None:
        self._past = Past(PLAN, MONDAY, MONDAY + DAYS * DAY_MS - STEP_MS, STEP_MS, MONDAY)
        series = self._past.series[SITE]
        self._keys = [formula.key for formula in series.formulas]
        self.facts: list[DeviceFacts] = self._past.facts(SITE)
        every = {
            cadence: round(interval_s * 1000 / STEP_MS)
            for cadence, interval_s in DEFAULTS.cadence.intervals_s().items()
        }
        catalogue = load_catalogue()
        cadences = {facts.device: _cadences(catalogue.profiles.get(facts.profile)) for facts in series.facts}
        self._due: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        """By slot within a step: series, steps between two readings, and the step within those."""
        for place, key in enumerate(self._keys):
            steps = every[cadences[key.device].get(key.metric, Cadence.NORMAL)]
            at_ms = stable_share(key.device, steps * STEP_MS / 1000) * 1000
            self._due[int(at_ms % STEP_MS // SLOT_MS)].append((place, steps, int(at_ms // STEP_MS)))

    def steps(self) -> Iterator[tuple[int, list[list[Sample]]]]:
        """Each half minute: when it begins, and the samples of its slots, in order."""
        chance = np.random.default_rng(1)
        for stretch in self._past.stretches():
            if stretch.site != SITE:
                continue
            table = self._past.tables[SITE]
            values, present = table.values(stretch.at, stretch.matrix), table.present(stretch.matrix)
            for step, begin in enumerate(stretch.at.tolist()):
                value, is_there = values[:, step].tolist(), present[:, step].tolist()
                slots = [
                    [
                        Sample(self._keys[place], begin + slot * SLOT_MS + place, value[place])
                        for place, steps, phase in self._due[slot]
                        if step % steps == phase and is_there[place]
                    ]
                    for slot in range(STEP_MS // SLOT_MS)
                ]
                if step % 2 == 0:
                    slots[3] += _vitals(begin, chance)
                yield begin, slots


def _vitals(at: int, chance: np.random.Generator) -> list[Sample]:
    values = chance.integers(0, 1 << 30, VITALS).tolist()
    return [
        Sample(SeriesKey(DeviceId(SITE), MetricId("agent_spool_bytes"), Instance(f"{n}")), at, float(value))
        for n, value in enumerate(values)
    ]


def _cadences(profile: Profile | None) -> dict[str, Cadence]:
    """By metric; what a device says by itself, or is asked in a protocol of its own, has none."""
    if profile is None:
        return {}
    points = [*profile.points, *(point for table in profile.tables.values() for point in table.points)]
    return {point.metric: point.cadence for point in points}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_of_a_school_cut_off_is_dropped_or_thinned(tmp_path: Path) -> None:
    school = School()
    assert len(school.facts) == 28
    spool = SpoolFile(tmp_path / "spool.db", HERE, MAX_BYTES, DEFAULTS.spool.max_age_s)
    batch = Batch(DEFAULTS.batch_samples)
    said = frames = 0
    with closing(spool):
        spool.open(MONDAY)
        for begin, slots in school.steps():
            bodies: list[Body] = batch.take(school.facts) if begin % DAY_MS == 0 else []
            for samples in slots:
                batch.add(samples)
                said += len(samples)
                bodies += batch.take([])
            # All frames of a half minute in one commit: the disk is not what is tried here.
            frames += len(spool.append(bodies, Moment(begin + STEP_MS, 0, is_confirmed=True)))
        state = spool.state()
    assert said > 400_000 * DAYS
    assert frames > 20_000 * DAYS
    assert batch.dropped.total() == 0
    assert (state.frames, state.dropped_points, state.thinned_points) == (frames, 0, 0)
    size_bytes = (tmp_path / "spool.db").stat().st_size
    print(f"{said} samples in {frames} frames, {state.size_bytes} bytes counted, {size_bytes} on disk")  # noqa: T201
    assert size_bytes < 1.1 * state.size_bytes
