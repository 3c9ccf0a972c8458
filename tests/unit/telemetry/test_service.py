"""Newest values and charts of the small district."""

import numpy as np
import pytest

from campus.ids import DeviceId, MetricId, SiteId
from controller.identity.scope import NotFound
from controller.localtime import DAY_MS
from controller.store.port import Level
from controller.telemetry.service import TelemetryService
from tests.support.district import (
    BOARD_101,
    DISTRICT_SCOPE,
    GATEWAY,
    MONDAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    UPLINK,
    ReadyRegistry,
)
from tests.support.samples import Feed, series

IN = MetricId("if_in_bps")
POWER = MetricId("power_state")


@pytest.fixture
def service(registry: ReadyRegistry, feed: Feed) -> TelemetryService:
    return TelemetryService(feed.store, registry.service)


def test_latest_values_come_with_their_meaning(feed: Feed, service: TelemetryService) -> None:
    feed.say(NO_1, BOARD_101, "power_state", 1.0, at=NOW - 1)
    feed.say(NO_1, BOARD_101, "power_state", 2.0, at=NOW)
    feed.say(NO_1, BOARD_101, "cpu_percent", 31.5, at=NOW)
    feed.store.series_ids([series(NO_1, BOARD_101, "lamp_h")])  # known, never measured
    cpu, power = service.latest(NO_1_SCOPE, NO_1, BOARD_101)
    assert (cpu.metric, cpu.value, cpu.measured_at, cpu.definition.unit, cpu.state) == (
        "cpu_percent",
        31.5,
        NOW,
        "%",
        None,
    )
    assert power.state is not None
    assert (power.value, power.state.zh) == (2.0, "开机")


def test_latest_of_a_metric_everywhere_and_in_one_school(feed: Feed, service: TelemetryService) -> None:
    for site, value in ((NO_1, 1e6), (NO_2, 2e6)):
        feed.say(site, GATEWAY, "if_in_bps", value, at=NOW, instance=UPLINK)
    assert [(each.site, each.value) for each in service.latest_of_metric(DISTRICT_SCOPE, IN)] == [
        (NO_1, 1e6),
        (NO_2, 2e6),
    ]
    assert [each.site for each in service.latest_of_metric(NO_2_VIEWER, IN)] == [NO_2]
    assert [each.value for each in service.latest_of_metric(DISTRICT_SCOPE, IN, NO_2)] == [2e6]
    feed.say(NO_1, BOARD_101, "if_in_bps", 3e6, at=NOW)  # a series that appears later is seen too
    assert len(service.latest_of_metric(DISTRICT_SCOPE, IN)) == 3
    assert service.newest_by_device(NO_1_SCOPE) == {(NO_1, GATEWAY): NOW, (NO_1, BOARD_101): NOW}


def test_a_gap_is_a_gap(feed: Feed, service: TelemetryService) -> None:
    at = [*range(NOW, NOW + 300_000, 15_000), *range(NOW + 900_000, NOW + 1_200_000, 15_000)]
    feed.say_all(series(NO_1, BOARD_101, "power_state"), at, [2.0] * len(at))
    chart = service.chart(NO_1_SCOPE, NO_1, BOARD_101, POWER, [""], NOW, NOW + 1_200_000)
    (line,) = chart.series
    assert (chart.level, len(line.at)) == (Level.RAW, len(at) + 1)
    broken = np.flatnonzero(np.isnan(line.mean))
    assert broken.tolist() == [20]
    assert NOW + 285_000 < line.at[20] < NOW + 900_000
    assert np.all(np.diff(line.at) > 0)
    for column in (line.minimum, line.maximum, line.p95):
        assert np.isnan(column[20])
        assert np.nansum(column) == 2.0 * len(at)


def test_one_missed_poll_is_no_gap(feed: Feed, service: TelemetryService) -> None:
    at = [moment for moment in range(NOW, NOW + 600_000, 15_000) if moment != NOW + 150_000]
    feed.say_all(series(NO_1, BOARD_101, "power_state"), at, [2.0] * len(at))
    chart = service.chart(NO_1_SCOPE, NO_1, BOARD_101, POWER, [], NOW, NOW + 600_000)
    assert not np.isnan(chart.series[0].mean).any()


def test_long_spans_come_rolled_up_with_their_gaps(feed: Feed, service: TelemetryService) -> None:
    at = [
        moment for moment in range(MONDAY, MONDAY + 2 * DAY_MS, 60_000) if not 0 <= moment - MONDAY - DAY_MS < 7_200_000
    ]
    feed.say_all(series(NO_1, GATEWAY, "if_in_bps", UPLINK), at, [float(moment % 7) for moment in at])
    chart = service.chart(NO_1_SCOPE, NO_1, GATEWAY, IN, [UPLINK, "nowhere"], MONDAY, MONDAY + 2 * DAY_MS)
    (line,) = chart.series
    assert chart.level is Level.FIVE_MINUTES
    assert np.isnan(line.mean).sum() == 1
    assert len(line.at) == (2 * 288 - 24) + 1
    solid = ~np.isnan(line.mean)
    assert (line.minimum[solid] <= line.mean[solid]).all()
    assert (line.mean[solid] <= line.maximum[solid]).all()


def test_instances_stand_in_the_order_asked(feed: Feed, service: TelemetryService) -> None:
    for port in ("b", "a"):
        feed.say(NO_1, GATEWAY, "if_in_bps", 1.0, at=NOW, instance=port)
    asked = service.chart(NO_1_SCOPE, NO_1, GATEWAY, IN, ["b", "a"], NOW, NOW + 1)
    every = service.chart(NO_1_SCOPE, NO_1, GATEWAY, IN, [], NOW, NOW + 1)
    assert [line.instance for line in asked.series] == ["b", "a"]
    assert [line.instance for line in every.series] == ["a", "b"]
    assert service.chart(NO_1_SCOPE, NO_1, GATEWAY, IN, [], NOW + 5, NOW + 6).series == []
    assert service.chart(NO_1_SCOPE, NO_1, GATEWAY, IN, [], NOW, NOW).series == []
    assert every.definition.unit == "bit/s"


@pytest.mark.parametrize(("site", "device"), [(NO_2, BOARD_101), (NO_1, "nothing"), ("nowhere", BOARD_101)])
def test_what_is_not_yours_is_not_there(service: TelemetryService, site: SiteId, device: str) -> None:
    with pytest.raises(NotFound):
        service.latest(NO_1_SCOPE, site, BOARD_101.__class__(device))
    with pytest.raises(NotFound):
        service.chart(NO_1_SCOPE, site, BOARD_101.__class__(device), POWER, [], NOW, NOW + 1)


def test_what_the_controller_makes_of_a_device_does_not_say_that_it_was_heard(
    feed: Feed, service: TelemetryService
) -> None:
    feed.say(NO_1, GATEWAY, "if_in_bps", 1e6, at=NOW - 3 * DAY_MS, instance=UPLINK)
    feed.say(NO_1, GATEWAY, "link_capacity_bps", 1e9, at=NOW, instance=UPLINK)
    feed.say(NO_1, DeviceId("school"), "school_devices", 6.0, at=NOW)
    assert service.newest_by_device(DISTRICT_SCOPE) == {(NO_1, GATEWAY): NOW - 3 * DAY_MS}
