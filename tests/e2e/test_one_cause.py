"""Two schools go dark, one by its fibre and one by its mains: one alert stands for each, and says which it was.

The real simulator, agents, broker and controller, on one time line:

    at 0 s     the fibre of the first school is cut, the mains of the second fail
    at 1 min   the second school's UPS is empty
    by 3 min   each school has exactly one alert that stands for itself: fibre, and power; the centre has none
    then       all is mended, and nothing stands any more
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.demo import SCHOOL, SCHOOLS, Demo, running_demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
OTHER = "no-2-middle"
CAUSES = {"school-cut-off", "ups-on-battery"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("causes") / "demo") as running:
        yield running


def standing(demo: Demo, site: str) -> list[dict[str, Any]]:
    """Open alerts of faults of the network or of power that stand for themselves, as people are told of them."""
    alerts = demo.get(f"/api/v1/alerts?state=open&site={site}")
    return [each for each in alerts if not each["cause"] and not each["held_until"] and each["rule"] not in OWN_FAULTS]


OWN_FAULTS = {"uplink-in-full", "uplink-out-full", "uplink-in-filling", "uplink-out-filling", "port-drops-packets"}
"""Lines that are as full as they are in lessons."""


def verdicts(demo: Demo, site: str) -> list[tuple[str, str]]:
    return [(each["rule"], each["verdict"]) for each in standing(demo, site)]


def test_a_cut_fibre_and_a_power_cut_are_one_alert_each(demo: Demo) -> None:
    demo.wait(lambda: len(demo.get("/api/v1/agents")) == SCHOOLS + 1, "every agent", timeout_s=60)
    for site in (SCHOOL, OTHER):
        own = f"/api/v1/sites/{site}/devices/{site}/latest"
        demo.wait(lambda own=own: bool(demo.get_or_none(own)), f"{site} to have spoken", timeout_s=60)  # type: ignore[misc]
    demo.wait(lambda: bool(demo.get_or_none("/api/v1/sites/centre/devices/core-1/latest")), "the core", timeout_s=60)
    demo.simulate("fault", "cut-uplink", "--school", SCHOOL)
    demo.simulate("fault", "power-loss", "--school", OTHER)
    demo.wait(lambda: ("school-cut-off", "fibre") in verdicts(demo, SCHOOL), "the verdict: fibre", timeout_s=150)
    demo.wait(lambda: ("ups-on-battery", "power") in verdicts(demo, OTHER), "the verdict: power", timeout_s=200)
    assert verdicts(demo, SCHOOL) == [("school-cut-off", "fibre")]
    assert verdicts(demo, OTHER) == [("ups-on-battery", "power")]
    assert [each for each in verdicts(demo, "centre") if each[0] in CAUSES | {"port-down"}] == []
    demo.simulate("heal")
    demo.wait(lambda: not CAUSES & demo.open_rules(SCHOOL), "the first school to be back", timeout_s=90)
    demo.wait(lambda: not CAUSES & demo.open_rules(OTHER), "the second school to be back", timeout_s=120)
