"""The board says what the services say: after every change, a restart, a time without a board."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.errors import Transient
from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT
from controller.happenings.model import Happening
from controller.identity.scope import SYSTEM
from controller.silences.model import Draft, Kind, Selector
from tests.fakes.memory_board import MemoryBoard
from tests.support.district import (
    DAY_MS,
    DISTRICT_SCOPE,
    HOUR_MS,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    ReadyRegistry,
    ready_registry,
)
from tests.support.happenings import KEEPS_MS, Play

MINUTE_MS = 60_000


@pytest.fixture
def play(registry: ReadyRegistry) -> Play:
    return Play(registry)


@pytest.fixture
def board() -> MemoryBoard:
    return MemoryBoard()


def of(board: MemoryBoard, measurement: str = ALERT_MEASUREMENT) -> dict[int, Happening]:
    return {int(each.fields["id"]): each for key, each in board.points.items() if key.measurement == measurement}


def test_an_alert_is_posted_as_pages_call_it(play: Play, board: MemoryBoard) -> None:
    play.open(7, severity="major", rule="device-unreachable", metric="reachable", instance="GE0/0/1")
    play.posting(board).tend(NOW)
    (point,) = board.points.values()
    assert (point.key.measurement, point.key.at) == (ALERT_MEASUREMENT, NOW)
    assert dict(point.key.tags) == {
        "site": NO_1,
        "device": "board-101",
        "kind": "board",
        "instance": "GE0/0/1",
        "rule": "device-unreachable",
        "severity": "major",
    }
    rule = play.alerts.rule("device-unreachable")
    assert point.fields == {
        "id": 7,
        "ends_at": NOW,
        "title_en": rule.title_en,
        "title_zh": rule.title_zh,
        "text_en": "No. 1 Primary School · 一（1）班大屏 · GE0/0/1",
        "text_zh": "第一小学 · 一（1）班大屏 · GE0/0/1",
        "state": "open",
    }


def test_it_follows_opening_clearing_hiding_and_severity(play: Play, board: MemoryBoard) -> None:
    posting = play.posting(board)
    posting.tend(NOW)
    for number in (1, 2, 3, 4):
        play.open(number)
    play.open(5, held_until=NOW + 1)
    play.clock.now += 2_000
    posting.tend(play.clock())
    assert set(of(board)) == {1, 2, 3, 4}

    play.change(1, cleared_at=NOW + 3_000)
    play.change(2, cause=1)
    play.change(3, severity="critical")
    play.change(5, held_until=0)
    play.clock.now += 2_000
    posting.tend(play.clock())
    told = of(board)
    assert set(told) == {1, 3, 4, 5}
    assert len(board.points) == 4  # the one with the severity of before is gone
    assert (told[1].fields["state"], told[1].fields["ends_at"]) == ("cleared", NOW + 3_000)
    assert ("severity", "critical") in told[3].key.tags
    figures = {figure.name: figure.value for figure in posting.figures()}
    assert figures == {
        "annotations_written_total": 7,
        "annotations_removed_total": 2,
        "annotations_open": 3,
        "annotations_refused_total": 0,
    }


def test_nothing_is_written_while_nothing_changes_but_the_end_of_what_stands(play: Play, board: MemoryBoard) -> None:
    posting = play.posting(board)
    play.open(1)
    play.open(2, cleared_at=NOW + 1)
    posting.tend(NOW)
    before = board.writes
    play.clock.now += 30_000
    posting.tend(play.clock())
    assert board.writes == before
    play.clock.now += 30_000
    posting.tend(play.clock())
    assert board.writes == before + 1
    assert of(board)[1].fields["ends_at"] == NOW + MINUTE_MS


def test_what_a_board_keeps_no_more_is_not_posted(play: Play, board: MemoryBoard) -> None:
    play.open(1, opened_at=NOW - KEEPS_MS - HOUR_MS)
    posting = play.posting(board)
    posting.tend(NOW)
    play.clock.now += 2_000
    posting.tend(play.clock())
    assert not board.points


def test_a_board_that_was_away_has_all_of_it_afterwards(play: Play, board: MemoryBoard) -> None:
    posting = play.posting(board)
    play.open(1)
    posting.tend(NOW)
    board.is_away = True
    play.open(2, opened_at=NOW + 1_000, cleared_at=NOW + 2_000)
    play.change(1, cleared_at=NOW + 5_000)
    for _ in range(3):
        play.clock.now += 5 * HOUR_MS
        with pytest.raises(Transient):
            posting.tend(play.clock())
    board.is_away = False
    posting.tend(play.clock())
    assert {number: each.fields["state"] for number, each in of(board).items()} == {1: "cleared", 2: "cleared"}


def test_silences_are_posted_when_they_begin_and_shortened_when_they_end(play: Play, board: MemoryBoard) -> None:
    posting = play.posting(board)
    later = Draft(Kind.MAINTENANCE, Selector(site=NO_1), NOW + HOUR_MS, NOW + 3 * HOUR_MS, "new switch")
    window = play.silences.silence(DISTRICT_SCOPE, later)
    everywhere = play.silences.silence(DISTRICT_SCOPE, Draft(Kind.SILENCE, Selector(), NOW, NOW + DAY_MS, "新年"))
    never = Draft(Kind.SILENCE, Selector(site=NO_2), NOW, NOW + DAY_MS, "a mistake")
    mistake = play.silences.silence(DISTRICT_SCOPE, never)
    posting.tend(NOW)
    told = of(board, MAINTENANCE_MEASUREMENT)
    assert set(told) == {everywhere.id, mistake.id}
    assert (told[everywhere.id].key.tags, told[everywhere.id].fields["ends_at"]) == ((), NOW + DAY_MS)
    assert told[everywhere.id].fields["title_zh"] == "静默：新年"

    play.silences.end(DISTRICT_SCOPE, mistake.id)  # in the very moment it began: it never was in force
    play.clock.now = NOW + HOUR_MS
    posting.tend(play.clock())
    told = of(board, MAINTENANCE_MEASUREMENT)
    assert set(told) == {everywhere.id, window.id}
    assert told[window.id].fields["ends_at"] == NOW + 3 * HOUR_MS
    assert told[window.id].fields["title_en"] == "Maintenance: new switch"

    play.clock.now += HOUR_MS
    play.silences.end(DISTRICT_SCOPE, window.id)
    posting.tend(play.clock())
    assert of(board, MAINTENANCE_MEASUREMENT)[window.id].fields["ends_at"] == play.clock()


def test_two_windows_that_begin_at_once_are_two_points(play: Play, board: MemoryBoard) -> None:
    for reason in ("first", "second"):
        play.silences.silence(DISTRICT_SCOPE, Draft(Kind.SILENCE, Selector(), NOW, NOW + DAY_MS, reason))
    play.posting(board).tend(NOW)
    assert sorted(key.at for key in board.points) == [NOW, NOW + 1]


def test_a_school_sees_its_own_and_what_is_everywhere(play: Play) -> None:
    play.open(1, site=NO_1)
    play.open(2, site=NO_2)
    for selector in (Selector(site=NO_1), Selector(site=NO_2), Selector(organisation="bureau"), Selector()):
        play.silences.silence(DISTRICT_SCOPE, Draft(Kind.MAINTENANCE, selector, NOW, NOW + DAY_MS, "works"))
    assert set(play.told(ALERT_MEASUREMENT, NOW, NO_1_SCOPE)) == {1}
    assert set(play.told(ALERT_MEASUREMENT, NOW, NO_2_VIEWER)) == {2}
    assert set(play.told(ALERT_MEASUREMENT, NOW)) == {1, 2}
    assert set(play.told(MAINTENANCE_MEASUREMENT, NOW, NO_1_SCOPE)) == {1, 3, 4}
    points = play.service.points(NO_1_SCOPE, MAINTENANCE_MEASUREMENT, NOW, NOW + 1)
    assert {dict(each.key.tags).get("site") for each in points} == {NO_1, None}
    assert len(play.service.points(SYSTEM, MAINTENANCE_MEASUREMENT, NOW, NOW + 1)) == 6


numbers = st.integers(1, 6)
hides = st.sampled_from(
    [{"cause": 1}, {"silence": 3}, {"held_until": NOW}, {"cause": 0, "silence": 0, "held_until": 0}]
)


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, int, object]]:
    """What happens, one after the other; each round of posting stands between two of them or does not."""
    kinds = st.sampled_from(["open", "clear", "hide", "severity", "away", "back", "restart", "tend", "wait"])
    return [(draw(kinds), draw(numbers), draw(hides)) for _ in range(draw(st.integers(3, 25)))]


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_whatever_happens_the_board_ends_as_the_service_says(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, int, object]]
) -> None:
    registry = ready_registry(tmp_path_factory.mktemp("story"))
    play, board = Play(registry), MemoryBoard()
    posting, opened, cleared = play.posting(board), set[int](), set[int]()
    for what, number, hidden in story:
        play.clock.now += 1_500
        if what == "open" and number not in opened:
            play.open(number)
            opened.add(number)
        elif what == "clear" and number in opened - cleared:
            play.change(number, cleared_at=play.clock())
            cleared.add(number)
        elif what == "hide" and number in opened:
            play.change(number, **hidden)  # type: ignore[arg-type]
        elif what == "severity" and number in opened - cleared:
            play.change(number, severity="critical")
        elif what in ("away", "back"):
            board.is_away = what == "away"
        elif what == "restart":
            posting = play.posting(board)
        elif what == "wait":
            play.clock.now += 10 * HOUR_MS
        elif what == "tend":
            try:
                posting.tend(play.clock())
            except Transient:
                assert board.is_away
    board.is_away = False
    play.clock.now += MINUTE_MS
    posting.tend(play.clock())
    wanted = play.service.points(SYSTEM, ALERT_MEASUREMENT, NOW, play.clock() + 1)
    assert board.points == {each.key: each for each in wanted}
    registry.engine.dispose()
