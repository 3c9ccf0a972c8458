"""What the controller says of each service is the mean and the slowest of what the schools' series say."""

import numpy as np
import pytest

from controller.gauges.model import CONTROLLER, SERVICE_ANSWERS, SERVICE_SLOWEST
from controller.gauges.places import look
from controller.gauges.services import ANSWERED_MS, services
from controller.gauges.sight import Past, Present
from tests.support.district import CENTRE, GATEWAY, NO_1, NO_2, NOW, ReadyRegistry, address_of, school_facts
from tests.support.samples import Feed


@pytest.fixture
def district(registry: ReadyRegistry, feed: Feed) -> Feed:
    """Two schools that ask for two services, one of which answered one of them only long ago."""
    for site in (NO_1, NO_2):
        registry.service.learn_facts(address_of(site), school_facts(site), NOW)
    for site, service, value, ago in (
        (NO_1, "platform", 900.0, 120_000),  # an older answer
        (NO_1, "platform", 100.0, 60_000),
        (NO_2, "platform", 300.0, 30_000),
        (NO_1, "names", 20.0, 10_000),
        (NO_2, "names", 5_000.0, ANSWERED_MS + 1),
        (NO_2, "gone", 7.0, ANSWERED_MS + 1),
        (CENTRE, "platform", 1.0, 10_000),  # which stands beside it
    ):
        feed.say(site, GATEWAY, "service_response_ms", value, at=NOW - ago, instance=service)
    return feed


def test_mean_and_slowest_of_all_schools(registry: ReadyRegistry, district: Feed) -> None:
    places = look(registry.service, district.store.series_columns())
    found = services(places, district.store, Present(district.store, NOW))
    then = services(places, district.store, Past(district.store, np.array([NOW])))
    for table, past in zip(found, then, strict=True):
        np.testing.assert_array_equal(table.value, past.value)
    told = {
        (name.metric, str(name.instance)): value
        for table in found
        for name, (value,) in zip(table.names, table.value.tolist(), strict=True)
        if not np.isnan(value)
    }
    assert told == {
        (SERVICE_ANSWERS, "platform"): 200.0,
        (SERVICE_SLOWEST, "platform"): 300.0,
        (SERVICE_ANSWERS, "names"): 20.0,
        (SERVICE_SLOWEST, "names"): 20.0,
    }
    assert {(name.site, name.device) for table in found for name in table.names} == {(CENTRE, CONTROLLER)}


def test_nobody_asked_for_any(registry: ReadyRegistry, feed: Feed) -> None:
    places = look(registry.service, feed.store.series_columns())
    assert all(not table.names for table in services(places, feed.store, Present(feed.store, NOW)))
