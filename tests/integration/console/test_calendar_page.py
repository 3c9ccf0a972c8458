"""The calendar's page: a day is said, shown and taken back; files are checked, taken and refused by their lines."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from campus.ids import SiteId
from controller.calendar.model import DayKind
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller
from tests.support.district import NO_1, NO_2, enrolment
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

OPERATOR = ScopeSpec(Role.OPERATOR, "operator", site=NO_1)
SAME_PAGE = {"Sec-Fetch-Site": "same-origin"}
DISTRICT = ScopeSpec(Role.OPERATOR, "centre")
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        yield controller


def kind(controller: Controller, day: str, site: SiteId | None = NO_1) -> DayKind:
    return controller.calendar.school(SYSTEM, site).kind_of(date.fromisoformat(day))


def send(person: Visitor, path: str, **form: str) -> int:
    return person.post(f"/calendar/{path}", data=form, headers=SAME_PAGE).status_code


def test_a_day_is_said_shown_and_taken_back(standing: Controller) -> None:
    person = signed_in(standing, OPERATOR)
    usual = kind(standing, "2026-09-09")
    assert send(person, "day", site=NO_1, day="2026-09-09", until="2026-09-10", kind="exam", name=SCRIPT) == 303
    assert kind(standing, "2026-09-09") == kind(standing, "2026-09-10") == DayKind.EXAM
    shown = person.get(f"/calendar?site={NO_1}&day=2026-09-09").text
    assert "alert(1)" in shown
    assert SCRIPT not in shown
    assert send(person, "day", site=NO_1, day="2026-09-09", kind="") == 303
    assert kind(standing, "2026-09-09") == usual
    assert kind(standing, "2026-09-10") == DayKind.EXAM


def test_a_make_up_day_follows_another_weekday(standing: Controller) -> None:
    person = signed_in(standing, OPERATOR)
    assert send(person, "day", site=NO_1, day="2026-09-12", kind="make_up", follows="0") == 303
    assert kind(standing, "2026-09-12") == DayKind.MAKE_UP
    assert "按周一课表上课" in person.get(f"/calendar?site={NO_1}&day=2026-09-12").text


def test_a_term_is_told_and_taken_back(standing: Controller) -> None:
    person = signed_in(standing, OPERATOR)
    assert send(person, "term", site=NO_1, first="2026-09-01", last="2027-01-22", name="秋季学期") == 303
    assert kind(standing, "2027-02-01") == DayKind.VACATION
    assert "秋季学期" in person.get(f"/calendar?site={NO_1}&day=2026-09-01").text
    assert send(person, "term", site=NO_1, first="2026-09-01") == 303
    assert kind(standing, "2027-02-01") == DayKind.SCHOOL


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("day", {"day": "1.9.2026", "kind": "exam"}),
        ("day", {"day": "2026-09-02", "until": "2026-09-01", "kind": "exam"}),
        ("day", {"day": "2026-09-02", "until": "2036-09-01", "kind": "exam"}),
        ("term", {"first": "2026-09-02", "last": "2026-09-01"}),
        ("term", {"first": "soon"}),
    ],
)
def test_what_is_no_day_changes_nothing_and_says_so(standing: Controller, path: str, form: dict[str, str]) -> None:
    before = standing.calendar.sheet(SYSTEM, NO_1)
    answer = signed_in(standing, OPERATOR).post(f"/calendar/{path}", data=form | {"site": NO_1}, headers=SAME_PAGE)
    assert answer.status_code == 422
    assert "未作更改" in answer.text
    assert standing.calendar.sheet(SYSTEM, NO_1) == before


def test_the_holidays_of_a_year_are_taken_over_for_the_district(standing: Controller) -> None:
    assert send(signed_in(standing, DISTRICT), "national", year="2026") == 303
    assert kind(standing, "2026-10-01", None) == kind(standing, "2026-10-01") == DayKind.HOLIDAY
    assert send(signed_in(standing, DISTRICT), "national", year="2099") == 422


def upload(person: Visitor, name: str, content: str, **form: str) -> tuple[int, str]:
    files = {"file": (name, content.encode())}
    answer = person.post("/calendar/import", files=files, data={"site": NO_1} | form, headers=SAME_PAGE)
    return answer.status_code, answer.text


def test_a_file_is_checked_then_taken(standing: Controller) -> None:
    person = signed_in(standing, OPERATOR)
    content = "what,from,name\nexam,2026-11-12,期中\n"
    status, text = upload(person, "days.csv", content, only_check="yes")
    assert (status, "1 天考试" in text, kind(standing, "2026-11-12")) == (200, True, DayKind.SCHOOL)
    assert upload(person, "days.csv", content)[0] == 200
    assert kind(standing, "2026-11-12") == DayKind.EXAM
    assert "exam,2026-11-12,,,,,期中" in person.get(f"/calendar.csv?site={NO_1}").text


def test_an_icalendar_file_is_taken_and_tells_what_it_left_out(standing: Controller) -> None:
    event = "BEGIN:VEVENT\r\nSUMMARY:{}\r\nDTSTART;VALUE=DATE:20261112\r\nEND:VEVENT\r\n"
    content = f"BEGIN:VCALENDAR\r\n{event.format('校运会放假')}{event.format('家长会' + SCRIPT)}END:VCALENDAR\r\n"
    status, text = upload(signed_in(standing, OPERATOR), "school.ics", content)
    assert (status, kind(standing, "2026-11-12")) == (200, DayKind.HOLIDAY)
    assert "家长会" in text
    assert SCRIPT not in text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("calendar.bad.csv", "what,from\nholiday,1.10.2026\n", "calendar.bad.csv:2: "),
        ("lessons.csv", "what,weekday,period,room\nlesson,0,1,nowhere\n", "no room"),
        ("a.ics", "what,from\n", "a.ics: not an iCalendar file"),
    ],
)
def test_a_bad_file_is_refused_by_its_line(standing: Controller, name: str, content: str, said: str) -> None:
    before = standing.calendar.sheet(SYSTEM, NO_1)
    status, text = upload(signed_in(standing, OPERATOR), name, content)
    assert (status, said in text) == (422, True)
    assert standing.calendar.sheet(SYSTEM, NO_1) == before


def test_only_operators_change_only_their_own(standing: Controller) -> None:
    technician = signed_in(standing, ScopeSpec(Role.TECHNICIAN, "t", site=NO_1))
    page = technician.get(f"/calendar?site={NO_1}")
    assert page.status_code == 200
    assert 'action="/calendar/' not in page.text
    assert send(technician, "day", site=NO_1, day="2026-09-09", kind="exam") == 403
    operator = signed_in(standing, OPERATOR)
    assert send(operator, "day", site=NO_2, day="2026-09-09", kind="exam") == 404
    assert send(operator, "day", day="2026-09-09", kind="exam") == 403
    assert operator.get(f"/calendar.csv?site={NO_2}").status_code == 404
    assert send(operator, "national", year="2026") == 403
