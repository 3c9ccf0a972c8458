"""What comes and goes is two messages: that it does, and how it is once it does not any more."""

from pathlib import Path

import pytest

from controller.alerts.tables import FlappingRow
from controller.registry.database import writing
from tests.support.district import GATEWAY
from tests.unit.telling.town import BOARD_101, HOUR, MINUTE, Town


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def flapping(town: Town, device: str = GATEWAY) -> int:
    alert = town.open("major", device=device)
    town.change(alert, flapping_since=town.clock.now)
    with writing(town.district.engine) as session:
        session.add(FlappingRow(alert=alert, changes=0, score=4.0, changed_at=town.clock.now, is_bad=True))
    return alert


def end(town: Town, alert: int, *, is_bad: bool) -> None:
    with writing(town.district.engine) as session:
        row = session.get_one(FlappingRow, alert)
        row.ended_at, row.is_bad = town.clock.now, is_bad
    town.change(alert, flapping_since=0, cleared_at=0 if is_bad else town.clock.now)


def subjects(town: Town) -> list[str]:
    return [letter.subject for letter in town.boxes["mail"].letters if letter.recipients[0].id == "li"]


@pytest.mark.parametrize(("is_bad", "word"), [(True, "持续异常"), (False, "已恢复")])
def test_once_that_it_does_and_once_how_it_is(town: Town, is_bad: bool, word: str) -> None:
    alert = flapping(town)
    town.pass_ms(40 * MINUTE, step=MINUTE)
    assert len(subjects(town)) == 1
    assert "时好时坏" in town.boxes["mail"].letters[0].text
    end(town, alert, is_bad=is_bad)
    town.pass_ms(5 * MINUTE)
    town.restart()
    town.pass_ms(3 * HOUR, step=MINUTE)
    assert len(subjects(town)) == 2
    assert word in subjects(town)[1]


def test_what_somebody_takes_care_of_is_not_told_again(town: Town) -> None:
    alert = flapping(town)
    town.pass_ms(5 * MINUTE)
    town.acknowledge(alert)
    end(town, alert, is_bad=True)
    town.pass_ms(HOUR, step=MINUTE)
    assert len(subjects(town)) == 1


def test_what_came_and_went_behind_a_cause_and_is_good_when_that_goes_is_not_told(town: Town) -> None:
    cause = town.open()
    child = flapping(town, device=BOARD_101)
    town.change(child, cause=cause)
    with writing(town.district.engine) as session:
        session.get_one(FlappingRow, child).is_bad = False
    town.pass_ms(2 * MINUTE)
    town.change(child, cause=0)
    town.clear(cause)
    town.pass_ms(5 * MINUTE)
    assert town.told_of(child) == []
