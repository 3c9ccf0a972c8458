"""The page of application services: verdicts in words, who sees what, nothing of other schools, an empty state that helps."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from tests.support.district import CENTRE, NO_1, NO_2, NOW, enrolment
from tests.support.samples import Feed
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

OPERATOR = ScopeSpec(Role.OPERATOR, "wang")
TECHNICIAN = ScopeSpec(Role.TECHNICIAN, "li", site=NO_1)


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as standing:
        yield standing


def look(controller: Controller, **states: float) -> None:
    """What the centre and two schools see of the service ``portal`` now."""
    feed = Feed(controller.store)
    for site, state in zip((CENTRE, NO_1, NO_2), states.values(), strict=True):
        feed.say(site, site, "service_state", state, at=NOW - 1000, instance="portal")
        feed.say(site, site, "service_response_ms", 40.0, at=NOW - 1000, instance="portal")
        feed.say(site, site, "tls_days_left", 12.0, at=NOW - 1000, instance="portal")


def page(who: Visitor, path: str, language: str = "en") -> str:
    response = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert response.status_code == 200
    return response.text


def test_without_services_it_says_what_to_do(controller: Controller) -> None:
    operator = signed_in(controller, OPERATOR)
    assert "under `services:` in each school&#39;s agent.yaml" in page(operator, "/services")
    assert "agent.yaml 的 services:" in page(operator, "/services", "zh-CN")


def test_the_verdict_stands_first_in_both_languages(controller: Controller) -> None:
    look(controller, centre=4.0, one=4.0, two=4.0)
    operator = signed_in(controller, OPERATOR)
    english, chinese = page(operator, "/services"), page(operator, "/services", "zh-CN")
    assert "1 of 1 services does not work." in english
    assert "fails from 2 of 2 schools and from the centre (refused). So it is the service itself." in english
    assert "故障在服务本身" in chinese
    assert "12 days left" in english
    assert english.count("cell-failed") == 3


def test_one_school_is_told_from_the_others(controller: Controller) -> None:
    look(controller, centre=1.0, one=5.0, two=1.0)
    text = page(signed_in(controller, OPERATOR), "/services/portal")
    assert "It fails only from No. 1 Primary School (no answer in time)" in text
    assert "40" in text


def test_a_technician_sees_their_own_school_alone(controller: Controller) -> None:
    look(controller, centre=1.0, one=5.0, two=1.0)
    technician = signed_in(controller, TECHNICIAN)
    for path in ("/services", "/services/portal"):
        text = page(technician, path)
        assert "too few to tell" in text
        assert "No. 2 Primary School" not in text


def test_the_spreadsheet_has_a_row_for_each_observation(controller: Controller) -> None:
    look(controller, centre=1.0, one=3.0, two=1.0)
    told = signed_in(controller, OPERATOR).get("/services.csv", headers={"Accept-Language": "en"})
    rows = list(csv.reader(io.StringIO(told.text.removeprefix("\ufeff"))))
    assert rows[0] == ["Service", "School", "Seen as", "Answer ms", "Certificate days", "Seen"]
    assert [row[1:5] for row in rows[1:]] == [
        ["District Centre", "Up", "40.0", "12.0"],
        ["No. 1 Primary School", "Wrong answer", "40.0", "12.0"],
        ["No. 2 Primary School", "Up", "40.0", "12.0"],
    ]


def test_pictures_tell_speed_and_failures(controller: Controller) -> None:
    look(controller, centre=4.0, one=4.0, two=1.0)
    operator = signed_in(controller, OPERATOR)
    speed = operator.get("/services/portal/chart?period=1h").json()
    assert [len(line["points"]) for line in speed["series"]] == [1, 1]
    failed = operator.get("/services/portal/chart?period=1h&of=failed").json()
    assert failed["series"][0]["points"][0][1] == pytest.approx(66.6667, abs=0.01)
    strip = operator.get("/services/portal/strip.svg")
    assert strip.headers["content-type"].startswith("image/svg+xml")
    assert "#d64545" in strip.text


def test_search_finds_it_and_unknown_ones_are_missing(controller: Controller) -> None:
    look(controller, centre=1.0, one=1.0, two=1.0)
    operator = signed_in(controller, OPERATOR)
    assert operator.get("/search?q=portal").headers["location"] == "/services/portal"
    assert 'href="/services/portal"' in page(operator, "/search/answers?q=port")
    assert operator.get("/services/nothing").status_code == 404
