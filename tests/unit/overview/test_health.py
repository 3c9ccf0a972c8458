"""Which sign a device carries, and the sentence that says how the district is."""

import pytest

from campus.ids import DeviceId, SiteId
from campus.metrics import Health
from campus.samples import Severity
from controller.alerts.model import Alert, AlertState
from controller.alerts.rulebook import shipped_rules
from controller.overview.health import SILENT_AFTER_MS, OpenAlert, Standing, device_health, site_sign
from controller.overview.model import HealthCounts
from controller.overview.words import Schools, district_sentence, site_sentence

NOW = 1_790_000_000_000


def open_alert(rule_id: str, device: str = "d-1", opened_at: int = NOW - 60_000) -> OpenAlert:
    rule = shipped_rules().rule(rule_id)
    assert rule is not None
    alert = Alert(
        1, rule_id, SiteId("s"), DeviceId(device), rule.metric, "", rule.severity, AlertState.OPEN, opened_at, 0.0
    )
    return OpenAlert(alert, rule)


def standing(
    *alerts: OpenAlert, newest_at: int = NOW, reachable: float | None = 1.0, is_cut_off: bool = False
) -> Standing:
    return Standing(NOW, newest_at, None if reachable is None else (NOW - 5, reachable), alerts, is_cut_off)


@pytest.mark.parametrize(
    ("known", "health", "since"),
    [
        (standing(), Health.GOOD, 0),
        (standing(reachable=None), Health.GOOD, 0),
        (standing(reachable=0.0), Health.FAILED, NOW - 5),
        (standing(newest_at=0, reachable=None), Health.UNKNOWN, 0),
        (standing(newest_at=NOW - SILENT_AFTER_MS), Health.GOOD, 0),
        (standing(newest_at=NOW - SILENT_AFTER_MS - 1), Health.UNKNOWN, NOW - SILENT_AFTER_MS - 1),
        (standing(is_cut_off=True), Health.UNKNOWN, NOW),
        (standing(is_cut_off=True, reachable=0.0), Health.UNKNOWN, NOW),
        (standing(open_alert("gas-leak")), Health.FAILED, NOW - 60_000),
        (standing(open_alert("gas-leak"), is_cut_off=True), Health.FAILED, NOW - 60_000),
        (standing(open_alert("printer-supply-low")), Health.ATTENTION, NOW - 60_000),
        (standing(open_alert("lamp-worn")), Health.GOOD, 0),
    ],
)
def test_signs_of_devices(known: Standing, health: Health, since: int) -> None:
    found = device_health(known)
    assert (found.health, found.since) == (health, since)
    assert found.reason_en
    assert found.reason_zh


def test_the_most_urgent_reason_is_told_and_the_others_counted() -> None:
    found = device_health(standing(open_alert("printer-supply-low"), open_alert("gas-leak"), open_alert("disk-full")))
    assert (found.reason_en, found.reason_zh) == ("Gas in the kitchen (and 2 more)", "厨房燃气泄漏（另有 2 项）")


FREEZERS = [open_alert("freezer-warm", device) for device in ("a", "b")]
MANY = [
    open_alert(rule_id, rule_id)
    for rule_id in ("gas-leak", "not-recording", "disk-full", "printer-supply-low", "board-hot", "memory-full")
]


@pytest.mark.parametrize(
    ("schools", "alerts", "english", "chinese"),
    [
        (Schools(8, 0, 0), [], "All 8 schools are fine.", "8 所学校全部运行正常。"),
        (Schools(1, 0, 0), [], "The school is fine.", "学校运行正常。"),
        (Schools(0, 0, 0), [], "No schools yet.", "尚未录入学校。"),
        (
            Schools(8, 2, 0),
            FREEZERS[:1],
            "2 of 8 schools are cut off, 1 freezer is warm.",
            "8 所学校中有 2 所断网，1 台冷冻柜温度过高。",
        ),
        (
            Schools(8, 1, 1),
            [*FREEZERS, *FREEZERS],
            "1 of 8 schools is cut off, 2 freezers are warm, nothing has been heard from 1 school yet.",
            "8 所学校中有 1 所断网，2 台冷冻柜温度过高，1 所学校尚无数据。",
        ),
        (
            Schools(8, 0, 0, troubled=3),
            [],
            "3 of 8 schools need a look.",
            "8 所学校中有 3 所需要查看。",
        ),
        (
            Schools(8, 0, 0),
            MANY,
            "There is gas in 1 kitchen, 1 camera is not recorded, 1 disk is nearly full, 1 printer is low on toner, "
            "2 other devices need a look.",
            "1 个厨房燃气泄漏，1 台摄像机未录像，1 块磁盘即将用满，1 台打印机耗材不足，另有 2 台设备需要查看。",
        ),
    ],
)
def test_the_districts_sentence(schools: Schools, alerts: list[OpenAlert], english: str, chinese: str) -> None:
    sentence = district_sentence(schools, alerts)
    assert (sentence.en, sentence.zh) == (english, chinese)


def test_a_schools_sentence() -> None:
    assert site_sentence(is_cut_off=False, is_heard=True, alerts=[]).en == "Everything works here."
    assert site_sentence(is_cut_off=False, is_heard=False, alerts=[]).zh == "本校尚无数据。"
    assert (
        site_sentence(is_cut_off=True, is_heard=True, alerts=FREEZERS).en
        == "This school is cut off, 2 freezers are warm."
    )


def test_every_severity_has_a_place() -> None:
    assert {rule.severity for rule in shipped_rules().rules()} == set(Severity)


def test_an_alert_of_a_school_as_a_whole_is_seen_although_its_devices_are_well() -> None:
    well = HealthCounts(good=3)
    assert site_sign([open_alert("printer-supply-low")], well) is Health.GOOD
    assert site_sign([open_alert("printer-supply-low", device="")], well) is Health.ATTENTION
