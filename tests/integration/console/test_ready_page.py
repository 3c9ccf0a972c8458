"""The list of rooms that would fail: as a page and as a file, for who may see the school."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from tests.support.district import MONDAY, NO_1, NO_2, address_of, enrolment, school_facts
from tests.support.standing import signed_in, standing_controller

VIEWER = ScopeSpec(Role.VIEWER, "v", site=NO_1)
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        controller.registry.learn_facts(address_of(NO_1), school_facts(NO_1), MONDAY)
        yield controller


def test_rooms_that_would_fail_come_first_with_their_reasons(standing: Controller) -> None:
    page = signed_in(standing, VIEWER).get(f"/ready?site={NO_1}", headers=ENGLISH)
    assert page.status_code == 200
    assert "2 of 2 rooms would fail" in page.text
    assert "一（1）班大屏: never heard" in page.text
    told = signed_in(standing, VIEWER).get(f"/ready.csv?site={NO_1}", headers=ENGLISH).text
    assert [row[3] for row in list(csv.reader(io.StringIO(told)))[1:]] == ["Would fail", "Would fail"]


def test_a_school_that_is_not_theirs_is_not_found(standing: Controller) -> None:
    viewer = signed_in(standing, VIEWER)
    assert viewer.get(f"/ready?site={NO_2}").status_code == 404
    assert viewer.get(f"/ready.csv?site={NO_2}").status_code == 404
    assert viewer.get("/ready").status_code == 200
