"""How data arrives: what agents say of their spools beside what ingest knows of them, within the caller's scope."""

from campus.ids import MetricId, SiteId
from campus.metrics import catalogue
from controller.identity.scope import Scope
from controller.ingest.model import AgentDelivery, DeliveryState
from controller.overview.delivery import SPOOL_METRICS, take_delivery
from controller.overview.model import AgentRow, Delivery, Trouble
from controller.overview.picture import FRESH_MS
from controller.telemetry.service import TelemetryService
from tests.support.district import DISTRICT_SCOPE, NO_1, NO_1_SCOPE, NO_2, NOW, ReadyRegistry, address_of
from tests.support.samples import Feed

QUIET = DeliveryState()


def taken(
    registry: ReadyRegistry, feed: Feed, state: DeliveryState = QUIET, scope: Scope = DISTRICT_SCOPE, now: int = NOW
) -> Delivery:
    telemetry = TelemetryService(feed.store, registry.service)
    return take_delivery(scope, registry.service, telemetry, state, now)


def row_of(delivery: Delivery, site: SiteId) -> AgentRow:
    return next(each for each in delivery.agents if each.address.site == site)


def say(feed: Feed, site: SiteId, **spool: float) -> None:
    for name, value in spool.items():
        feed.say(site, site, f"agent_spool_{name}", value, at=NOW)


def test_an_agent_that_is_well_is_no_trouble(registry: ReadyRegistry, feed: Feed) -> None:
    registry.service.note_agent(address_of(NO_1), online=True, last_frame_at=NOW)
    say(feed, NO_1, bytes=300.0, age_s=4.0, dropped_per_min=0.0, thinned_per_min=0.0, damaged=0.0)
    row = row_of(taken(registry, feed), NO_1)
    assert (row.waiting_bytes, row.oldest_s, row.last_frame_at, row.troubles) == (300.0, 4.0, NOW, ())


def test_what_an_agent_said_long_ago_is_not_how_it_is_now(registry: ReadyRegistry, feed: Feed) -> None:
    say(feed, NO_1, bytes=300.0, age_s=7_200.0)
    row = row_of(taken(registry, feed, now=NOW + FRESH_MS + 1), NO_1)
    assert (row.waiting_bytes, row.oldest_s, row.troubles) == (None, None, (Trouble.OFFLINE,))


def test_troubles_come_most_urgent_first(registry: ReadyRegistry, feed: Feed) -> None:
    registry.service.note_agent(address_of(NO_1), online=True)
    say(feed, NO_1, age_s=7_200.0, dropped_per_min=3.0, thinned_per_min=9.0, damaged=1.0)
    known = AgentDelivery(held_s=9, limited_since=NOW, limited_frames=7, series_refused=2, clash_since=NOW)
    row = row_of(taken(registry, feed, DeliveryState(agents={address_of(NO_1): known})), NO_1)
    assert row.troubles == tuple(trouble for trouble in Trouble if trouble is not Trouble.OFFLINE)


def test_a_restore_is_told_by_agent(registry: ReadyRegistry, feed: Feed) -> None:
    assert row_of(taken(registry, feed), NO_1).has_answered is None
    delivery = taken(registry, feed, DeliveryState(whole_until=NOW, answered=frozenset({address_of(NO_1)})))
    assert (row_of(delivery, NO_1).has_answered, row_of(delivery, NO_2).has_answered) == (True, False)
    assert (delivery.answered, len(delivery.agents)) == (1, 3)


def test_a_school_is_told_of_itself_alone(registry: ReadyRegistry, feed: Feed) -> None:
    agents = {address_of(NO_2): AgentDelivery(clash_since=NOW)}
    state = DeliveryState(level=2, agents=agents, set_aside={"too_old": 9}, answered=frozenset({address_of(NO_2)}))
    delivery = taken(registry, feed, state, NO_1_SCOPE)
    assert [row.address for row in delivery.agents] == [address_of(NO_1)]
    assert (delivery.level, delivery.set_aside, delivery.answered) == (2, {}, 0)
    assert taken(registry, feed, state).set_aside == {"too_old": 9}


def test_every_metric_it_reads_is_in_the_catalogue() -> None:
    assert {MetricId(name) for name in SPOOL_METRICS} <= catalogue().keys()
