"""A replay finds what the live engine found in the same samples, to the second."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.judging import replay as replaying
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.replay import Replay, Spans, Would
from controller.alerts.judging.selection import Selection
from controller.alerts.judging.transition import Change, Transition
from controller.alerts.judging.watch import Watch
from controller.alerts.model import (
    Absence,
    AlertKey,
    Baseline,
    Comparison,
    Condition,
    Expression,
    Group,
    GroupOf,
    Ratio,
    Rule,
    States,
    Threshold,
)
from controller.alerts.model import (
    Change as Rise,
)
from controller.alerts.rulebook import Rulebook, SiteRule, shipped_rules
from controller.calendar.model import Hours
from controller.ingest.port import Committed
from controller.registry.model import PortUse
from tests.fakes.memory_store import MemoryStore
from tests.support.district import BOARD_101, GATEWAY, KITCHEN, NO_1, NO_2, NOW
from tests.support.samples import Feed, series
from tests.unit.alerts.scene import Scene

MINUTE_MS = 60_000
PORT = "wan"


def form(metric: str, condition: Condition, only: Hours | None = None) -> Rule:
    """A rule of little else than its condition."""
    model = shipped_rules().rules()[0]
    return replace(model, id=metric.replace("_", "-"), metric=metric, condition=condition, kinds=(), only=only)


RULES = [
    form("temperature_cel", Threshold(Comparison.ABOVE, 10.0, 5.0, hold_s=30, clear_hold_s=25)),
    form("humidity_percent", Threshold(Comparison.BELOW, 10.0, hold_s=0), Hours.SCHOOL),
    form("power_state", States(("off",), hold_s=90), Hours.LESSONS),
    form("if_in_bps", Ratio("if_speed_bps", Comparison.ABOVE, 0.5, 0.25, hold_s=20)),
    form("uptime_s", Absence(45)),
    form("cpu_percent", Absence(60), Hours.SCHOOL),
    replace(form("temperature_cel", Rise(Comparison.ABOVE, 5.0, 60.0, hold_s=20)), id="rise"),
    replace(form("humidity_percent", Expression("humidity_percent > temperature_cel + 2", hold_s=30)), id="damp"),
    replace(form("humidity_percent", Group(GroupOf.SITE, 0.4, member_level=5.0, least=1, hold_s=15)), id="many"),
]
SERIES = [*((rule.metric, "") for rule in RULES[:3]), ("if_in_bps", PORT), ("if_speed_bps", PORT), ("uptime_s", "")]
SERIES.append(("cpu_percent", ""))
HOT = SERIES[0]
SPANS: Spans = {
    (NO_1, Hours.SCHOOL): [(NOW + 2 * MINUTE_MS, NOW + 5 * MINUTE_MS)],
    (NO_1, Hours.LESSONS): [(NOW, NOW + MINUTE_MS), (NOW + 4 * MINUTE_MS, NOW + 7 * MINUTE_MS)],
}


class NoPorts:
    """A registry that knows nothing of ports."""

    def kind_of(self, _site: SiteId, _device: DeviceId) -> DeviceKind:
        return DeviceKind.OTHER

    def port_uses(self, *_asked: object) -> list[PortUse]:
        return []

    def changes_after(self, revision: int) -> tuple[int, list[tuple[SiteId, DeviceId]]]:
        return revision, []


class Said(NamedTuple):
    """After `pause_s` a school's series has a value."""

    pause_s: int
    site: SiteId
    series: tuple[str, str]
    value: float


PRELUDE = [Said(1, site, series, 1.0) for _ in range(2) for site in (NO_1, NO_2) for series in SERIES]
"""Nothing is bad; all is known of every series then, to a live watch that was not told of the past."""
stories = st.lists(
    st.builds(
        Said,
        st.sampled_from([1, 5, 10, 29, 51, 120]),
        st.sampled_from([NO_1, NO_2]),
        st.sampled_from(SERIES),
        st.sampled_from([1.0, 2.0, 4.0, 8.0, 16.0]),
    ),
    min_size=1,
    max_size=16,
)


def closed_at(at: int) -> Mapping[Hours, frozenset[SiteId]]:
    """As the calendar says it, once a minute."""
    found: dict[Hours, set[SiteId]] = {Hours.SCHOOL: set(), Hours.LESSONS: set()}
    for (site, hours), spans in SPANS.items():
        if not any(begin <= at < end for begin, end in spans):
            found[hours].add(site)
    return {hours: frozenset(sites) for hours, sites in found.items()}


def live(story: list[Said], feed: Feed) -> list[tuple[AlertKey, Change, int]]:
    """Each sample is heard at once, the clock ticks every second."""
    watch = Watch(Selection(Rulebook(RULES), NoPorts()))
    now = NOW
    found: list[tuple[AlertKey, Change, int]] = []
    watch.heed(closed_at(now), now)

    def note(transitions: list[Transition]) -> None:
        found.extend((watch.key(each.series, each.rule), each.change, each.at) for each in transitions)

    def hear(committed: Committed) -> None:
        while watch.learn(feed.store.series_columns(), NOW):
            pass
        note(watch.judge(Rows(committed.series, committed.measured_at, committed.value), committed.received_at))

    feed.listeners.append(hear)
    for said in [*story, Said(180, NO_1, ("disk_percent", ""), 0.0)]:
        for _ in range(said.pause_s):
            note(watch.heed(closed_at(now), now) + watch.tick(now))
            now += 1000
        metric, instance = said.series
        feed.say(said.site, BOARD_101, metric, said.value, at=now, instance=instance)
    return found


def paired(found: list[tuple[AlertKey, Change, int]]) -> list[tuple[AlertKey, int, int]]:
    """Alerts of their two ends."""
    begun: dict[AlertKey, int] = {}
    over = []
    for key, change, at in found:
        if change is Change.OPENED:
            begun[key] = at
        else:
            over.append((key, begun.pop(key), at))
    return sorted([*over, *((key, at, 0) for key, at in begun.items())])


def key_of(each: Would) -> AlertKey:
    return AlertKey(each.rule_id, each.site, each.device, each.instance)


def replayed(feed: Feed, end: int) -> list[tuple[AlertKey, int, int]]:
    again = Replay(feed.store, NoPorts(), Rulebook(RULES), [NO_1, NO_2], SPANS, NOW)
    while again.at < end:
        again.advance(end)
    return sorted((key_of(each), each.opened_at, each.cleared_at) for each in again.found())


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(stories, st.sampled_from([20_000, 61_000, 3_600_000]))
@example([Said(1, NO_1, HOT, 16.0), Said(51, NO_1, HOT, 1.0), Said(50, NO_1, HOT, 16.0)], 3_600_000)
@example([Said(1, NO_1, HOT, 16.0), Said(50, NO_1, HOT, 1.0), Said(45, NO_1, HOT, 16.0)], 3_600_000)
def test_replay_finds_what_the_live_watch_found(story: list[Said], piece_ms: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replaying, "SHORTEST_PIECE_MS", piece_ms)
        patch.setattr(replaying, "ROWS_AT_ONCE", 0)
        patch.setattr(replaying, "GROUPS_MS", 1_000)
        feed = Feed(MemoryStore())
        story = PRELUDE + story
        found = paired(live(story, feed))
        end = NOW + 1000 * sum(said.pause_s for said in story) + 180_000
        assert replayed(feed, end) == found


def cold(hold_s: float) -> Rule:
    """A freezer's rule."""
    condition = Threshold(Comparison.ABOVE, -12.0, -15.0, hold_s=hold_s, clear_hold_s=120.0)
    return replace(form("temperature_cel", condition), id="freezer", instance="freezer*")


def test_replay_of_the_shipped_rules_finds_the_alerts_that_were_told(scene: Scene) -> None:
    """A whole engine with its database, on the rules as they are."""
    for second in range(0, 3000, 60):
        scene.wait_until(second)
        scene.say(second, NO_1, KITCHEN, "gas_percent_lel", 20.0 if 120 <= second < 1200 else 0.5)
        scene.say(second, NO_1, GATEWAY, "reachable", 0.0 if 600 <= second < 1500 else 1.0)
    scene.wait_until(3100)
    told = sorted((alert.rule, alert.device, alert.opened_at, alert.cleared_at) for alert in scene.everything())
    assert {rule for rule, *_ in told} >= {"gas-leak"}
    again = Replay(scene.feed.store, scene.registry.service, scene.rulebook, [NO_1], {}, NOW)
    while again.at < scene.at(3100):
        again.advance(scene.at(3100))
    assert sorted((each.rule_id, each.device, each.opened_at, each.cleared_at) for each in again.found()) == told


def test_a_changed_rule_is_held_against_the_present_one_in_one_go(scene: Scene) -> None:
    for second in range(0, 1800, 60):
        scene.say(second, NO_1, KITCHEN, "temperature_cel", -9.0 if 120 <= second < 480 else -18.0, "freezer")
    quick = replace(cold(120.0), id="quick")
    book = Rulebook([cold(600.0)], [SiteRule("quick", frozenset({NO_1}), quick)])
    again = Replay(scene.feed.store, scene.registry.service, book, [NO_1, NO_2], {}, NOW)
    again.advance(scene.at(1800))
    (found,) = again.found()
    assert (found.rule_id, found.opened_at, found.value) == ("quick", scene.at(240), -9.0)
    assert again.series == 1
    assert again.samples == 30


def test_only_what_the_rules_are_about_is_read() -> None:
    feed = Feed(MemoryStore())
    for metric in ("temperature_cel", "uptime_s", "if_speed_bps"):
        feed.say(NO_1, KITCHEN, metric, 1.0, at=NOW)
        feed.say(NO_2, KITCHEN, metric, 1.0, at=NOW)
    again = Replay(feed.store, NoPorts(), Rulebook(RULES[:1]), [NO_2], {}, NOW)
    again.advance(NOW + MINUTE_MS)
    assert (again.series, again.samples, again.found()) == (1, 1, [])


def test_what_was_usual_then_is_looked_up_hour_by_hour() -> None:
    feed, hour_ms = Feed(MemoryStore()), 3_600_000
    name = series(NO_1, KITCHEN, "temperature_cel")
    for week in (3, 2, 1, 0):
        at = range(NOW - week * 7 * 24 * hour_ms, NOW - week * 7 * 24 * hour_ms + 2 * hour_ms, MINUTE_MS)
        usual = [10.0 if moment % (24 * hour_ms) < NOW % (24 * hour_ms) + hour_ms else 20.0 for moment in at]
        feed.say_all(name, at, usual if week else [20.0] * len(at))
    rule = form("temperature_cel", Baseline(Comparison.ABOVE, deviations=4.0, least=5.0, weeks=3))
    again = Replay(feed.store, NoPorts(), Rulebook([rule]), [NO_1], {}, NOW)
    while again.at < NOW + 2 * hour_ms:
        again.advance(NOW + 2 * hour_ms)
    (found,) = again.found()
    assert (found.opened_at, found.cleared_at) == (NOW, NOW + hour_ms), "20 is usual in the second hour"
