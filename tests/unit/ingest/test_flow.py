"""Whom to tell how much is wanted, and when."""

from campus.ids import AgentId, SiteId
from campus.topics import Address
from controller.ingest.flow import RESTRAINED_S, TELL_AGAIN_S, TOLD_AT_ONCE, Flow
from controller.ingest.pressure import CALM_S, HOLD_BACKLOG_S, Hold, Level, Load
from tests.unit.ingest.frames import NO_1, NO_2
from tests.unit.ingest.test_door import Clock

QUIET = Load(0.0, 0.0, is_stuck=False)
BUSY = Load(6.0, 0.0, is_stuck=False)
STUCK = Load(0.0, 0.0, is_stuck=True)


def flow_of(*addresses: Address) -> tuple[Flow, Clock]:
    clock = Clock()
    flow = Flow(clock)
    for address in addresses:
        flow.heard(address, 7)
    return flow, clock


def told(flow: Flow, load: Load) -> dict[Address, Hold]:
    return {address: flow.hold_of(address) for address, _ in flow.tend(load)}


def test_while_all_is_well_nobody_is_told_anything() -> None:
    flow, clock = flow_of(NO_1)
    assert flow.hold_of(NO_1) == Hold(0, 0)
    for _ in range(100):
        clock.now_s += 1
        assert flow.tend(QUIET) == []
    assert flow.holds() == {}


def test_a_change_is_told_at_once_told_again_and_lifted() -> None:
    flow, clock = flow_of(NO_1, NO_2)
    assert told(flow, BUSY) == {NO_1: Hold(0, HOLD_BACKLOG_S), NO_2: Hold(0, HOLD_BACKLOG_S)}
    assert told(flow, BUSY) == {}
    clock.now_s += TELL_AGAIN_S - 1
    assert flow.hold_of(NO_2) == Hold(0, HOLD_BACKLOG_S), "with an acknowledgement"
    clock.now_s += 1
    assert told(flow, BUSY) == {NO_1: Hold(0, HOLD_BACKLOG_S)}
    assert flow.holds().keys() == {NO_1, NO_2}
    flow.tend(QUIET)
    clock.now_s += CALM_S
    assert told(flow, QUIET) == {NO_1: Hold(0, 0), NO_2: Hold(0, 0)}
    assert flow.level is Level.FREE
    assert (told(flow, QUIET), flow.holds()) == ({}, {})


def test_an_agent_is_spoken_to_in_the_epoch_heard_last_though_a_spool_it_lost_had_a_higher_one() -> None:
    flow, _ = flow_of(NO_1)
    flow.heard(NO_1, 9)
    flow.heard(NO_1, 8)
    assert flow.tend(STUCK) == [(NO_1, 8)]


def test_many_agents_are_told_in_portions_and_none_is_forgotten() -> None:
    schools = [Address(SiteId(f"school-{number}"), AgentId("a")) for number in range(3 * TOLD_AT_ONCE)]
    flow, clock = flow_of(*schools)
    heard: set[Address] = set()
    for _ in range(3):
        portion = told(flow, BUSY)
        assert len(portion) == TOLD_AT_ONCE
        heard |= portion.keys()
        clock.now_s += 1
    assert heard == set(schools)


def test_who_sends_too_much_is_silenced_alone_and_released() -> None:
    flow, clock = flow_of(NO_1, NO_2)
    flow.restrain(NO_1)
    assert told(flow, QUIET) == {NO_1: Hold(int(RESTRAINED_S), HOLD_BACKLOG_S)}
    assert flow.hold_of(NO_2) == Hold(0, 0)
    clock.now_s += RESTRAINED_S / 2
    assert told(flow, QUIET) == {}
    assert flow.hold_of(NO_1).hold_s == RESTRAINED_S / 2
    clock.now_s += RESTRAINED_S / 2
    assert told(flow, QUIET) == {NO_1: Hold(0, 0)}
    assert told(flow, QUIET) == {}
