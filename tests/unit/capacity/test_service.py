"""How full the links of the small district are."""

import math

import numpy as np
import pytest

from campus.ids import SiteId
from campus.samples import DeviceFacts, DeviceKind
from controller.capacity.service import CapacityService
from controller.identity.scope import NotFound
from controller.localtime import DAY_MS, HOUR_MS
from tests.support.district import (
    DISTRICT_SCOPE,
    GATEWAY,
    MONDAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    TIMEZONE,
    UPLINK,
    ReadyRegistry,
    address_of,
)
from tests.support.samples import Feed, series

STEP = 300_000
WEEK = (MONDAY, MONDAY + 7 * DAY_MS)


def capacity(registry: ReadyRegistry, feed: Feed, now: int) -> CapacityService:
    registry.clock.now = now
    return CapacityService(feed.store, registry.service, TIMEZONE, registry.clock)


def fill(feed: Feed, site: SiteId, metric: str, rates: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> None:
    """One sample in each five minutes from Monday on; NaN for none."""
    at = [MONDAY + STEP * index + 7_000 for index in np.flatnonzero(~np.isnan(rates)).tolist()]
    feed.say_all(series(site, GATEWAY, metric, UPLINK), at, rates[~np.isnan(rates)].tolist())


def test_a_week_of_one_link(registry: ReadyRegistry, feed: Feed) -> None:
    rates = np.full(7 * 288, 100e6)
    busy = slice(2 * 288 + 120, 2 * 288 + 132)  # Wednesday 10:00 to 11:00 in Shanghai
    rates[busy] = 900e6
    rates[3 * 288 : 4 * 288] = 750e6  # all Thursday above 70 % of the contracted 1 Gbit/s
    rates[5 * 288 : 5 * 288 + 72] = np.nan  # Saturday's first six hours are missing
    fill(feed, NO_1, "if_in_bps", rates)
    fill(feed, NO_1, "if_out_bps", rates / 10)
    service = capacity(registry, feed, MONDAY + 7 * DAY_MS)
    (use,) = service.link_use(NO_1_SCOPE, NO_1, *WEEK)
    assert (use.site, use.link.instance, use.link.capacity_bps) == (NO_1, UPLINK, 1e9)
    assert (use.inbound.busy_hour_bps, use.inbound.busy_hour_at) == (900e6, MONDAY + 2 * DAY_MS + 10 * HOUR_MS)
    assert use.inbound.p95_bps == 750e6
    assert use.inbound.days_above == 1
    assert use.inbound.coverage == pytest.approx((7 * 288 - 72) / (7 * 288))
    assert use.inbound.now_bps == 100e6
    assert use.outbound.p95_bps == 75e6
    assert use.outbound.days_above == 0
    assert use.is_up is None


def test_what_is_old_is_not_now_and_the_future_does_not_count(registry: ReadyRegistry, feed: Feed) -> None:
    fill(feed, NO_1, "if_in_bps", np.full(144, 1e6))
    feed.say(NO_1, GATEWAY, "if_oper_state", 2.0, at=MONDAY + 12 * HOUR_MS, instance=UPLINK)
    now = capacity(registry, feed, MONDAY + 12 * HOUR_MS)
    (use,) = now.link_use(NO_1_SCOPE, NO_1, *WEEK)
    assert (use.inbound.now_bps, use.inbound.coverage, use.is_up) == (1e6, 1.0, False)
    assert (use.start, use.end) == WEEK
    later = capacity(registry, feed, MONDAY + 24 * HOUR_MS)
    (use,) = later.link_use(NO_1_SCOPE, NO_1, *WEEK)
    assert math.isnan(use.inbound.now_bps)
    assert (use.inbound.coverage, use.is_up) == (0.5, None)


def test_a_link_without_a_contract_is_as_wide_as_its_port(registry: ReadyRegistry, feed: Feed) -> None:
    facts = DeviceFacts(GATEWAY, DeviceKind.GATEWAY, MONDAY, uplinks=(UPLINK,))
    registry.service.learn_facts(address_of(NO_2), [facts], MONDAY)
    feed.say(NO_2, GATEWAY, "if_speed_bps", 10e9, at=MONDAY, instance=UPLINK)
    fill(feed, NO_2, "if_in_bps", np.full(288, 8e9))
    (use,) = capacity(registry, feed, MONDAY + DAY_MS).link_use(DISTRICT_SCOPE, NO_2, *WEEK)
    assert (use.link.capacity_bps, use.inbound.days_above) == (10e9, 1)


def test_links_never_measured_say_so(registry: ReadyRegistry, feed: Feed) -> None:
    uses = capacity(registry, feed, MONDAY + DAY_MS).links_use(DISTRICT_SCOPE, *WEEK)
    assert [use.site for use in uses] == [NO_1, NO_2]
    for use in uses:
        assert math.isnan(use.inbound.p95_bps)
        assert (use.inbound.busy_hour_at, use.inbound.days_above, use.inbound.coverage) == (0, 0, 0.0)


def test_the_caller_sees_only_their_own_links(registry: ReadyRegistry, feed: Feed) -> None:
    service = capacity(registry, feed, MONDAY + DAY_MS)
    assert [use.site for use in service.links_use(NO_1_SCOPE, *WEEK)] == [NO_1]
    with pytest.raises(NotFound):
        service.link_use(NO_1_SCOPE, NO_2, *WEEK)


def test_many_averages_are_read_a_link_at_a_time_and_give_way_between(registry: ReadyRegistry, feed: Feed) -> None:
    for site, rate in ((NO_1, 100e6), (NO_2, 900e6)):
        fill(feed, site, "if_in_bps", np.full(288, rate))
        fill(feed, site, "if_out_bps", np.full(288, rate / 10))
    year = MONDAY, MONDAY + 365 * DAY_MS
    registry.clock.now = year[1]
    asked: list[int] = []
    service = CapacityService(feed.store, registry.service, TIMEZONE, registry.clock, lambda: asked.append(1))
    uses = service.links_use(DISTRICT_SCOPE, *year)
    assert [(use.site, use.inbound.p95_bps, use.outbound.p95_bps) for use in uses] == [
        (NO_1, 100e6, 10e6),
        (NO_2, 900e6, 90e6),
    ]
    assert len(asked) == len(uses)


def test_percentiles_of_many_spans_are_those_of_each_report(registry: ReadyRegistry, feed: Feed) -> None:
    generator = np.random.default_rng(1)
    for metric in ("if_in_bps", "if_out_bps"):
        rates = np.round(generator.uniform(0, 1e9, 3 * 288))
        rates[generator.random(3 * 288) < 0.2] = np.nan
        fill(feed, NO_1, metric, rates)
    service = capacity(registry, feed, MONDAY + 2 * DAY_MS + 90_000)
    ends = range(MONDAY - HOUR_MS, MONDAY + 3 * DAY_MS, HOUR_MS)
    first, second = service.percentiles(DISTRICT_SCOPE, ends, DAY_MS)
    for place, end in enumerate(ends):
        (use,) = service.link_use(DISTRICT_SCOPE, NO_1, end - DAY_MS, end)
        found = [first.inbound[place], first.outbound[place]]
        np.testing.assert_array_equal(found, [use.inbound.p95_bps, use.outbound.p95_bps])
    assert (first.link.site, second.link.site) == (NO_1, NO_2)
    assert np.isnan(second.inbound).all()
    assert not np.isnan(first.inbound).all()
    assert service.percentiles(NO_1_SCOPE, (), DAY_MS)[0].inbound.tolist() == []
