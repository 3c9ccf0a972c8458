"""What is made up for the dashboards' district is of no series that its history has: twins are told differently by each store."""

import numpy as np

from benchmarks.dashboards_district import FINE_MS, NOW
from benchmarks.dashboards_live import live_frames
from campus.wire.codec import decode_frame
from campus.wire.columns import read_dictionary
from campus.wire.frame import SamplesBody
from simulator.history.past import Past
from simulator.plan.shape import SimulatorPlan, SitePlan

SITES = ("centre", "no-1-primary", "no-2-middle")
PLAN = SimulatorPlan(
    seed=7,
    schools=2,
    community="public",
    snmp_port=16_100,
    central_broker_port=1,
    sites=tuple(SitePlan(site, 2, 3) for site in SITES),
)


def test_of_one_series_only_one_tells() -> None:
    past = Past(PLAN, NOW - FINE_MS, NOW, FINE_MS, NOW)
    measured = {(site, formula.key) for site, series in past.series.items() for formula in series.formulas}
    frames = [decode_frame(payload) for payload in live_frames(past, np.array([NOW]))]
    made_up = {
        (frame.site, key)
        for frame in frames
        if isinstance(frame.body, SamplesBody)
        for key in read_dictionary(frame.body.dictionary)
    }
    assert {site for site, _ in made_up} == set(SITES)
    assert not made_up & measured
