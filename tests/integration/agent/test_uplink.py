"""The uplink against a real Mosquitto that is killed and wiped: everything arrives, nothing is stored twice.

The controller here is a fake that acknowledges; what it stores it keys by (epoch, number), as the real one does.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from agent.clock import utc_ms
from campus.topics import Leg
from campus.version import VERSION
from campus.wire.codec import encode_frame
from campus.wire.frame import AckBody, CommandBody, Frame, HelloBody, ResultBody
from tests.fakes.acking_controller import AckingController, Habit
from tests.servers.daemon import free_port, wait_until
from tests.servers.mosquitto import mosquitto
from tests.support.eventually import until
from tests.support.uplink import settings, spool_in, until_empty, uplink_of
from tests.unit.agent.bodies import HERE, event, noisy, samples


def test_hello_then_facts_then_live_frames_and_the_spool_is_emptied_by_acknowledgements(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            await until(lambda: uplink.is_connected, "connection")
            for n in range(5):
                await spool.append([samples(10, n)])
            await until_empty(spool)
        assert isinstance(controller.arrivals[0].body, HelloBody)
        assert controller.arrivals[0].body.version == VERSION
        assert [frame.number for frame in controller.arrivals] == [0, 1, 2, 3, 4, 5, 6]
        assert controller.sample_count() == 50

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_the_state_topic_tells_who_is_online_who_left_and_who_vanished(tmp_path: Path) -> None:
    async def leave(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)):
            await until(lambda: bool(controller.states), "that it is online")

    def states(controller: AckingController) -> list[object]:
        return [json.loads(state) for state in controller.states]

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(leave(broker.port, controller))
        with AckingController() as late:
            late.connect(broker.port)  # what is retained reaches who comes later
            wait_until(lambda: bool(late.states), "the retained state")
            assert states(late) == [{"online": False}]
    assert states(controller) == [{"online": True, "version": VERSION}, {"online": False}]


def test_a_last_will_that_comes_late_does_not_leave_us_offline(tmp_path: Path) -> None:
    online = {"online": True, "version": VERSION}

    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port), state_every_s=0.2):
            await until(lambda: bool(controller.states), "a first state")
            controller.say(HERE.topic(Leg.STATE), b'{"online":false}')
            await until(lambda: b'{"online":false}' in controller.states, "the will")
            await until(lambda: json.loads(controller.states[-1]) == online, "the truth")

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_live_frames_pass_a_backlog_that_is_held_to_its_bandwidth(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        spool = spool_in(tmp_path)
        await spool.start()
        await spool.append([noisy(800, n) for n in range(40)])  # about 6.5 kB each
        backlog_bytes = (await spool.state()).size_bytes
        await spool.close()
        rate = backlog_bytes // 4
        async with uplink_of(tmp_path, settings(port, backlog_bytes_per_s=rate)) as (spool, uplink):
            await until(lambda: uplink.counts["sent_backlog"] >= 5, "some backlog")
            await spool.append([event("fire")])
            await until(lambda: 42 in controller.numbers(), "the live frame")
            assert uplink.counts["sent_backlog"] < 35
            await until_empty(spool)
        assert controller.numbers() == list(range(1, 43))
        behind = [frame.number for frame in controller.arrivals if 1 <= frame.number <= 40]
        assert behind == sorted(behind)

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


@pytest.mark.slow
def test_a_broker_killed_and_wiped_loses_nothing(tmp_path: Path) -> None:
    port = free_port()

    async def scenario(controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            for life in range(3):
                # No persistence is configured: each broker begins with nothing.
                with mosquitto(tmp_path, port) as broker:
                    await until(lambda: uplink.is_connected, "connection")
                    controller.habit = Habit.DEAF if life == 1 else Habit.ACKNOWLEDGE
                    controller.connect(port)
                    for n in range(20):
                        await spool.append([noisy(50, 100 * life + n)])
                    # In the second life the broker confirms frames to the agent that the controller never hears.
                    await until(lambda: uplink.counts["sent_live"] >= 20 * (life + 1), "sending")  # noqa: B023
                    os.kill(broker.pid, signal.SIGKILL)
                await until(lambda: not uplink.is_connected, "noticing")
                await spool.append([noisy(50, 100 * life + 50)])
            with mosquitto(tmp_path, port):
                controller.connect(port)
                await until_empty(spool)
        assert controller.sample_count() == 3 * 21 * 50
        assert controller.numbers() == list(range(1, controller.numbers()[-1] + 1))

    with AckingController() as controller:
        asyncio.run(scenario(controller))


def test_a_controller_that_is_away_gets_everything_when_it_is_back_and_meanwhile_little_is_repeated(
    tmp_path: Path,
) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port, window_frames=4)) as (spool, uplink):
            await until(lambda: uplink.is_connected, "connection")
            await until_empty(spool)
            controller.habit = Habit.DEAF
            for n in range(60):
                await spool.append([noisy(20, n)])
            await until(lambda: uplink.counts["resent"] >= 8, "a repetition")
            assert uplink.counts["sent_live"] + uplink.counts["sent_backlog"] <= 9 + uplink.counts["resent"] + 8
            controller.habit = Habit.ACKNOWLEDGE
            await until_empty(spool)
        assert controller.sample_count() == 60 * 20

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_a_lost_acknowledgement_costs_a_repetition_and_nothing_is_stored_twice(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            await until(lambda: uplink.is_connected, "connection")
            await spool.append([samples(7)])
            await until(lambda: uplink.counts["resent"] >= 1, "a repetition")
            controller.habit = Habit.ACKNOWLEDGE
            await until_empty(spool)
        arrived = Counter(frame.number for frame in controller.arrivals)
        assert arrived[2] >= 2
        assert controller.sample_count() == 7

    with mosquitto(tmp_path) as broker, AckingController(Habit.SILENT) as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


def test_wrong_frames_from_above_are_counted_and_a_command_is_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            await until(lambda: uplink.is_connected, "connection")
            await until_empty(spool)
            controller.habit = Habit.SILENT
            await spool.append([samples(7)])
            other = Frame(HERE.site, HERE.agent, 0, 0, utc_ms(), AckBody(spool.epoch + 1, [(1, 99)]))
            stray = Frame(HERE.site, HERE.agent, 0, 0, utc_ms(), HelloBody("1", 1))
            command = Frame(HERE.site, HERE.agent, 0, 0, utc_ms(), CommandBody("c-1", "reboot"))
            for payload in (b"garbage", encode_frame(other), encode_frame(stray), encode_frame(command)):
                controller.say(HERE.topic(Leg.DOWN), payload)
            await until(lambda: any(isinstance(f.body, ResultBody) for f in controller.arrivals), "an answer")
            assert uplink.counts["refused_down_not_a_frame"] == 1
            assert uplink.counts["refused_down_other_epoch"] == 1
            assert "another agent seems to use the identity no-1-primary/no-1-primary: give it its own" in caplog.text
            assert uplink.counts["refused_down_not_expected"] == 1
            assert (await spool.state()).frames == 2
        answer = next(frame.body for frame in controller.arrivals if isinstance(frame.body, ResultBody))
        assert (answer.id, answer.ok) == ("c-1", False)
        assert "does not know the command 'reboot'" in answer.text

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))
