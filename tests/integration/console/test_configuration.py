"""A device's configuration in the console: versions, what changed, the text, for those who may see it."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campus.configuration import ConfigurationText, encode_configuration
from campus.samples import Document, DocumentKind
from controller.configurations.model import ChangeWindow, ChangeWindows
from controller.configurations.service import ConfigurationService
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from tests.support.district import HOUR_MS, NO_1, NOW, SWITCH, TIMEZONE, address_of, enrolment, school_facts
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

OPERATOR = ScopeSpec(Role.OPERATOR, "wang")
PATH = f"/sites/{NO_1}/devices/{SWITCH}/configuration"
OLD = "sysname sw-1\nvlan 10\ninterface GE0/0/1\n port default vlan 10\nreturn"
NEW = "sysname sw-1\nvlan 10\ninterface GE0/0/1\n port default vlan 20\n<script>alert(1)</script>\nreturn"


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as standing:
        standing.registry.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        yield standing


@pytest.fixture
def operator(controller: Controller) -> Visitor:
    return signed_in(controller, OPERATOR)


def keep(controller: Controller, text: str, at: int, by: str = "") -> None:
    content = encode_configuration(ConfigurationText(text, changed_by=by))
    document = Document(SWITCH, DocumentKind.CONFIGURATION, at, content)
    controller.configurations.keep_document(address_of(NO_1), document, at)


def page(who: Visitor, path: str = PATH, language: str = "en") -> str:
    response = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert response.status_code == 200
    return response.text


def test_before_there_is_one_it_is_told_how_to_switch_it_on(operator: Visitor) -> None:
    for language, words in (("en", "No configuration of this device yet"), ("zh-CN", "尚无该设备的配置")):
        text = page(operator, language=language)
        assert words in text
        assert f"campanile agent configuration {SWITCH}" in text
        assert "configuration: {credential: cli}" in text


def test_two_versions_stand_side_by_side_with_signs_and_words(controller: Controller, operator: Visitor) -> None:
    keep(controller, OLD, NOW - HOUR_MS)
    assert "One version so far" in page(operator)
    keep(controller, NEW, NOW, by="admin")
    text = page(operator)
    assert "Lines added: 2, removed: 1" in text
    assert '<mark class="removed">10</mark>' in text
    assert '<mark class="added">20</mark>' in text
    assert '<span class="hidden-text">added </span>' in text
    assert "by admin" in text
    assert "新增 2 行，删除 1 行" in page(operator, language="zh-CN")


def test_what_a_device_says_is_text_and_no_markup(controller: Controller, operator: Visitor) -> None:
    keep(controller, OLD, NOW - HOUR_MS)
    keep(controller, NEW, NOW)
    assert "<script>alert" not in page(operator)
    assert "&lt;script&gt;alert" in page(operator)
    assert "<script>x" not in page(operator, f"{PATH}?q=%3Cscript%3Ex")


def test_any_two_are_compared_and_one_that_is_none_is_missing(controller: Controller, operator: Visitor) -> None:
    for number in range(3):
        keep(controller, f"{OLD}\nnumber {number}", NOW - (3 - number) * HOUR_MS)
    first, last = NOW - 3 * HOUR_MS, NOW - HOUR_MS
    text = page(operator, f"{PATH}?before={first}&after={last}")
    assert '<mark class="removed">0</mark>' in text
    assert '<mark class="added">2</mark>' in text
    assert "These two are the same" in page(operator, f"{PATH}?before={last}&after={last}")
    assert operator.get(f"{PATH}?before=5&after={last}").status_code == 404


def test_a_word_is_found_in_the_text_whatever_its_case(controller: Controller, operator: Visitor) -> None:
    keep(controller, OLD, NOW)
    text = page(operator, f"{PATH}?q=VLAN")
    assert "2 lines with “VLAN”" in text
    assert text.count('<mark class="sought">vlan</mark>') == 2
    assert "No line with “nothing-like-it”" in page(operator, f"{PATH}?q=nothing-like-it")


def test_a_version_is_downloaded_as_text(controller: Controller, operator: Visitor) -> None:
    keep(controller, NEW, NOW)
    answer = operator.get(f"{PATH}/{NOW}.txt")
    assert answer.text == NEW + "\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert operator.get(f"{PATH}/{NOW + 1}.txt").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
def test_who_is_no_operator_sees_neither_page_nor_link(controller: Controller, operator: Visitor, role: Role) -> None:
    keep(controller, NEW, NOW)
    other = signed_in(controller, ScopeSpec(role, "li"))
    assert other.get(PATH, headers={"Accept": "text/html"}).status_code == 403
    assert other.get(f"{PATH}/{NOW}.txt").status_code == 403
    device = f"/sites/{NO_1}/devices/{SWITCH}"
    assert f'href="{PATH}"' not in page(other, device)
    assert f'href="{PATH}"' in page(operator, device)


def test_a_change_outside_the_window_is_an_alert_of_the_device(controller: Controller, operator: Visitor) -> None:
    windows = ChangeWindows((ChangeWindow("18:00", "23:00"),), ZoneInfo(TIMEZONE))
    service = ConfigurationService(controller.engine, controller.alert_engine, windows, controller.clock)
    for text, at in ((OLD, NOW - HOUR_MS), (NEW, NOW)):
        content = encode_configuration(ConfigurationText(text))
        service.keep_document(address_of(NO_1), Document(SWITCH, DocumentKind.CONFIGURATION, at, content), at)
    controller.alert_engine.tick(NOW)
    assert "The configuration was changed outside the change window" in page(operator, "/alerts")
    assert "设备配置在变更时间窗外被修改" in page(operator, "/alerts", "zh-CN")
    assert "outside the change window" in page(operator)
