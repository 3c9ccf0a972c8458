"""Why somebody was not told: every reason there is, brought about and asked for. A reason without a case here fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from campus.errors import Transient
from controller.identity.scope import Denied, Role, Scope
from controller.telling.model import Duty, Person, Policy, Reach, Reason, Standing, Telling
from controller.telling.port import Unreached
from tests.support.district import DISTRICT_SCOPE, NO_1_SCOPE, NOW
from tests.unit.telling.town import BOARD_101, HOUR, LI, MINUTE, WANG, ZHAO, S, Town

WU = Person("wu", "Wu", (Reach("mail", "wu@example.org"),), place="no-2-primary")
OPERATOR = replace(WANG, id="op", role="operator")
Case = Callable[[Path], tuple[Town, int, str]]
"""A town, an alert and the person who is not told."""
CASES: Final[dict[Reason, Case]] = {}


def case(reason: Reason) -> Callable[[Case], Case]:
    """Names the reason a function brings about."""

    def named(function: Case) -> Case:
        CASES[reason] = function
        return function

    return named


@case(Reason.GROUPING)
def waits_for_more(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(10 * S)
    return town, alert, "li"


@case(Reason.DIGEST)
def waits_for_the_digest(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open("minor")
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.QUIET_HOURS)
def sleeps(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [replace(LI, quiet="09:00-12:00")])
    alert = town.open("major")
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.NOT_ON_DUTY)
def is_off_duty(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [replace(LI, duty=(Duty(hours="13:00-17:00"),)), WANG])
    alert = town.open()
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.CAP)
def had_enough(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [ZHAO], Policy(per_hour=2))
    for site in ("no-1-primary", "no-2-primary", "centre"):
        town.open("major", site=site)
    town.pass_ms(2 * MINUTE)
    alert = town.open("major", site="no-2-primary", instance="late")
    town.pass_ms(2 * MINUTE)
    return town, alert, "zhao"


@case(Reason.CHANNEL_DOWN)
def the_channel_is_down(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [WANG])
    town.boxes["mail"].trouble = Transient("no answer")
    alert = town.open()
    town.pass_ms(90 * MINUTE, step=30 * S)
    return town, alert, "wang"


@case(Reason.UNREACHED)
def has_no_browser(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [WANG])
    town.boxes["mail"].trouble = Unreached("in no browser is Ms Wang signed in and has asked for notices")
    alert = town.open()
    town.pass_ms(MINUTE)
    return town, alert, "wang"


@case(Reason.HIDDEN)
def follows_from_another(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open("major", device=BOARD_101, cause=town.open())
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.CAUSE_AWAITED)
def is_held_back(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open("major")
    town.change(alert, held_until=NOW + 90 * S)
    town.pass_ms(10 * S)
    return town, alert, "li"


@case(Reason.SILENCED)
def is_silenced(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open("major")
    town.change(alert, silence=7)
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.CLEARED)
def was_over_before(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(10 * S)
    town.clear(alert)
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.ACKNOWLEDGED)
def somebody_took_care(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(MINUTE)
    town.acknowledge(alert)
    return town, alert, "wang"


@case(Reason.LEFT)
def has_left(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(10 * S)
    town.source.replace(replace(town.source.setup.register, people=(WANG,)))
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.SOON)
def has_just_begun(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    return town, town.open(), "li"


@case(Reason.NEXT)
def is_asked_next(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(MINUTE)
    return town, alert, "wang"


@case(Reason.LATER)
def is_asked_later(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(MINUTE)
    return town, alert, "zhao"


@case(Reason.NOT_URGENT)
def is_not_urgent(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open("minor")
    town.pass_ms(MINUTE)
    return town, alert, "wang"


@case(Reason.NOT_THEIRS)
def is_not_their_work(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [LI, OPERATOR, ZHAO])
    alert = town.open(rule="backbone")
    town.pass_ms(MINUTE)
    return town, alert, "li"


@case(Reason.JOINED)
def came_later(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    alert = town.open()
    town.pass_ms(20 * MINUTE)
    colleague = replace(LI, id="new")
    town.source.replace(replace(town.source.setup.register, people=(LI, colleague, WANG, ZHAO)))
    town.pass_ms(MINUTE)
    return town, alert, "new"


@case(Reason.ELSEWHERE)
def is_for_another_school(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder, [LI, WU])
    alert = town.open()
    town.pass_ms(MINUTE)
    return town, alert, "wu"


@case(Reason.UNKNOWN)
def is_nobody(folder: Path) -> tuple[Town, int, str]:
    town = Town(folder)
    return town, town.open(), "nobody"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_told(tmp_path: Path, reason: Reason) -> None:
    town, alert, person = CASES[reason](tmp_path)
    (line,) = town.telling.why_person(DISTRICT_SCOPE, alert, person)
    assert (line.reason, line.person) == (reason, person)
    assert line.standing in (Standing.HELD, Standing.SPARED, Standing.FAILED, Standing.UNASKED)


def line_of(town: Town, alert: int, person: str) -> Telling:
    (line,) = town.telling.why_person(DISTRICT_SCOPE, alert, person)
    return line


def test_a_reason_says_of_what_or_when(tmp_path: Path) -> None:
    for name in ("one", "two", "three", "four"):
        (tmp_path / name).mkdir()
    town, alert, person = follows_from_another(tmp_path / "one")
    assert line_of(town, alert, person).other == alert - 1
    town, alert, person = is_silenced(tmp_path / "two")
    assert line_of(town, alert, person).other == 7
    town, alert, person = is_asked_next(tmp_path / "three")
    assert line_of(town, alert, person).due_at == NOW + 15 * MINUTE
    town, alert, person = waits_for_the_digest(tmp_path / "four")
    assert line_of(town, alert, person).due_at == NOW + 6 * HOUR + 30 * MINUTE


def test_everybody_of_the_branch_has_a_line_in_the_order_they_are_asked(tmp_path: Path) -> None:
    town = Town(tmp_path, [ZHAO, WU, WANG, LI])
    alert = town.open()
    town.pass_ms(MINUTE)
    told = town.telling.why(NO_1_SCOPE, alert)
    assert [(each.person, each.standing) for each in told.lines] == [
        ("li", Standing.TOLD),
        ("wang", Standing.UNASKED),
        ("zhao", Standing.UNASKED),
    ]
    assert told.is_at_once


def test_who_hides_in_another_school_stays_hidden(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI, WU])
    alert = town.open()
    one_school = Scope("op", Role.OPERATOR, NO_1_SCOPE.sites)
    (line,) = town.telling.why_person(one_school, alert, "wu")
    assert (line.reason, line.name) == (Reason.UNKNOWN, "wu")
    with pytest.raises(Denied):
        town.telling.why_person(NO_1_SCOPE, alert, "li")
