"""Who was told, on an alert's page and on the page for operators: names, reasons, the rota; only for those it concerns."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campus.errors import Transient
from controller.alerts.tables import AlertRow
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from controller.registry.database import writing
from controller.telling.model import Duty, Person, Reach, Register, WeCom
from controller.telling.model import Letterbox as LetterboxSettings
from controller.telling.service import TellingService
from tests.fakes.fixed_register import FixedRegister
from tests.fakes.letterbox import Letterbox
from tests.support.district import NO_1, NO_2, NOW, TIMEZONE, address_of, enrolment, school_facts
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

SCRIPT = "<script>alert(1)</script>"
DAYS = ("mon", "tue", "wed", "thu", "fri")
PEOPLE = (
    Person(
        "li", "Li", (Reach("robot", "LiLaoShi"),), place=NO_1, duty=(Duty(DAYS, "07:00-18:00"),), quiet="21:00-06:00"
    ),
    Person("wu", SCRIPT, (Reach("robot", "13800000002"),), place=NO_1, duty=(Duty(hours="18:00-07:00"),)),
    Person("zhao", "Zhao", (Reach("robot", "ZhaoSecretId"),), role="operator"),
)
REGISTER = Register({"robot": WeCom("url"), "spare": WeCom("url")}, PEOPLE)


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        controller.registry.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        yield controller


def begin(controller: Controller, robot: Letterbox, register: Register = REGISTER) -> None:
    controller.telling = TellingService(
        controller.engine,
        controller.alerts,
        controller.registry,
        controller.calendar,
        controller.clock,
        ZoneInfo(TIMEZONE),
        FixedRegister(register, {"robot": robot, "spare": robot}),
    )


def an_alert(controller: Controller, instance: str = "", cause: int = 0) -> int:
    row = AlertRow(
        rule="gateway-unreachable",
        site=NO_1,
        device="gw-1",
        metric="reachable",
        instance=instance,
        severity="critical",
        opened_at=NOW,
        value=0.0,
        cause=cause,
    )
    with writing(controller.engine) as session:
        session.add(row)
    return row.id or 0


def tell(controller: Controller) -> None:
    for at in (NOW, NOW + 60_000):
        controller.telling.tend(at)
        controller.telling.deliver(at)


def page(who: Visitor, path: str, language: str = "en") -> str:
    answer = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def operator(controller: Controller) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.OPERATOR, "chen"))


def test_an_alert_says_who_was_told_and_why_others_were_not(standing: Controller) -> None:
    begin(standing, Letterbox())
    alert = an_alert(standing)
    hidden = an_alert(standing, "hidden", alert)
    tell(standing)
    told = page(signed_in(standing, ScopeSpec(Role.TECHNICIAN, "li", site=NO_1)), f"/alerts/{alert}")
    assert "<strong>Li</strong> · Told · by robot" in told
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</strong> · Not told · not on duty" in told
    assert SCRIPT not in told
    assert "<strong>Zhao</strong> · Not told · is asked at" in told
    behind = page(operator(standing), f"/alerts/{hidden}")
    assert "<strong>Li</strong> · Not told · it only follows from another alert" in behind
    assert f'<a href="/alerts/{alert}">alert {alert}</a>' in behind
    assert "已通知 · 通过 robot" in page(operator(standing), f"/alerts/{alert}", "zh-CN")


def test_an_alert_says_that_a_message_is_still_on_its_way(standing: Controller) -> None:
    robot = Letterbox()
    robot.trouble = Transient("answered 503")
    begin(standing, robot)
    alert = an_alert(standing)
    assert "this takes some seconds" in page(operator(standing), f"/alerts/{alert}")
    tell(standing)
    told = page(operator(standing), f"/alerts/{alert}")
    assert "Being sent · by robot · answered 503 · 1 try, next" in told


def test_without_people_an_alert_says_so_and_the_page_says_how_to_begin(standing: Controller) -> None:
    alert = an_alert(standing)
    assert "no people are set up" in page(operator(standing), f"/alerts/{alert}")
    assert "register under telling" in page(operator(standing), "/telling")


def test_the_page_shows_people_the_week_channels_and_messages(standing: Controller) -> None:
    begin(standing, Letterbox())
    an_alert(standing)
    tell(standing)
    told = page(operator(standing), "/telling")
    for words in ("Li", "On duty", "Off duty", "21:00-06:00", "Works", "Nothing sent yet", "第一小学：出口网关无应答"):
        assert words in told
    assert '<rect class="rota-duty" x="420" y="20" width="660" height="60"/>' in told  # Monday 7:00 to 18:00
    assert told.count("rota-now") == 3
    assert SCRIPT not in told
    for secret in ("LiLaoShi", "13800000002", "ZhaoSecretId"):
        assert secret not in told


def test_the_page_is_for_operators_and_for_their_schools(standing: Controller) -> None:
    begin(standing, Letterbox())
    an_alert(standing)
    tell(standing)
    technician = signed_in(standing, ScopeSpec(Role.TECHNICIAN, "li"))
    assert technician.get("/telling", headers={"Accept": "text/html"}).status_code == 403
    assert "/telling" not in page(technician, "/settings")
    assert "/telling" in page(operator(standing), "/settings")
    other = page(signed_in(standing, ScopeSpec(Role.OPERATOR, "qian", site=NO_2)), "/telling")
    assert "Zhao" in other
    assert "21:00-06:00" not in other
    assert "出口网关无应答" not in other


def test_the_page_says_of_anybody_why_they_were_not_told(standing: Controller) -> None:
    begin(standing, Letterbox())
    alert = an_alert(standing)
    tell(standing)
    asked = page(operator(standing), f"/telling/why?alert={alert}&person=zhao")
    assert "<strong>Zhao</strong> · Not told · is asked at" in asked
    assert "<strong>Li</strong>" not in asked
    everybody = page(operator(standing), f"/telling/why?alert={alert}")
    assert "<strong>Li</strong> · Told" in everybody
    assert "is not in the list of people" in page(operator(standing), f"/telling/why?alert={alert}&person=nobody")
    assert "立即通知" in page(operator(standing), f"/telling/why?alert={alert}", "zh-CN")
    assert page(operator(standing), "/telling/why")
    technician = signed_in(standing, ScopeSpec(Role.TECHNICIAN, "li"))
    assert technician.get("/telling/why", headers={"Accept": "text/html"}).status_code == 403


def test_a_message_can_be_read_whole(standing: Controller) -> None:
    begin(standing, Letterbox())
    an_alert(standing)
    tell(standing)
    assert "地点：第一小学" in page(operator(standing), "/telling")


def test_a_wrong_register_is_said_to_who_can_mend_it(standing: Controller) -> None:
    begin(standing, Letterbox())
    wrong = FixedRegister(REGISTER)
    wrong.trouble = "telling.yaml:3: 'mial' is no channel of this file"
    standing.telling = TellingService(
        standing.engine,
        standing.alerts,
        standing.registry,
        standing.calendar,
        standing.clock,
        ZoneInfo(TIMEZONE),
        wrong,
    )
    assert "telling.yaml:3:" in page(operator(standing), "/telling")
    assert "telling.yaml:3:" not in page(signed_in(standing, ScopeSpec(Role.OPERATOR, "q", site=NO_2)), "/telling")


def test_what_lies_in_a_letterbox_is_not_called_sent(standing: Controller) -> None:
    begin(standing, Letterbox(), Register({"robot": LetterboxSettings(), "spare": WeCom("url")}, PEOPLE))
    alert = an_alert(standing)
    tell(standing)
    assert "<strong>Li</strong> · Put into the letterbox, not sent" in page(operator(standing), f"/alerts/{alert}")
    shown = page(operator(standing), "/telling")
    assert "Put into the letterbox, not sent" in shown
    assert "a letterbox sends nothing" in shown
