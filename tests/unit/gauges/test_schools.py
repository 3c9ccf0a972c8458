# ruff: noqa: S608 - the questions are our own
"""What the controller counts of each school is what dashboards counted of its single series."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pytest

from campus.ids import DeviceId, MetricId
from campus.metrics import catalogue, made_by_centre
from campus.samples import DeviceFacts, DeviceKind
from controller.gauges.measuring import HEARD_MS
from controller.gauges.places import look
from controller.gauges.schools import COUNTS, EXTREMES, STANDING_MS, Count, schools
from controller.gauges.sight import Past, Present
from controller.identity.scope import SYSTEM
from controller.influxql.service import QueryService
from tests.support.district import CENTRE, NO_1, NO_2, NOW, ReadyRegistry, address_of
from tests.support.influxql_points import happenings
from tests.support.samples import Feed

MINUTE_MS: Final = 60_000
DEVICES: Final = tuple(DeviceId(f"thing-{number}") for number in range(5))
PARTS: Final = ("", "1", "2")


@pytest.fixture
def district(registry: ReadyRegistry, feed: Feed) -> Feed:
    """Two schools whose devices say everything, at odd times; one device nobody knows."""
    rng = np.random.default_rng(7)
    metrics = [each.metric for each in (*COUNTS, *EXTREMES)]
    for site in (NO_1, NO_2):
        facts = [DeviceFacts(device, DeviceKind.ACCESS_POINT, NOW) for device in DEVICES[:4]]
        registry.service.learn_facts(address_of(site), facts, NOW)
        for device in DEVICES:
            for metric in dict.fromkeys(metrics):
                states = [state.value for state in catalogue()[MetricId(metric)].states]
                for part in PARTS[: 1 if metric == "reachable" else 3]:
                    ago = int(rng.integers(1, STANDING_MS - 1))
                    value = float(rng.choice(states)) if states else float(-rng.integers(1, 90))
                    feed.say(site, device, metric, value, at=NOW - ago, instance=part)
    feed.say(NO_1, "long-gone", "picture_state", 1.0, at=NOW - STANDING_MS - 1)
    feed.say(NO_1, "long-gone", "recording_days", -500.0, at=NOW - STANDING_MS - 1)
    return feed


def told(registry: ReadyRegistry, feed: Feed) -> Mapping[tuple[str, str], float]:
    """By metric and school."""
    places = look(registry.service, feed.store.series_columns())
    tables = schools(places, feed.store, Present(feed.store, NOW))
    then = schools(places, feed.store, Past(feed.store, np.array([NOW])))
    found = {}
    for table, past in zip(tables, then, strict=True):
        np.testing.assert_array_equal(table.value, past.value)
        for name, (value,) in zip(table.names, table.value.tolist(), strict=True):
            found[str(name.metric), str(name.site)] = value
    return found


def asked(
    registry: ReadyRegistry, feed: Feed, of: str, metric: str, where: str = "", *, within_ms: int = STANDING_MS
) -> dict[str, float]:
    """One figure of the newest readings of each school, as a dashboard would ask."""
    service = QueryService(feed.store, registry.service, happenings({}), lambda: NOW)
    inner = f'SELECT last("value") AS "state" FROM "{metric}" WHERE time >= {NOW - within_ms}ms AND time <= {NOW}ms'
    kind = " AND \"kind\" = 'access_point'" if metric == "reachable" else ""
    text = f'SELECT {of}("state") FROM ({inner}{kind} GROUP BY "site", "device", "instance"){where} GROUP BY "site"'
    (answer,) = service.answer(SYSTEM, text)
    assert not answer.error
    return {label[0]: part.values[0][start] for part in answer.series for label, start, _ in part.told()}


@pytest.mark.parametrize("count", COUNTS, ids=lambda count: count.metric)
def test_counts_are_those_of_the_single_series(registry: ReadyRegistry, district: Feed, count: Count) -> None:
    found = told(registry, district)
    numbers = [state.value for state in catalogue()[MetricId(count.metric)].states if state.name in count.good]
    assert len(numbers) == len(count.good)
    good = " OR ".join(f'"state" = {number}' for number in numbers)
    every = asked(registry, district, "count", count.metric)
    fine = asked(registry, district, "count", count.metric, f" WHERE {good}", within_ms=count.fine_ms)
    assert set(every) == {NO_1, NO_2}
    assert {site: found[count.every, site] for site in every} == every
    assert {site: found[count.fine, site] for site in every} == {site: fine.get(site, 0) for site in every}
    assert np.isnan(found[count.every, CENTRE])


@pytest.mark.parametrize("extreme", EXTREMES, ids=lambda extreme: extreme.metric)
def test_the_worst_is_that_of_the_single_series(registry: ReadyRegistry, district: Feed, extreme: object) -> None:
    found = told(registry, district)
    each = next(one for one in EXTREMES if one is extreme)
    worst = asked(registry, district, "min" if each.name.endswith("least") else "max", each.metric)
    assert {site: found[each.name, site] for site in worst} == worst
    assert len(worst) == 2
    assert np.isnan(found[each.name, CENTRE])


def test_of_a_school_that_fell_silent_nothing_counts(registry: ReadyRegistry, feed: Feed) -> None:
    """Else its last count would stand on every picture, and that is of the few devices that were read last."""
    feed.say(NO_1, DEVICES[0], "picture_state", 1.0, at=NOW - STANDING_MS - 1)
    found = told(registry, feed)
    assert (found["school_pictures", NO_1], found["school_pictures_fine", NO_1]) == (0, 0)
    assert np.isnan(found["school_pictures", NO_2])
    assert np.isnan(found["school_streams", NO_1])


def test_an_access_point_not_heard_of_lately_is_there_and_does_not_answer(registry: ReadyRegistry, feed: Feed) -> None:
    facts = [DeviceFacts(device, DeviceKind.ACCESS_POINT, NOW) for device in DEVICES]
    registry.service.learn_facts(address_of(NO_1), facts, NOW)
    for device, ago in zip(DEVICES, (0, HEARD_MS, HEARD_MS + 1, STANDING_MS, 5 * STANDING_MS), strict=True):
        feed.say(NO_1, device, "reachable", 1.0, at=NOW - ago)
    found = told(registry, feed)
    assert (found["school_access_points", NO_1], found["school_access_points_answering", NO_1]) == (5, 2)


def test_nothing_is_known_of_a_school_that_says_nothing(registry: ReadyRegistry, feed: Feed) -> None:
    assert all(np.isnan(value) for value in told(registry, feed).values())
    names = {metric for metric, _ in told(registry, feed)}
    assert names == {name for each in COUNTS for name in (each.every, each.fine)} | {each.name for each in EXTREMES}
    assert names <= set(map(str, made_by_centre()))
