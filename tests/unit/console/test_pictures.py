"""What charts, the network picture and the little pictures are made of."""

import math
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import Request

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.metrics import Health, catalogue
from campus.samples import DeviceKind, PortFacts
from controller.alerts.rulebook import shipped_rules
from controller.console.csv_file import csv_text
from controller.console.language import Language
from controller.console.metro import HEIGHT, MAX_SCHOOLS, WIDTH, metro
from controller.console.page import Page, Theme, address
from controller.console.pages.device import heard_at, natural, ports, told_first
from controller.console.pages.utilisation import heat_table
from controller.console.panels import PANELS, PORT_METRICS
from controller.console.pictures import lines_picture, rule_limits, strip_picture, wall_ms
from controller.console.spark import spark_svg
from controller.overview.model import HealthCounts, LinkNow, SiteHealth
from controller.registry.model import Link, Site
from controller.store.port import Level
from controller.telemetry.model import Chart, ChartSeries, LatestValue
from controller.utilisation.model import HeatCell
from tests.support.district import DISTRICT_SCOPE, GATEWAY, NO_1, ready_registry

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = 1_789_488_000_000
"""2026-09-16 00:00 in Asia/Shanghai."""


def page() -> Page:
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []})
    return Page(request, DISTRICT_SCOPE, Language.EN, Theme.AUTO, START, SHANGHAI)


def rows_of(picture: dict[str, Any]) -> list[dict[str, Any]]:
    return list(picture["series"])


def chart(metric: str, values: list[float], *, step_ms: int = 60_000, instance: str = "") -> Chart:
    at = START + step_ms * np.arange(len(values), dtype=np.int64)
    column = np.array(values)
    series = ChartSeries(Instance(instance), at, column, column, column, column)
    return Chart(MetricId(metric), Level.RAW, START, START + step_ms * len(values), [series])


def test_points_stand_in_wall_time_and_gaps_stay_empty() -> None:
    picture = lines_picture(page(), chart("cpu_percent", [10.0, math.nan, 30.0]), None)
    [series] = rows_of(picture)
    assert series["points"] == [
        [START + 8 * 3_600_000, 10.0, 10.0, 10.0],
        [START + 8 * 3_600_000 + 60_000, None, None, None],
        [START + 8 * 3_600_000 + 120_000, 30.0, 30.0, 30.0],
    ]
    assert (picture["floor"], picture["ceiling"], picture["kind"]) == (0, 100, "lines")


def test_in_and_out_are_mirrored_and_named() -> None:
    picture = lines_picture(page(), chart("if_in_bps", [1.0, 2.0]), chart("if_out_bps", [3.0, 4.0]))
    assert picture["kind"] == "mirrored"
    assert [(each["role"], each["name"]) for each in rows_of(picture)] == [
        ("in", "Traffic in"),
        ("out", "Traffic out"),
    ]


def test_states_become_blocks_that_end_where_the_next_begins() -> None:
    picture = strip_picture(page(), [chart("power_state", [0, 0, 2, 2, math.nan, 0])])
    [row] = rows_of(picture)
    minute, first = 60_000, START + 8 * 3_600_000
    assert row["blocks"] == [
        [first, first + 2 * minute, 0],
        [first + 2 * minute, first + 4 * minute, 1],
        [first + 5 * minute, first + 6 * minute, 0],
    ]
    assert picture["states"] == [
        {"name": "Off", "health": "good", "rank": 0},
        {"name": "On", "health": "good", "rank": 2},
    ]


def test_states_of_mixed_cadence_have_no_holes() -> None:
    five, quarter = 300_000, 15_000
    at = np.array([START, START + five, START + 2 * five, START + 2 * five + quarter, START + 2 * five + 2 * quarter])
    column = np.zeros(5)
    series = ChartSeries(Instance(""), at, column, column, column, column)
    picture = strip_picture(page(), [Chart(MetricId("door_state"), Level.RAW, START, START + 3 * five, [series])])
    [row] = rows_of(picture)
    wall = START + 8 * 3_600_000
    assert row["blocks"] == [[wall, wall + 2 * five + 3 * quarter, 0]]


def test_a_bucket_in_which_the_state_changed_says_so() -> None:
    at = np.array([START], dtype=np.int64)
    low, high = np.array([0.0]), np.array([2.0])
    series = ChartSeries(Instance(""), at, low, high / 2, high, high)
    picture = strip_picture(page(), [Chart(MetricId("power_state"), Level.HOUR, START, START + 3_600_000, [series])])
    assert picture["states"] == [{"name": "changing", "health": "good", "rank": 3}]


def test_limits_are_drawn_for_the_parts_they_are_about() -> None:
    limits = rule_limits(
        page(), shipped_rules().rules(), "temperature_cel", DeviceKind.KITCHEN_MONITOR, ["freezer-1", "cold-store-1"]
    )
    names = [str(limit["name"]) for limit in limits]
    assert any(name.startswith("freezer 1: alert above") for name in names)
    assert not rule_limits(page(), shipped_rules().rules(), "gas_percent_lel", DeviceKind.SWITCH, [""])


def test_wall_time_follows_the_zone() -> None:
    assert wall_ms(START, SHANGHAI) - START == 8 * 3_600_000
    assert wall_ms(START, ZoneInfo("UTC")) == START


def site_health(
    place: int, health: Health = Health.GOOD, *, cut_off: bool = False, rate: float | None = 5e8
) -> SiteHealth:
    site = Site(SiteId(f"s{place}"), "district", f"School {place}", f"第{place}小学")
    link = LinkNow(Link(site.id, DeviceId("gw"), "up", 1e9), rate, rate, None if rate is None else True)
    return SiteHealth(site, health, "", "", 0, HealthCounts(), 0, cut_off, (link,))


def test_the_network_picture_keeps_every_school_inside() -> None:
    for count in (1, 2, 8, MAX_SCHOOLS):
        picture = metro([site_health(place) for place in range(count)])
        assert picture is not None
        assert len(picture.spokes) == count
        for spoke in picture.spokes:
            assert 16 <= spoke.x <= WIDTH - 16
            assert 16 <= spoke.y <= HEIGHT - 16
            assert [strand.tone for strand in spoke.strands] == ["in", "out"]
    assert metro([site_health(place) for place in range(MAX_SCHOOLS + 1)]) is None
    assert metro([]) is None


def test_a_link_that_is_full_cut_or_unknown_looks_like_it() -> None:
    sites = [site_health(1, rate=8e8), site_health(2, cut_off=True), site_health(3, rate=None)]
    picture = metro(sites)
    assert picture is not None
    assert [spoke.strands[0].tone for spoke in picture.spokes] == ["hot", "down", "unknown"]


def test_a_little_picture_leaves_gaps_open_and_survives_nothing() -> None:
    inward, outward = chart("if_in_bps", [1, 2, math.nan, 2, 1]), chart("if_out_bps", [1, 1, 1, 1, 1])
    drawing = spark_svg(inward, outward, START, START + 300_000)
    assert drawing.count("<path") == 1 + 2 + 1
    assert "nan" not in drawing
    empty = Chart(MetricId("if_in_bps"), Level.RAW, START, START + 1, [])
    assert spark_svg(empty, empty, START, START + 1).count("<path") == 1


def test_ports_sort_naturally_and_a_free_socket_is_nobodys_fault(tmp_path: Path) -> None:
    registry = ready_registry(tmp_path)
    device = registry.service.device(DISTRICT_SCOPE, NO_1, DeviceId("sw-1"))
    down = [
        LatestValue(MetricId("if_oper_state"), Instance(port), START, 2.0)
        for port in ("GE0/0/1", "GE0/0/24", "GE0/0/3")
    ]
    found = ports(device, down, {"GE0/0/3": (DeviceId("ap-1"),)})
    assert [port.facts.instance for port in found] == ["GE0/0/1", "GE0/0/2", "GE0/0/3", "GE0/0/24"]
    assert [port.sign for port in found] == ["unknown", "unknown", "unknown", "failed"]
    assert found[2].facts == PortFacts("GE0/0/3")
    assert found[2].beyond == ("ap-1",)
    assert sorted(["p10", "p9", "10p"], key=natural) == ["10p", "p9", "p10"]


def test_a_gateway_is_not_heard_of_because_the_centre_reckons_with_it(tmp_path: Path) -> None:
    device = ready_registry(tmp_path).service.device(DISTRICT_SCOPE, NO_1, GATEWAY)
    told = LatestValue(MetricId("cpu_percent"), Instance(""), device.last_seen_at + 1_000, 10.0)
    made = LatestValue(MetricId("link_capacity_bps"), Instance("GE0/0/0"), device.last_seen_at + 600_000, 1e9)
    assert heard_at(device, [told, made]) == told.measured_at
    assert heard_at(device, [made]) == device.last_seen_at


def test_every_panel_shows_a_metric_that_exists_and_every_kind_has_panels() -> None:
    assert set(PANELS) == set(DeviceKind)
    shown = {
        metric for panels in PANELS.values() for panel in panels for metric in (panel.metric, panel.mirror) if metric
    }
    assert shown | PORT_METRICS <= set(catalogue())


def test_the_heat_map_shows_the_hours_that_have_lessons() -> None:
    cells = [
        HeatCell(day, hour, 0.5 if day < 5 and hour in (8, 14) else None) for day in range(7) for hour in range(24)
    ]
    table = heat_table(cells)
    assert table is not None
    hours, rows = table
    assert hours == list(range(8, 15))
    assert [day for day, _ in rows] == [0, 1, 2, 3, 4]
    assert [cell is not None for cell in rows[0][1]] == [True, *[False] * 5, True]
    assert heat_table([HeatCell(0, 8, None)]) is None


def test_a_spreadsheet_runs_nothing_of_what_devices_say() -> None:
    text = csv_text(["名称"], [["=cmd|' /C calc'!A0"], ["@x"], [1.5], ["普通"]])
    assert text.splitlines() == ["\ufeff名称", "'=cmd|' /C calc'!A0", "'@x", "1.5", "普通"]


def test_addresses_leave_out_what_is_empty_and_escape_the_rest() -> None:
    assert address("/a", {"x": "", "y": None, "z": "GE0/0/1 &"}) == "/a?z=GE0%2F0%2F1+%26"
    assert address("/a", {}) == "/a"


def test_parts_of_a_device_have_words_where_we_know_them() -> None:
    parts = ("freezer", "freezer-2", "cold-store", "cold-store-12", "GE0/0/1", "freezer-door", "Black", "floor-1", "")
    assert [page().part(part) for part in parts] == [
        "freezer",
        "freezer 2",
        "cold store",
        "cold store 12",
        "GE0/0/1",
        "freezer-door",
        "black",
        "floor 1",
        "",
    ]


def test_of_a_crowd_of_parts_only_those_that_are_not_well_stand_at_the_top() -> None:
    def latest(metric: str, instance: str, value: float) -> LatestValue:
        return LatestValue(MetricId(metric), Instance(instance), START, value)

    channels = [latest("channel_state", str(number), float(number != 8)) for number in range(1, 17)]
    days = [latest("recording_days", str(number), 42.0) for number in range(1, 17)]
    discs = [latest("hardware_state", name, 1.0) for name in ("hdda", "hddb")]
    first = told_first(DeviceKind.RECORDER, [*days, *channels, *discs, latest("reachable", "", 1.0)])
    assert [(each.metric, each.instance) for each in first] == [
        ("hardware_state", "hdda"),
        ("hardware_state", "hddb"),
        ("channel_state", "8"),
        ("reachable", ""),
    ]


def test_what_may_be_below_zero_has_no_floor_there() -> None:
    floors = {
        metric: lines_picture(page(), chart(metric, [-3.0, -2.0]), None)["floor"]
        for metric in ("clock_offset_s", "optical_rx_dbm", "temperature_cel", "cpu_percent")
    }
    assert floors == {"clock_offset_s": None, "optical_rx_dbm": None, "temperature_cel": None, "cpu_percent": 0}
