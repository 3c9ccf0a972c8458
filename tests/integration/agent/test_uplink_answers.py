"""What the uplink learns from the controller's answers: the time, how much is wanted, what is wanted again."""

import asyncio
import time
from pathlib import Path

import pytest

from agent.batch import Batch
from agent.clock import CLOCK_SLACK_MS, SteadyClock, SteadyTimer, UtcClock, utc_ms
from agent.collect.port import Harvest
from agent.facts import FactsBook
from agent.intake import Intake
from agent.spool.spool import Spool
from campus.delivery import OFFER_AGAIN
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceFacts, DeviceKind, Event, Sample, SeriesKey
from campus.topics import Leg
from campus.wire.codec import encode_frame
from campus.wire.columns import read_columns
from campus.wire.frame import (
    EARLIEST_MS,
    AckBody,
    Body,
    CommandBody,
    EventsBody,
    FactsBody,
    Frame,
    ResultBody,
    SamplesBody,
)
from tests.fakes.acking_controller import AckingController, Habit
from tests.servers.mosquitto import mosquitto
from tests.support.eventually import until
from tests.support.uplink import settings, spool_in, until_empty, uplink_of
from tests.unit.agent.bodies import HERE, event, facts, samples

KEY = SeriesKey(DeviceId("sw-7"), MetricId("if_in_bps"), Instance("GE0/0/1"))
HOUR_MS = 3_600_000


def never_set() -> int:
    """A wall clock that began with 1970."""
    return time.monotonic_ns() // 1_000_000


def an_hour_ahead() -> int:
    return utc_ms() + HOUR_MS


def below(body: Body) -> Frame:
    """A frame from the controller."""
    return Frame(HERE.site, HERE.agent, 0, 0, utc_ms(), body)


async def read_at(clock: SteadyClock, spool: Spool, value: int) -> int:
    """One reading, one event and one device's facts through the intake to the disk; the true time of it, in ms."""
    intake = Intake(FactsBook({}), Batch(100), spool, 2.0, clock.reading, SteadyTimer())
    now, true_ms = clock.reading(), utc_ms()
    intake.take(
        KEY.device,
        Harvest(
            samples=[Sample(KEY, now, float(value))],
            facts=DeviceFacts(KEY.device, DeviceKind.SWITCH, now),
            events=[Event(KEY.device, now, "link_down", str(value))],
        ),
    )
    await intake.flush()
    return true_ms


def instants(body: Body) -> list[int]:
    if isinstance(body, SamplesBody):
        return [int(at) for at in read_columns(body, 1).measured_at]
    if isinstance(body, FactsBody):
        return [each.observed_at for each in body.devices if each.device == KEY.device]
    return [each.occurred_at for each in body.events] if isinstance(body, EventsBody) else []


@pytest.mark.parametrize("wall", [never_set, an_hour_ahead])
def test_what_was_read_by_a_wrong_clock_is_stored_with_true_times(tmp_path: Path, wall: UtcClock) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        first_life = SteadyClock(wall)
        spool = spool_in(tmp_path, first_life)
        await spool.start()
        true_times = [await read_at(first_life, spool, 0)]
        await spool.close()  # the process ends, the machine runs on
        clock = SteadyClock(wall)
        async with uplink_of(tmp_path, settings(port), clock, answer_within_s=20.0) as (spool, _):
            true_times.append(await read_at(clock, spool, 1))
            await until(lambda: clock.is_confirmed, "the controller's answer")
            true_times.append(await read_at(clock, spool, 2))
            await until_empty(spool)
        assert abs(clock() - utc_ms()) <= CLOCK_SLACK_MS
        stored = [frame for _, frame in sorted(controller.frames.items()) if frame.number]
        for kind in (SamplesBody, EventsBody, FactsBody):
            told = [at for frame in stored if isinstance(frame.body, kind) for at in instants(frame.body)]
            assert len(told) == 3
            assert all(abs(at - true) <= CLOCK_SLACK_MS for at, true in zip(told, true_times, strict=True))
        assert all(frame.sent_at <= utc_ms() + CLOCK_SLACK_MS for frame in stored)

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_before_the_time_is_known_nothing_but_hello_goes_out_again_and_again(tmp_path: Path) -> None:
    """A frame with the instants of a wrong clock would be set aside, or stored as it is, and acknowledged."""

    async def scenario(port: int, controller: AckingController) -> None:
        clock = SteadyClock(an_hour_ahead)
        spool = spool_in(tmp_path, clock)
        await spool.start()
        true_ms = await read_at(clock, spool, 0)
        await spool.close()
        clock = SteadyClock(an_hour_ahead)
        async with uplink_of(tmp_path, settings(port), clock) as (spool, uplink):
            await until(lambda: len(controller.hellos()) >= 3, "hello, again and again")
            assert {frame.number for frame in controller.arrivals} == {0}
            assert uplink.counts["unanswered_hellos"] >= 2
            controller.habit = Habit.ACKNOWLEDGE
            await until_empty(spool)
        kept = [frame.body for frame in controller.frames.values() if isinstance(frame.body, SamplesBody)]
        assert [abs(at - true_ms) <= CLOCK_SLACK_MS for body in kept for at in instants(body)] == [True]

    with mosquitto(tmp_path) as broker, AckingController(Habit.OLD) as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


async def a_while(controller: AckingController) -> None:
    """Return when the agent has said three times more that it is online: what it sent before then has arrived before."""
    states = len(controller.states)
    await until(lambda: len(controller.states) >= states + 3, "signs of life")


def test_nothing_but_hello_goes_out_before_it_is_answered(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        clock = SteadyClock()
        clock.hear(utc_ms(), 0)
        async with uplink_of(tmp_path, settings(port), clock, answer_within_s=20.0, state_every_s=0.1) as (spool, _):
            await spool.append([samples(10)])
            await a_while(controller)
            assert [frame.number for frame in controller.arrivals] == [0]
            controller.say(HERE.topic(Leg.DOWN), encode_frame(below(AckBody(spool.epoch, []))))
            await until_empty(spool)

    with mosquitto(tmp_path) as broker, AckingController(Habit.OLD) as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_an_agent_whose_frames_are_not_acknowledged_asks_what_time_it_is(tmp_path: Path) -> None:
    """A controller whose clock was set back puts frames off, and only an answer to a question tells the time closely."""

    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port), answer_within_s=0.5) as (spool, uplink):
            await spool.append([samples(10)])
            await until(lambda: len(controller.hellos()) >= 3, "hello, again and again")
            assert uplink.counts["resent"] >= 2
            controller.habit = Habit.ACKNOWLEDGE
            await until_empty(spool)

    with mosquitto(tmp_path) as broker, AckingController(Habit.SILENT) as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_a_hold_keeps_everything_in_the_spool_and_the_next_answer_lifts_it(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port), state_every_s=0.1) as (spool, uplink):
            await until(lambda: uplink.hold_s > 0, "the hold")
            for n in range(5):
                await spool.append([samples(10, n)])
            await a_while(controller)
            assert [frame.number for frame in controller.arrivals] == [0]
            controller.say(HERE.topic(Leg.DOWN), encode_frame(below(AckBody(spool.epoch, []))))
            controller.hold_s = 0
            await until_empty(spool)
            assert uplink.hold_s == 0

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.hold_s = 3600
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_a_hold_of_the_backlog_lets_live_frames_through(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        spool = spool_in(tmp_path)
        await spool.start()
        await spool.append([*(samples(10, n) for n in range(5)), event("waited"), facts()])
        await spool.close()
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            await until(lambda: uplink.hold_s > 0, "the hold")
            for n in range(5):
                await spool.append([event(f"live {n}")])
            await until(lambda: len(controller.frames) == 7, "the live frames and the facts that waited")
            assert uplink.counts["sent_backlog"] == 1
            assert controller.sample_count() == 0
            controller.hold_backlog_s = 0
            await spool.append([event("the last")])  # its acknowledgement lifts the hold
            await until_empty(spool)
        assert controller.sample_count() == 50

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.hold_backlog_s = 3600
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_a_controller_that_lost_its_memory_gets_again_what_is_still_kept(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            await until(lambda: uplink.is_connected, "connection")
            for n in range(5):
                await spool.append([samples(10, n)])
            await until_empty(spool)
            before = dict(controller.frames)
            for number, since in enumerate((0, EARLIEST_MS, "yesterday", utc_ms() + HOUR_MS)):
                controller.frames.clear()
                command = CommandBody(f"c-{number}", OFFER_AGAIN, {"since": str(since)})
                controller.say(HERE.topic(Leg.DOWN), encode_frame(below(command)))
                await until(lambda: number < len(results(controller)), "an answer")  # noqa: B023
                await until_empty(spool)
                assert (before.keys() <= controller.frames.keys()) == (number < 2)
                assert all(controller.frames.get(mark, frame) == frame for mark, frame in before.items())
            assert uplink.counts["resent"] == 0
        answers = results(controller)
        assert [answer.ok for answer in answers.values()] == [True, True, False, True]
        assert answers["c-0"].text == f"{len(before)} frames are sent again"
        assert "must be UTC milliseconds" in answers["c-2"].text

    def results(controller: AckingController) -> dict[str, ResultBody]:
        return {frame.body.id: frame.body for frame in controller.arrivals if isinstance(frame.body, ResultBody)}

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_two_agents_with_one_identity_both_deliver_and_one_of_them_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(port: int) -> None:
        for name in ("elder", "younger"):
            (tmp_path / name).mkdir()
        async with uplink_of(tmp_path / "elder", settings(port)) as (spool, uplink):
            await until(lambda: uplink.is_connected, "connection")
            async with uplink_of(tmp_path / "younger", settings(port)) as (other_spool, other):
                for n in range(10):
                    await spool.append([samples(10, n)])
                    await other_spool.append([samples(10, 100 + n)])
                await until_empty(spool)
                await until_empty(other_spool)
                told = (uplink.counts, other.counts)
                await until(lambda: sum(each["refused_down_other_epoch"] for each in told) > 1, "answers to the other")
                assert (uplink.counts["connections"], other.counts["connections"]) == (1, 1)

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port))
    assert controller.sample_count() == 200
    assert caplog.text.count("another agent seems to use the identity no-1-primary/no-1-primary") == 1
