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


@pytest.mark.parametrize(
    ("fault", "device", "title"),
    [("camera-black", STAIRS, "摄像机画面全黑"), ("camera-frozen", CORRIDOR, "摄像机画面冻结")],
)
def test_a_picture_gone_wrong_is_named_within_two_minutes_and_over_when_it_is_healed(
    demo: Demo, fault: str, device: str, title: str
) -> None:
    demo.wait(lambda: picture(demo, device) == "ok", f"a fine picture of {device}", 90)
    demo.simulate("fault", fault, "--school", SCHOOL, "--device", device)
    demo.wait(lambda: fault in demo.open_rules(SCHOOL), f"the alert {fault}", WITHIN_S)
    assert title in demo.page(f"/sites/{SCHOOL}/devices/{device}")
    demo.simulate("heal", "--school", SCHOOL)
    demo.wait(lambda: fault not in demo.open_rules(SCHOOL), f"the end of {fault}", WITHIN_S)


def test_a_failing_disk_is_named(demo: Demo) -> None:
    demo.simulate("fault", "disk-failing", "--school", SCHOOL)
    demo.wait(lambda: "recorder-disk-failing" in demo.open_rules(SCHOOL), "the alert of the disk", WITHIN_S)
    assert "录像机硬盘故障" in demo.page(f"/sites/{SCHOOL}/devices/{RECORDER}")
