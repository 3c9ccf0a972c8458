"""The uplink over a line of 32 kbit/s and over one that breaks: nothing is repeated for being slow, live comes first."""

import asyncio
from pathlib import Path

import pytest

from agent.uplink.window import UNCONFIRMED_BYTES, Lane
from campus.wire.codec import encode_frame
from tests.fakes.acking_controller import AckingController
from tests.servers.mosquitto import mosquitto
from tests.support.eventually import until
from tests.support.relay import relay
from tests.support.uplink import settings, spool_in, until_empty, uplink_of
from tests.unit.agent.bodies import event, noisy

BACKLOG_FRAMES = 300
RATE_BYTES_PER_S = 4_000


async def fill(folder: Path) -> None:
    """2 MB of backlog."""
    spool = spool_in(folder)
    await spool.start()
    await spool.append([noisy(800, n) for n in range(BACKLOG_FRAMES)])
    await spool.close()


@pytest.mark.slow
def test_on_a_slow_line_live_frames_wait_for_little_and_nothing_is_sent_twice(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        await fill(tmp_path)
        # Half of what the backlog lane lets into the pipe takes longer than `ack_timeout_s`.
        async with (
            relay(port, RATE_BYTES_PER_S, delay_s=0.1) as line,
            uplink_of(
                tmp_path, settings(line.port, ack_timeout_s=2.0, backlog_bytes_per_s=10_000_000), answer_within_s=20.0
            ) as (
                spool,
                uplink,
            ),
        ):
            for told in range(3):
                await until(lambda: uplink.counts["sent_backlog"] >= 3 * (told + 1), "some backlog")  # noqa: B023
                before = len(controller.arrivals)
                await spool.append([event(f"live {told}")])
                number = spool.next_number - 1
                await until(lambda: number in controller.numbers(), "the live frame")  # noqa: B023
                passed = [encode_frame(frame) for frame in controller.arrivals[before:] if frame.number != number]
                frame_bytes = max(map(len, passed))
                assert sum(map(len, passed)) <= UNCONFIRMED_BYTES[Lane.BACKLOG] + 2 * frame_bytes
            assert len(controller.frames) < BACKLOG_FRAMES / 2
            assert uplink.counts["resent"] == 0
            assert uplink.counts["connections"] == 1
            line.rate_bytes_per_s = line.delay_s = 0.0
            await until_empty(spool)
        assert len([frame for frame in controller.arrivals if frame.number]) == len(controller.frames)

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))


@pytest.mark.slow
def test_a_line_that_is_cut_again_and_again_makes_progress_each_time(tmp_path: Path) -> None:
    async def scenario(port: int, controller: AckingController) -> None:
        await fill(tmp_path)
        async with (
            relay(port, 200_000, delay_s=0.02) as line,
            uplink_of(tmp_path, settings(line.port, backlog_bytes_per_s=1_000_000)) as (spool, uplink),
        ):
            for _ in range(4):
                stored = len(controller.frames)
                await until(lambda: len(controller.frames) >= stored + 20, "progress")  # noqa: B023
                connections = uplink.counts["connections"]
                line.cut()
                await until(lambda: uplink.counts["connections"] > connections, "another connection")  # noqa: B023
            line.rate_bytes_per_s = 0
            await until_empty(spool)
            # Only what was under way when the line broke goes out a second time.
            repeated = len([frame for frame in controller.arrivals if frame.number]) - len(controller.frames)
            assert repeated <= 4 * 2 * 32
        assert controller.sample_count() == BACKLOG_FRAMES * 800

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))
