"""The delivery of data on the overview and on its own page: quiet while all is well, named when it is not."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.topics import Leg
from campus.wire.frame import MAX_COMPRESSED_BYTES
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from tests.support.district import NO_1, NO_2, NOW, address_of, enrolment
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

OPERATOR = ScopeSpec(Role.OPERATOR, "wang")


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as standing:
        for site in (NO_1, NO_2):
            standing.registry.note_agent(address_of(site), online=True, last_frame_at=NOW)
        yield standing


@pytest.fixture
def operator(controller: Controller) -> Visitor:
    return signed_in(controller, OPERATOR)


def page(who: Visitor, path: str, language: str = "en") -> str:
    response = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert response.status_code == 200
    return response.text


def clash(controller: Controller) -> None:
    for at, epoch in enumerate((1, 2, 1)):
        controller.reception.note_hello(address_of(NO_2), epoch, NOW + at, NOW)


def test_nothing_is_said_while_nothing_is_wrong(operator: Visitor) -> None:
    assert 'class="card strip"' not in page(operator, "/")
    assert 'class="card strip"' not in page(operator, "/delivery")


def test_two_processes_of_one_name_are_told_on_the_overview_with_a_link(
    controller: Controller, operator: Visitor
) -> None:
    clash(controller)
    link = '<a href="/sites/no-2-primary/devices/no-2-primary">{}</a>'
    assert f"name of the agent of {link.format('No. 2 Primary School')}" in page(operator, "/")
    assert f"{link.format('第二小学')}的采集器身份被两个进程同时使用" in page(operator, "/", "zh-CN")
    assert "Two processes use its name" in page(operator, "/delivery")


def test_only_those_with_something_are_listed_on_demand_and_in_the_spreadsheet(
    controller: Controller, operator: Visitor
) -> None:
    assert controller.reception.admits(address_of(NO_1), Leg.UP, 100)
    assert not controller.reception.admits(address_of(NO_1), Leg.UP, MAX_COMPRESSED_BYTES + 1)
    everything, some = page(operator, "/delivery"), page(operator, "/delivery?only=1")
    assert everything.count('class="name-cell"') == 3
    assert some.count('class="name-cell"') == 2, "the flood, and the centre that is not connected"
    sheet = operator.get("/delivery.csv?only=1", headers={"Accept-Language": "en"}).text.lstrip("\ufeff")
    rows = {each["Agent"]: each for each in csv.DictReader(io.StringIO(sheet))}
    assert rows.keys() == {NO_1, "centre"}
    assert (rows[NO_1]["What there is to know"], rows[NO_1]["Turned away"]) == ("Sends more than its share", "1")


def test_the_api_says_the_same(controller: Controller, operator: Visitor) -> None:
    clash(controller)
    told = operator.get("/api/v1/delivery").json()
    assert (told["level"], told["is_stuck"], told["whole_until"]) == (0, False, 0)
    found = {each["agent"]: each for each in told["agents"]}
    assert found[NO_2]["troubles"] == ["clash"]
    assert found[NO_2]["clash_since"] == NOW
    assert found[NO_1]["troubles"] == []


def test_a_school_sees_its_own_agent_alone(controller: Controller) -> None:
    clash(controller)
    technician = signed_in(controller, ScopeSpec(Role.TECHNICIAN, "li", site=NO_1))
    assert "no-2-primary" not in page(technician, "/delivery")
    assert [each["agent"] for each in technician.get("/api/v1/delivery").json()["agents"]] == [NO_1]
