"""A camera goes black, then freezes, on the running demo: the console names what is wrong within two minutes.

The demo's agents read every 15 seconds what real ones read every 60. What a picture is called is held by
`tests/unit/agent/test_picture.py`, what is read of the devices by `tests/integration/agent/test_camera.py`.
"""

from collections.abc import Iterator

import pytest

from tests.support.demo import SCHOOL, Demo, running_demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
WITHIN_S = 120.0
STAIRS, CORRIDOR, RECORDER = "camera-stairs", "camera-corridor", "recorder-1"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("district") / "demo") as running:
        yield running


def latest(demo: Demo, device: str) -> dict[tuple[str, str], str | float]:
    """(metric, instance) to the newest state or number of a device; empty before it has any."""
    values = demo.get_or_none(f"/api/v1/sites/{SCHOOL}/devices/{device}/latest") or []
    return {(each["metric"], each["instance"]): each["state"] or each["value"] for each in values}


def picture(demo: Demo, device: str) -> object:
    return latest(demo, device).get(("picture_state", ""))


def test_cameras_and_a_recorder_are_read(demo: Demo) -> None:
    for device in (STAIRS, CORRIDOR):
        demo.wait(lambda device=device: picture(demo, device) == "ok", f"a fine picture of {device}", 90)  # type: ignore[misc]
    demo.wait(lambda: ("channel_state", "8") in latest(demo, RECORDER), "the recorder's channels", 60)
    told = latest(demo, RECORDER)
    assert told["hardware_state", "hdda"] == "normal"
    assert told["recording_days", "1"] == pytest.approx(42, abs=0.2)
    found = {device["id"]: device for device in demo.get(f"/api/v1/devices?site={SCHOOL}")}
    assert (found[STAIRS]["facts"]["vendor"], found[CORRIDOR]["facts"]["vendor"]) == ("Hikvision", "Dahua")
    assert found[RECORDER]["kind"] == "recorder"


@pytest.mark.parametrize(("fault", "device", "title"), [
    ("camera-black", STAIRS, "摄像机画面全黑"),
    ("camera-frozen", CORRIDOR, "摄像机画面冻结"),
    ("camera-covered", CORRIDOR, "摄像机被遮挡或被转向墙面"),
    ("disk-failing", RECORDER, "录像机硬盘故障"),
])  # fmt: skip
def test_what_is_wrong_is_named_within_two_minutes_and_over_when_it_is_healed(
    demo: Demo, fault: str, device: str, title: str
) -> None:
    rule = f"recorder-{fault}" if device == RECORDER else fault
    place = f"/sites/{SCHOOL}/devices/{device}"
    demo.wait(lambda: ("reachable", "") in latest(demo, device), "the device to have spoken", 90)
    demo.simulate("fault", fault, "--school", SCHOOL, "--device", device)
    demo.wait(lambda: rule in demo.open_rules(SCHOOL), f"the alert {rule}", WITHIN_S)
    assert title in demo.page(place)
    demo.simulate("heal", "--school", SCHOOL)
    demo.wait(lambda: rule not in demo.open_rules(SCHOOL), f"the end of {rule}", WITHIN_S)
