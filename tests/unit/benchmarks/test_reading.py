"""The fleet's schools are read as agents read theirs: everything once in an interval, in sets that come again."""

from collections import Counter

import numpy as np

from benchmarks.reading import Reader, Readings
from benchmarks.telemetry import LARGE, schools

INTERVAL_MS, STEP_MS = 72_000.0, 1_500.0
STEPS = round(INTERVAL_MS / STEP_MS)
(SCHOOL,) = schools(1, 0, LARGE)


def reader(seed: int) -> Reader:
    return Reader(Readings(SCHOOL, INTERVAL_MS), STEP_MS, np.random.default_rng(seed))


def test_every_device_gives_all_it_has_at_once_and_once_in_an_interval() -> None:
    reads = reader(1)
    told: Counter[int] = Counter()
    for _ in range(10 * STEPS):
        series, ago_ms = reads.read(STEP_MS)
        assert len(series) == len(ago_ms)
        assert (np.diff(ago_ms) <= 0).all()
        assert ((ago_ms > 0) & (ago_ms <= 1.5 * STEP_MS)).all(), "what came in the last step, or hardly before"
        devices = Counter(SCHOOL.series[number].key.device for number in series.tolist())
        assert all(quantity == len(_of(device)) for device, quantity in devices.items())
        told.update(series.tolist())
    assert set(told) == set(range(len(SCHOOL.series)))
    assert set(told.values()) <= {9, 10, 11}


def test_nearly_all_sets_come_again_whatever_the_pace() -> None:
    reads = reader(2)
    known = {tuple(reads.read(STEP_MS)[0]) for _ in range(3 * STEPS)}
    later = [tuple(sorted(reads.read(STEP_MS)[0])) for _ in range(3 * STEPS)]
    met = {tuple(sorted(each)) for each in known}
    new = sum(each not in met for each in later)
    assert 0 < new < 0.25 * len(later)


def test_ten_times_the_samples_come_of_a_tenth_of_the_interval() -> None:
    usual, pressed = reader(3), reader(3)
    steps = 4 * STEPS
    quantity = sum(len(usual.read(STEP_MS)[0]) for _ in range(steps))
    assert 9 * quantity < sum(len(pressed.read(10 * STEP_MS)[0]) for _ in range(steps)) < 11 * quantity


def _of(device: str) -> list[int]:
    return [number for number, one in enumerate(SCHOOL.series) if one.key.device == device]
