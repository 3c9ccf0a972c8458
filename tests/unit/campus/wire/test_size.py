"""What a frame costs on the wire: one tick of 40 devices with 25 series each, as a school's agent sends it.

No two ports carry the same traffic and every port is up: harder than a real school, where half of them are idle.
"""

import json
import random

import pytest

from campus.samples import Sample
from campus.wire.codec import encode_frame
from campus.wire.pack import pack_samples
from tests.unit.campus.wire.frames import AT, frame_of, sample
from tests.unit.campus.wire.test_json_form import form

MAX_BYTES_PER_SAMPLE = 6.0
DEVICES, PORTS = 40, 5


def tick(seed: int) -> list[Sample]:
    """1,000 samples; each device is read at its own moment, its values with the digits the catalogue asks for."""
    dice = random.Random(seed)
    samples = []
    for number in range(DEVICES):
        device, at = f"switch-{number + 1}", AT + dice.randrange(15_000)
        values = [
            ("reachable", "", 1.0),
            ("response_time_ms", "", round(dice.expovariate(0.3), 1)),
            ("uptime_s", "", float(dice.randrange(10_000_000))),
            ("cpu_percent", "", round(dice.uniform(2, 40), 1)),
            ("temperature_cel", "", round(dice.uniform(30, 50), 1)),
        ]
        for port in range(1, PORTS + 1):
            instance = f"GigabitEthernet0/0/{port}"
            values += [
                ("if_in_bps", instance, float(round(dice.lognormvariate(15, 2)))),
                ("if_out_bps", instance, float(round(dice.lognormvariate(15, 2)))),
                ("if_oper_state", instance, 1.0),
                ("if_in_errors_per_s", instance, 0.0),
            ]
        samples += [sample(device, metric, value, at, instance) for metric, instance, value in values]
    return samples


@pytest.mark.parametrize("seed", range(3))
def test_a_tick_costs_less_than_six_bytes_a_sample(seed: int) -> None:
    samples = tick(seed)
    assert len(samples) == 1000
    packed_bytes = len(encode_frame(frame_of(pack_samples(samples))))
    assert packed_bytes / len(samples) <= MAX_BYTES_PER_SAMPLE


def test_packed_is_more_than_ten_times_smaller_than_json() -> None:
    samples = tick(7)
    rows = [item.key._asdict() | {"at": item.measured_at, "value": item.value} for item in samples]
    as_json = json.dumps(json.loads(form(rows)), separators=(",", ":"))
    assert len(as_json) > 10 * len(encode_frame(frame_of(pack_samples(samples))))
