"""Work orders over the REST API, as a phone with a bad line uses it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from tests.support.district import BOARD_101, NO_1, NO_2, NOW, address_of, enrolment, school_facts
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import BASE_URL, Visitor

SAME_PAGE = {"Origin": BASE_URL}
FAULT = {"id": "open-0001", "site": NO_1, "device": BOARD_101, "what": "flickers"}


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        controller.registry.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        yield controller


def person(controller: Controller, name: str, role: Role = Role.TECHNICIAN) -> Visitor:
    return signed_in(controller, ScopeSpec(role, name, site=NO_1))


def test_an_order_from_opening_to_closing(standing: Controller) -> None:
    wang, li = person(standing, "wang"), person(standing, "li")
    opened = wang.post("/api/v1/orders", json=FAULT, headers=SAME_PAGE).json()
    again = wang.post("/api/v1/orders", json=FAULT, headers=SAME_PAGE).json()
    assert opened == again
    order = f"/api/v1/orders/{opened['order']['id']}"
    claim = {"id": "claim-01", "act": "claim"}
    assert wang.post(f"{order}/commands", json=claim, headers=SAME_PAGE).json()["order"]["assignee"] == "wang"
    late = li.post(f"{order}/commands", json={"id": "claim-02", "act": "claim"}, headers=SAME_PAGE)
    assert (late.status_code, late.json()["step"]["why"], late.json()["order"]["assignee"]) == (409, "taken", "wang")
    done = {"id": "done-01", "act": "finish", "minutes": 15, "parts": [{"name": "HDMI cable"}]}
    assert wang.post(f"{order}/commands", json=done, headers=SAME_PAGE).status_code == 200
    told = li.get(order).json()
    assert [step["act"] for step in told["history"]] == ["open", "claim", "claim", "finish"]
    assert (told["state"], told["minutes"], told["causes"]) == ("done", 15, [])
    assert told["repair"]["is_over"]
    assert told["diagnosis"]["alerts"] == []
    assert [each["id"] for each in li.get("/api/v1/orders", params={"device": BOARD_101}).json()] == [told["id"]]
    assert li.get("/api/v1/orders", params={"state": "new"}).json() == []
    assert "flickers" in li.get("/api/v1/orders.csv").text
    assert li.get("/api/v1/contracts").json() == []


def test_what_cannot_be_is_told_in_words(standing: Controller) -> None:
    wang, viewer = person(standing, "wang"), person(standing, "viewer", Role.VIEWER)
    order = wang.post("/api/v1/orders", json=FAULT, headers=SAME_PAGE).json()["order"]["id"]
    commands = f"/api/v1/orders/{order}/commands"
    for body, status in (
        ({"id": "x", "act": "dance"}, 422),
        ({"id": "x", "act": "open"}, 422),
        ({"id": "x", "act": "note", "note": "n" * 3_000}, 422),
        ({"id": "x", "act": "note", "colour": "red"}, 422),
        ({"id": "x", "act": "cancel"}, 409),
        ({"id": "y", "act": "verify"}, 409),
    ):
        assert wang.post(commands, json=body, headers=SAME_PAGE).status_code == status, body
    assert viewer.post(commands, json={"id": "v", "act": "claim"}, headers=SAME_PAGE).status_code == 403
    elsewhere = {**FAULT, "id": "other-01", "site": NO_2}
    assert wang.post("/api/v1/orders", json=elsewhere, headers=SAME_PAGE).status_code == 404
    assert (
        wang.post("/api/v1/orders", json={**FAULT, "id": "empty-01", "what": " "}, headers=SAME_PAGE).status_code == 422
    )
    assert wang.get("/api/v1/orders/999").status_code == 404
