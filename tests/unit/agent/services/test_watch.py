"""When services and paths are asked, what is told of them, and that one that breaks costs its neighbours nothing."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.path.model import PathState, Pinged
from agent.path.throughput import Refusal, Throughput
from agent.path.turns import SOONEST_S, ThroughputWatch
from agent.path.watch import path_samples
from agent.services.check import Service, samples_of
from agent.services.model import CheckFailed, Finding, ServiceState
from agent.services.watch import ServiceWatch
from campus.ids import DeviceId
from campus.metrics import catalogue
from campus.samples import Sample
from tests.fakes.manual_timer import ManualTimer

AGENT = DeviceId("no-1-primary")


class ScriptedCheck:
    """Gives one answer after another, the last one for ever; an exception is raised."""

    def __init__(self, *answers: Finding | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    @property
    def tls_place(self) -> tuple[HostPort, str] | None:
        return None

    async def ask(self) -> Finding:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def run_for(duration_s: float, timer: ManualTimer, work: Coroutine[Any, Any, None]) -> None:
    async def scenario() -> None:
        task = asyncio.create_task(work)
        await timer.advance(duration_s)
        task.cancel()

    asyncio.run(scenario())


def values(samples: list[Sample]) -> dict[str, float]:
    return {sample.key.metric: sample.value for sample in samples}


def test_each_service_is_asked_at_its_own_pace_and_told_as_the_agents() -> None:
    timer, told = ManualTimer(), list[Sample]()
    fast, slow = ScriptedCheck(Finding(ServiceState.UP, response_ms=12.5)), ScriptedCheck(Finding(ServiceState.UP))
    services = [Service("fast", 10, 5, 1000, fast), Service("slow", 60, 5, 1000, slow)]
    watch = ServiceWatch(AGENT, services, lambda _, each: told.extend(each.samples), clock=timer.utc_ms, timer=timer)
    run_for(120, timer, watch.run())
    assert (fast.asked, slow.asked) == (12, 2)
    assert {(each.key.device, each.key.instance) for each in told} == {(AGENT, "fast"), (AGENT, "slow")}


def test_a_check_that_breaks_costs_its_own_service_one_turn() -> None:
    timer, harvests = ManualTimer(), list[Harvest]()
    broken = ScriptedCheck(RuntimeError("unforeseen"), Finding(ServiceState.UP))
    sound = ScriptedCheck(Finding(ServiceState.UP))
    services = [Service("broken", 10, 5, 1000, broken), Service("sound", 10, 5, 1000, sound)]
    watch = ServiceWatch(AGENT, services, lambda _, each: harvests.append(each), clock=timer.utc_ms, timer=timer)
    run_for(30, timer, watch.run())
    assert (broken.asked, sound.asked) == (3, 3)
    assert sum(each.dropped["service_check_broken"] for each in harvests) == 1


def test_a_finding_becomes_what_the_catalogue_allows() -> None:
    whole = Finding(ServiceState.UP, "", 40.0, 12.0, 33.3, -0.25)
    told = values(samples_of(AGENT, "portal", whole, 1))
    assert told == {
        "service_state": 1.0,
        "service_response_ms": 40.0,
        "service_first_byte_ms": 12.0,
        "tls_days_left": 33.3,
        "service_clock_offset_s": -0.25,
    }
    assert set(told) <= set(catalogue())
    assert values(samples_of(AGENT, "portal", Finding(ServiceState.REFUSED), 1)) == {"service_state": 4.0}


def test_the_states_are_the_catalogues() -> None:
    for metric, states in (("service_state", ServiceState), ("path_state", PathState)):
        known = {state.value: state.name for state in catalogue()[metric].states}  # type: ignore[index]
        assert known == {state.value: state.name.lower() for state in states}


def test_pings_become_loss_delay_and_variation() -> None:
    told = values(path_samples(AGENT, "centre", Pinged(PathState.ANSWERS, 4, (10.0, 14.0, 12.0)), 1500, 1))
    assert told == {
        "path_state": 1.0,
        "path_loss_percent": 25.0,
        "path_delay_ms": 12.0,
        "path_delay_p95_ms": 14.0,
        "path_jitter_ms": 3.0,
        "path_mtu_bytes": 1500.0,
    }
    assert values(path_samples(AGENT, "centre", Pinged(PathState.NOT_PERMITTED), None, 1)) == {"path_state": 4.0}
    assert values(path_samples(AGENT, "centre", Pinged(PathState.SILENT, 3), None, 1)) == {
        "path_state": 2.0,
        "path_loss_percent": 100.0,
    }


class ScriptedProbe:
    """Stands for `ThroughputProbe`."""

    def __init__(self, *answers: Throughput | Refusal | Exception) -> None:
        self.answers = list(answers)
        self.asked_s: list[float] = []
        self.timer = ManualTimer()

    async def measure(self) -> Throughput | Refusal:
        self.asked_s.append(self.timer.now_s())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_first_turn_is_asked_for_within_the_time_that_is_given_and_again_after_it() -> None:
    probe = ScriptedProbe(CheckFailed(ServiceState.REFUSED, "not there yet"), Throughput(20e6, 5e6))
    timer = probe.timer
    watch = ThroughputWatch(
        AGENT, probe, 21_600.0, lambda *_: None, clock=timer.utc_ms, timer=timer, first_within_s=60.0
    )
    began_s = timer.now_s()
    run_for(120, timer, watch.run())
    first_s, again_s = probe.asked_s
    assert first_s < began_s + 60
    assert again_s == first_s + 60


def test_a_centre_that_is_away_is_not_asked_every_second() -> None:
    probe = ScriptedProbe(CheckFailed(ServiceState.REFUSED, "away"))
    timer = probe.timer
    watch = ThroughputWatch(
        AGENT, probe, 21_600.0, lambda *_: None, clock=timer.utc_ms, timer=timer, first_within_s=1.0
    )
    run_for(120, timer, watch.run())
    assert {later - earlier for earlier, later in zip(probe.asked_s, probe.asked_s[1:], strict=False)} == {SOONEST_S}


def test_a_refused_turn_is_asked_for_again_when_the_controller_says() -> None:
    told = list[Sample]()
    probe = ScriptedProbe(
        Refusal("lessons", 1200.0),
        CheckFailed(ServiceState.REFUSED, "away"),
        Refusal("busy", 1.0),
        Throughput(20e6, 5e6),
    )
    timer = probe.timer
    watch = ThroughputWatch(
        AGENT,
        probe,
        21_600.0,
        lambda _, each: told.extend(each.samples),
        clock=timer.utc_ms,
        timer=timer,
    )
    run_for(20_000, timer, watch.run())
    pauses = [later - earlier for earlier, later in zip(probe.asked_s, probe.asked_s[1:], strict=False)]
    assert pauses == [1200.0, 900.0, 30.0]
    assert values(told) == {"path_down_bps": 20e6, "path_up_bps": 5e6}
