"""Cameras and recorders asked over real HTTP and RTSP, by three dialects: what is read, and what a bad day makes of it."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable

import pytest
from PIL import Image

from agent.collect.port import Cadence, Harvest
from campus.samples import DeviceKind
from simulator.camera.dialects import dahua, hikvision, onvif
from simulator.camera.scene import Trouble
from simulator.camera.sight import Sight
from tests.support.cameras import NOW, Dialect, camera, collector_for, sight_of, state, told

ALL, NORMAL = frozenset(Cadence), frozenset({Cadence.FAST, Cadence.NORMAL})
MINUTE_MS = 60_000


async def polled(
    dialect: Dialect, change: Callable[[Sight], None] = lambda _: None, *, is_recorder: bool = False
) -> Harvest:
    """The first poll of a device that `change` was done to."""
    sight = sight_of(dialect, is_recorder=is_recorder)
    change(sight)
    async with camera(dialect, sight) as doors:
        collector = collector_for(doors)
        try:
            return await collector.poll(ALL, NOW)
        finally:
            await collector.close()


@pytest.mark.parametrize(
    ("dialect", "profile", "vendor"),
    [
        (hikvision, "hikvision/isapi", "Hikvision"),
        (dahua, "dahua/cgi", "Dahua"),
        (onvif, "onvif/device", "Tiandy"),
    ],
)
def test_a_camera_is_recognised_read_and_seen(dialect: Dialect, profile: str, vendor: str) -> None:
    harvest = asyncio.run(polled(dialect))
    facts = harvest.facts
    assert facts is not None
    assert (facts.profile, facts.vendor, facts.model, facts.serial) == (
        profile,
        vendor,
        f"{vendor[:3].upper()}-42",
        "SN0042",
    )
    assert (facts.kind, facts.firmware) == (DeviceKind.CAMERA, "V5.7.12")
    assert facts.macs == (("240f9b010203",) if dialect is hikvision else ())
    seen = told(harvest)
    assert abs(seen.pop(("clock_offset_s", ""))) <= 2
    extra = {("cpu_percent", ""): 23, ("uptime_s", ""): 864_000} if dialect is hikvision else {}
    assert seen == extra | {
        ("reachable", ""): 1,
        ("login_state", ""): 1,
        ("stream_state", ""): 2,
        ("video_codec_state", ""): 1,
        ("picture_state", ""): 1,
    }
    assert {"response_time_ms", "stream_response_ms", "picture_sharpness"} <= {s.key.metric for s in harvest.samples}
    assert not harvest.events


def test_a_recorder_tells_disks_channels_and_how_far_back_it_goes() -> None:
    harvest = asyncio.run(
        polled(hikvision, lambda sight: setattr(sight.disks[1], "is_failing", True), is_recorder=True)
    )
    assert harvest.facts is not None
    assert harvest.facts.kind is DeviceKind.RECORDER
    seen = told(harvest)
    assert seen["hardware_state", "hdda"] == 1
    assert seen["hardware_state", "hddb"] == 3
    assert seen["storage_percent", "hdda"] == pytest.approx(89.2, abs=0.1)
    assert seen["storage_percent", "hddb"] == 100
    assert seen["storage_free_bytes", "hdda"] == 412_000 << 20
    assert [seen["channel_state", channel] for channel in "123"] == [1, 1, 0]
    assert {key: days for key, days in seen.items() if key[0] == "recording_days"} == {
        ("recording_days", channel): 42 for channel in "123"
    }
    assert "picture_state" not in {metric for metric, _ in seen}


def test_a_dahua_recorder_too() -> None:
    harvest = asyncio.run(polled(dahua, is_recorder=True))
    assert harvest.facts is not None
    assert harvest.facts.kind is DeviceKind.RECORDER
    seen = told(harvest)
    assert seen["hardware_state", "/dev/hdda"] == 1
    assert seen["storage_percent", "/dev/hddb"] == 100
    assert [seen["channel_state", channel] for channel in "123"] == [1, 1, 0]


@pytest.mark.parametrize(
    ("trouble", "named"),
    [
        (Trouble.BLACK, "black"),
        (Trouble.FROZEN, "frozen"),
        (Trouble.COVERED, "covered"),
        (Trouble.OVEREXPOSED, "overexposed"),
        (Trouble.SNOW, "noise"),
    ],
)
def test_what_is_wrong_with_the_picture_is_named(trouble: Trouble, named: str) -> None:
    """The clock in the corner runs on whatever happens."""

    async def scenario() -> Harvest:
        moments = iter(range(NOW, NOW + 10**9, 4000))
        sight = sight_of(hikvision)
        sight.clock = lambda: next(moments)
        sight.suffer(trouble)
        async with camera(hikvision, sight) as doors:
            collector = collector_for(doors)
            harvest = await collector.poll(NORMAL, NOW)
            await collector.close()
        return harvest

    assert state(asyncio.run(scenario()), "picture_state") == named


def test_a_blurred_picture_is_known_by_how_sharp_the_camera_usually_is() -> None:
    async def scenario() -> list[str]:
        moments = iter(range(NOW, NOW + 10**9, 4000))
        sight = sight_of(hikvision)
        sight.clock = lambda: next(moments)
        states = []
        async with camera(hikvision, sight) as doors:
            collector = collector_for(doors)
            for minute in range(8):
                if minute == 6:
                    sight.suffer(Trouble.BLURRED)
                states.append(state(await collector.poll(NORMAL, NOW + minute * MINUTE_MS), "picture_state"))
            await collector.close()
        return states

    assert asyncio.run(scenario()) == ["ok"] * 6 + ["blurred"] * 2


def test_a_token_is_dated_by_the_cameras_own_clock() -> None:
    """A camera that is an hour ahead would refuse a token of our time."""
    harvest = asyncio.run(polled(onvif, lambda sight: setattr(sight, "ahead_s", 3600.0)))
    assert told(harvest)["clock_offset_s", ""] == pytest.approx(3600, abs=2)
    assert state(harvest, "login_state") == "accepted"


@pytest.mark.parametrize("dialect", [hikvision, dahua])
def test_a_wrong_clock_is_measured(dialect: Dialect) -> None:
    harvest = asyncio.run(polled(dialect, lambda sight: setattr(sight, "ahead_s", -125.0)))
    assert told(harvest)["clock_offset_s", ""] == pytest.approx(-125, abs=2)


def test_no_picture_touches_the_disk() -> None:
    """Every file that is opened for writing in this process while pictures are checked is noticed."""
    written: list[object] = []
    is_watching = True

    def notice(event: str, args: tuple[object, ...]) -> None:
        flags = args[2] if event == "open" and len(args) > 2 else 0
        if is_watching and isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(args)

    asyncio.run(polled(hikvision))  # what is imported late is imported now
    sys.addaudithook(notice)  # cannot be taken away again: it is told to look away instead
    try:
        harvest = asyncio.run(polled(hikvision))
    finally:
        is_watching = False
    assert state(harvest, "picture_state") == "ok"
    assert not written


def test_no_picture_outlives_its_check() -> None:
    async def scenario() -> tuple[str, int]:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            collector = collector_for(doors)
            harvest = await collector.poll(ALL, NOW)
            gc.collect()
            kept = sum(isinstance(each, Image.Image) for each in gc.get_objects())
            await collector.close()
        return state(harvest, "picture_state"), kept

    assert asyncio.run(scenario()) == ("ok", 0)
