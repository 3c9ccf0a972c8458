"""Asking for notices in a browser, over HTTP: the key, taking and giving up a subscription."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.alerts.tables import AlertRow
from controller.config import ControllerConfig, TellingSettings
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller, build_app
from controller.registry.database import writing
from tests.support.district import NO_1, NO_2, NOW, FixedClock, enrolment
from tests.support.pushing import Phone
from tests.support.receivers import web_receiver
from tests.support.standing import signed_in
from tests.support.visitor import Visitor

SAME_PAGE = {"Sec-Fetch-Site": "same-origin"}
REGISTER = """
channels: {phones: {type: push, contact: "mailto:it@district.example", services: [127.0.0.1]}}
people: [{id: li, name: 李老师, place: no-1-primary, reach: [{channel: phones, to: Li}]}]
"""


@dataclass
class District:
    controller: Controller

    def visitor(self, user: str) -> Visitor:
        return signed_in(self.controller, ScopeSpec(Role.TECHNICIAN, user, site=NO_1))


def opened(folder: Path, register: str) -> Iterator[District]:
    (folder / "telling.yaml").write_text(register)
    telling = TellingSettings(str(folder / "telling.yaml"))
    controller = Controller(ControllerConfig(data_dir=str(folder), telling=telling), FixedClock(NOW))
    controller.open_registry()
    controller.registry.enrol(SYSTEM, enrolment())
    yield District(controller)
    controller.close_registry()


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    yield from opened(tmp_path, REGISTER)


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[District]:
    yield from opened(tmp_path, "people: []")


def told(phone: Phone, address: str = "http://127.0.0.1:1") -> dict[str, Any]:
    browser = phone.subscription(address)
    keys = {"p256dh": browser.p256dh, "auth": browser.auth}
    return {"endpoint": browser.endpoint, "expirationTime": None, "keys": keys}


def test_a_browser_asks_and_gives_up(district: District) -> None:
    li, phone = district.visitor("Li"), Phone()
    key = li.get("/push/key").json()
    assert (len(key["key"]), key["state"]) == (87, "ready")
    for _ in range(2):
        answer = li.post("/push/subscribe", headers=SAME_PAGE, json=told(phone))
        assert (answer.status_code, answer.json()) == (200, {"state": "ready"})
    pushes = district.controller.telling.pushes
    assert pushes is not None
    assert [each.p256dh for each in pushes.of_person("Li", [NO_1])] == [told(phone)["keys"]["p256dh"]]
    assert district.visitor("Wu").post("/push/unsubscribe", headers=SAME_PAGE, json=told(phone)).status_code == 204
    assert pushes.count() == 1
    assert (
        li.post("/push/unsubscribe", headers=SAME_PAGE, json={"endpoint": told(phone)["endpoint"]}).status_code == 204
    )
    assert pushes.count() == 0


def test_who_signs_out_is_told_no_more(district: District) -> None:
    li = district.visitor("Li")
    li.post("/push/subscribe", headers=SAME_PAGE, json=told(Phone()))
    li.post("/leave", headers=SAME_PAGE)
    pushes = district.controller.telling.pushes
    assert pushes is not None
    assert pushes.of_person("Li", []) == []
    assert pushes.count() == 0


def test_who_is_not_in_the_register_learns_so(district: District) -> None:
    assert district.visitor("Wu").get("/push/key").json()["state"] == "unnamed"


def test_without_the_channel_there_is_no_push(silent: District) -> None:
    li = silent.visitor("Li")
    assert li.get("/push/key").json() == {"key": "", "state": "off"}
    refused = li.post("/push/subscribe", headers=SAME_PAGE, json=told(Phone()))
    assert (refused.status_code, "no channel of type push" in refused.text) == (400, True)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"endpoint": 1}', b'{"endpoint": "https://10.0.0.1/"}', b"x" * 9_000])
def test_what_is_no_subscription_is_refused(district: District, body: bytes) -> None:
    answer = district.visitor("Li").post("/push/subscribe", headers=SAME_PAGE, content=body)
    assert answer.status_code == 400


def test_a_stranger_is_not_answered(district: District) -> None:
    stranger = Visitor(build_app(district.controller))
    assert stranger.post("/push/subscribe", headers=SAME_PAGE, json=told(Phone())).status_code == 401


def test_from_an_alert_to_the_phone_of_who_is_signed_in_and_may_see_it(district: District) -> None:
    phone, other = Phone(), Phone()
    elsewhere = signed_in(district.controller, ScopeSpec(Role.TECHNICIAN, "Li", site=NO_2))
    with web_receiver() as web:
        district.visitor("Li").post("/push/subscribe", headers=SAME_PAGE, json=told(phone, web.address))
        elsewhere.post("/push/subscribe", headers=SAME_PAGE, json=told(other, f"{web.address}/other"))
        with writing(district.controller.engine) as session:
            session.add(an_alert())
        for at in (NOW, NOW + 60_000):
            district.controller.telling.tend(at)
        district.controller.telling.deliver(NOW + 60_000)
        (posted,) = web.posted
    assert posted.path == "/push/one"
    assert phone.read(posted.content)["title"] == "第一小学：出口网关无应答"


def an_alert() -> AlertRow:
    return AlertRow(
        rule="gateway-unreachable",
        site=NO_1,
        device="gw-1",
        metric="reachable",
        instance="",
        severity="critical",
        opened_at=NOW,
        value=0.0,
    )
