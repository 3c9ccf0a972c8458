"""The past as frames: exact counts, the same for the same seed, nothing impossible, silence where there was no power."""

from collections import defaultdict
from io import BytesIO

import numpy as np
import pytest
from msgspec.structs import replace

from campus.errors import ConfigError
from campus.metrics import MetricKind, catalogue
from campus.wire.codec import decode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import FactsBody, SamplesBody
from campus.wire.frame_file import read_frames
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from simulator.history.command import count_history, open_past, parse_end, write_history
from simulator.history.frames import FrameMaker
from simulator.history.series import site_series
from simulator.life.fault import Fault, FaultName, FaultSet
from simulator.plan.shape import SimulatorPlan, SitePlan
from tests.unit.simulator import build
from tests.unit.simulator.build import HOUR_MS, MONDAY

SITES = ("centre", "no-1-primary", "no-2-middle")
PLAN = SimulatorPlan(
    seed=5,
    schools=2,
    community="public",
    snmp_port=16_100,
    central_broker_port=1,
    sites=tuple(SitePlan(site, 2, 3) for site in SITES),
)
END = "2026-11-16T12:00:00+08:00"


@pytest.fixture(scope="module")
def written() -> bytes:
    output = BytesIO()
    write_history(PLAN, 1, END, 300, output)
    return output.getvalue()


def test_facts_come_first_then_samples_in_time(written: bytes) -> None:
    seen_facts: set[tuple[str, str]] = set()
    newest: dict[str, int] = defaultdict(int)
    samples = 0
    for payload in read_frames(BytesIO(written)):
        frame = decode_frame(payload)
        assert str(frame.agent) == str(frame.site)
        if isinstance(frame.body, FactsBody):
            assert not samples
            seen_facts |= {(frame.site, facts.device) for facts in frame.body.devices}
        if isinstance(frame.body, SamplesBody):
            keys = read_dictionary(frame.body.dictionary)
            columns = read_columns(frame.body, len(keys))
            assert {(frame.site, key.device) for key in keys} <= seen_facts
            assert columns.measured_at.min() > newest[frame.site]
            newest[frame.site] = int(columns.measured_at.max())
            assert newest[frame.site] <= frame.sent_at
            samples += frame.body.count
    assert samples == count_history(PLAN, 1, END, 300)
    assert set(newest) == set(SITES)
    assert set(newest.values()) == {parse_end(END)}


def test_numbers_grow_from_one_within_an_epoch_of_its_own(written: bytes) -> None:
    numbers, epochs = defaultdict(list), set()
    for payload in read_frames(BytesIO(written)):
        frame = decode_frame(payload)
        numbers[frame.site].append(frame.number)
        epochs.add(frame.epoch)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    assert len(epochs) == 1
    assert epochs != {FrameMaker(open_past(PLAN, 2, END, 300))._epoch}


def test_the_same_seed_writes_the_same_bytes(written: bytes) -> None:
    again = BytesIO()
    write_history(PLAN, 1, END, 300, again)
    assert again.getvalue() == written


def test_every_value_is_possible() -> None:
    past = open_past(PLAN, 3, END, 900)
    checked = 0
    for stretch in past.stretches():
        values = past.tables[stretch.site].values(stretch.at, stretch.matrix)
        assert np.isfinite(values).all()
        for formula, row in zip(past.series[stretch.site].formulas, values, strict=True):
            metric = catalogue()[formula.key.metric]
            assert metric.minimum <= row.min(), formula.key
            assert row.max() <= metric.maximum, formula.key
            if metric.kind is MetricKind.STATE:
                assert set(row.tolist()) <= {float(state.value) for state in metric.states}, formula.key
            checked += 1
    assert checked > 1000


def test_a_device_without_power_says_only_that_it_is_unreachable() -> None:
    past = open_past(PLAN, 1, END, 300)
    dark = Fault(FaultName.POWER_LOSS, SITES[1], "", MONDAY, MONDAY + HOUR_MS)
    past._faults = {SITES[1]: FaultSet((dark,))}
    told = {"reachable": 0, "other": 0}
    for stretch in past.stretches():
        if stretch.site == SITES[1]:
            night = (stretch.at > MONDAY + 60_000) & (stretch.at < MONDAY + HOUR_MS)
            present = past.tables[stretch.site].present(stretch.matrix)[:, night]
            values = past.tables[stretch.site].values(stretch.at, stretch.matrix)[:, night]
            for formula, there, value in zip(past.series[stretch.site].formulas, present, values, strict=True):
                is_reachable = formula.key.metric == "reachable"
                told["reachable" if is_reachable else "other"] += int(there.sum())
                assert there.all() if is_reachable else not there.any()
                assert not is_reachable or value.max(initial=0) == 0
    assert told["reachable"] > 100
    assert told["other"] == 0


@pytest.mark.parametrize("end", ["yesterday", "2026-09-01T00:00:00", ""])
def test_an_end_that_is_no_instant_is_explained(end: str) -> None:
    with pytest.raises(ConfigError, match="--end"):
        parse_end(end)


def test_what_the_history_does_not_understand_of_a_profile_it_refuses() -> None:
    name = "generic/ups-mib"
    shipped = load_catalogue().profiles
    points = tuple(replace(p, pattern="(.*)") if p.metric == "battery_percent" else p for p in shipped[name].points)
    changed = Catalogue({**shipped, name: replace(shipped[name], points=points)})
    life, at = build.life().sites["centre"], MONDAY
    row = build.monday()["centre"][0]
    assert site_series(build.district(), life, load_catalogue(), row, at).formulas
    with pytest.raises(ConfigError, match=r"generic/ups-mib, battery_percent: pattern is beyond"):
        site_series(build.district(), life, changed, row, at)
