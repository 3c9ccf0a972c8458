"""After an outage of a school of 30 devices: what is new first, and what waited far faster than it came."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.settings import AgentFile, CadenceSettings, UplinkSettings
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.codec import encode_frame
from campus.wire.frame import SamplesBody
from campus.wire.pack import pack_samples
from tests.fakes.acking_controller import AckingController
from tests.servers.mosquitto import mosquitto
from tests.support.eventually import until
from tests.support.uplink import settings, spool_in, until_empty, uplink_of
from tests.unit.agent.bodies import NOW, event

OUTAGE_S = 600
FASTER = 20
"""At least so many seconds of a school's readings go out in one second."""


def school(chance: random.Random) -> list[SeriesKey]:
    """24 switches of 24 ports and 6 devices with a handful of points: 4,638 series, read once a minute."""
    ports = [
        SeriesKey(DeviceId(f"sw-{switch}"), MetricId(metric), Instance(f"GE0/0/{port}"))
        for switch in range(24)
        for port in range(24)
        for metric in ("if_in_bps", "if_out_bps", "if_in_errors_per_s", "if_out_errors_per_s", "if_in_discards_per_s",
                       "if_out_discards_per_s", "if_oper_state", "if_speed_bps")
    ]  # fmt: skip
    points = [
        SeriesKey(DeviceId(f"srv-{n}"), MetricId("storage_percent"), Instance(f"/{m}"))
        for n in range(6)
        for m in range(5)
    ]
    series = ports + points
    chance.shuffle(series)  # polls are spread over the minute
    return series


def outage(length_s: int) -> Iterator[SamplesBody]:
    """A frame for each `batch_s`, of values that no codec makes small."""
    chance = random.Random(7)
    series, batch_s = school(chance), AgentFile(site="x").batch_s
    per_frame = round(len(series) * batch_s / CadenceSettings().normal_s)
    for index in range(round(length_s / batch_s)):
        at = NOW + round(index * batch_s * 1000)
        chosen = [series[(index * per_frame + n) % len(series)] for n in range(per_frame)]
        yield pack_samples([Sample(key, at + chance.randrange(2000), chance.random() * 1e9) for key in chosen])


@pytest.mark.slow
def test_live_frames_are_stored_first_and_the_backlog_drains_many_times_faster_than_it_came(tmp_path: Path) -> None:
    cap_bytes_per_s = UplinkSettings().backlog_bytes_per_s

    async def scenario(port: int, controller: AckingController) -> None:
        spool = spool_in(tmp_path)
        await spool.start()
        waited = list(outage(OUTAGE_S))
        await spool.append(waited)
        await spool.close()
        async with uplink_of(tmp_path, settings(port, backlog_bytes_per_s=cap_bytes_per_s)) as (spool, uplink):
            await until(lambda: uplink.counts["sent_backlog"] >= 3, "some backlog")
            await spool.append([event("fire")])
            live = spool.next_number - 1
            await until(lambda: live in controller.numbers(), "the live frame")
            assert len(controller.frames) < len(waited) / 2
            await until_empty(spool)
            assert uplink.counts["resent"] == 0
        assert len(controller.frames) == len(waited) + 2

    with mosquitto(tmp_path) as broker, AckingController() as controller:
        controller.connect(broker.port)
        asyncio.run(scenario(broker.port, controller))
    # What the cap allows, from what really went over the line: no clock is read, so a busy machine changes nothing.
    sent = [frame for frame in controller.arrivals if isinstance(frame.body, SamplesBody)]
    drained_in_s = sum(len(encode_frame(frame)) for frame in sent) / cap_bytes_per_s
    assert OUTAGE_S / drained_in_s >= FASTER
