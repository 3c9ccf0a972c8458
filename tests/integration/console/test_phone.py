"""What a phone's outbox and service worker rely on: acts done once, refusals in words, whose page it is, and all is well."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from campus.ids import SiteId
from controller.alerts.tables import AlertRow
from controller.console.format import short_moment
from controller.console.language import Language
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role, Scope
from controller.main import Controller, build_app
from controller.registry.database import writing
from controller.workorders.model import Act, Opening, OrderQuery, OrderState
from tests.support.district import BOARD_101, CENTRE, GATEWAY, NO_1, NO_2, NOW, address_of, enrolment, school_facts
from tests.support.standing import standing_controller
from tests.support.visitor import Visitor

WANG, LI = (Scope(name, Role.TECHNICIAN, frozenset({NO_1})) for name in ("Wang", "李"))
OUTBOX = {"accept": "application/json", "sec-fetch-site": "same-origin", "accept-language": "en"}
SCREEN = {"accept-language": "en", "accept": "text/html"}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """One for all tests: each has alerts, orders and names of its own."""
    with standing_controller(tmp_path_factory.mktemp("phone"), enrolment()) as made:
        for site in (NO_1, NO_2):
            made.registry.learn_facts(address_of(site), school_facts(site), NOW)
            made.registry.note_agent(address_of(site), online=True, last_frame_at=NOW)
        yield made


@pytest.fixture(scope="module")
def app(controller: Controller) -> FastAPI:
    return build_app(controller)


class Visitors:
    """Signs people in."""

    def __init__(self, controller: Controller, app: FastAPI) -> None:
        self._controller = controller
        self._app = app

    def __call__(self, who: Scope, site: SiteId | None = NO_1) -> Visitor:
        found = Visitor(self._app)
        spec = ScopeSpec(who.role, who.user, site=site)
        found.enter(self._controller.identity.create_link(spec, self._controller.clock()))
        return found


@pytest.fixture(scope="module")
def visitor(controller: Controller, app: FastAPI) -> Visitors:
    return Visitors(controller, app)


def open_alert(controller: Controller, alert_id: int, rule: str, cause: int = 0) -> None:
    row = AlertRow(
        id=alert_id,
        rule=rule,
        site=NO_1,
        device=BOARD_101 if cause else GATEWAY,
        metric="reachable",
        instance="",
        severity="major",
        opened_at=NOW - 60_000,
        value=0.0,
        cause=cause,
    )
    with writing(controller.engine) as session:
        session.add(row)


def order_of(controller: Controller, what: str) -> int:
    return controller.workorders.open_order(LI, Opening(f"opening-{what}", NO_1, device=BOARD_101, what=what)).order.id


def test_all_is_well_is_said_only_while_every_school_is_heard(controller: Controller, visitor: Visitors) -> None:
    assert "All is well" in visitor(WANG, NO_2).get("/mine", headers=SCREEN).text
    told = visitor(WANG, CENTRE).get("/mine", headers=SCREEN).text
    assert "All is well" not in told, "nothing was ever heard from the centre"
    assert "Nothing is heard from District Centre" in told


def test_what_follows_from_a_cause_is_folded_behind_it(controller: Controller, visitor: Visitors) -> None:
    open_alert(controller, 1, "device-unreachable")
    open_alert(controller, 2, "device-unreachable", cause=1)
    page = visitor(WANG).get("/mine", headers=SCREEN).text
    assert 'id="alert-1"' in page
    assert 'id="alert-2"' not in page
    behind = page.partition('id="behind-1"')[2].partition("</details>")[0]
    assert 'href="/alerts/2"' in behind
    assert "Nobody takes care yet" in page


def test_taking_care_twice_makes_one_order_and_leads_to_it(controller: Controller, visitor: Visitors) -> None:
    open_alert(controller, 3, "port-flapping")
    wang = visitor(WANG)
    told = [wang.post("/alerts/3/take", data={"command": "phone-made-1"}, headers=OUTBOX) for _ in range(2)]
    (order,) = controller.workorders.orders(WANG, OrderQuery(alert=3))
    assert {(answer.status_code, answer.headers["location"]) for answer in told} == {(303, f"/mine/orders/{order.id}")}
    assert (order.assignee, order.state) == ("Wang", OrderState.ASSIGNED)
    assert controller.alerts.alert(WANG, 3).acknowledged_by == "Wang"
    assert "You take care" in wang.get("/mine", headers=SCREEN).text


def test_a_promise_says_by_when_for_school_hours_are_not_hours(controller: Controller, visitor: Visitors) -> None:
    number = order_of(controller, "promise")
    order = controller.workorders.order(WANG, number)
    clock = controller.workorders.clocks(WANG, [order])[number].response
    due = short_moment(clock.due_at, NOW, ZoneInfo("Asia/Shanghai"), Language.EN)
    assert clock.left_ms > 0
    assert f"take it by {due}" in visitor(WANG).get(f"/mine/orders/{number}", headers=SCREEN).text


def test_handing_on_leaves_the_order_to_whoever_can(controller: Controller, visitor: Visitors) -> None:
    open_alert(controller, 4, "uplink-saturated")
    answer = visitor(WANG).post("/alerts/4/hand-on", data={"note": "needs a ladder"}, headers=OUTBOX)
    assert answer.status_code == 303
    (order,) = controller.workorders.orders(WANG, OrderQuery(alert=4))
    assert (order.assignee, order.state) == ("", OrderState.NEW)
    assert [step.note for step in controller.workorders.history(WANG, order.id)] == ["needs a ladder"]


def test_a_note_sent_twice_is_written_once_with_its_parts_and_time(controller: Controller, visitor: Visitors) -> None:
    order, wang = order_of(controller, "cable"), visitor(WANG)
    note = {"act": "note", "note": "new cable", "parts": "HDMI cable，relay", "minutes": "25", "command": "note-0001"}
    for _ in range(2):
        assert wang.post(f"/mine/orders/{order}/act", data=note, headers=OUTBOX).status_code == 303
    (step,) = [each for each in controller.workorders.history(WANG, order) if each.act is Act.NOTE]
    assert [part.name for part in step.parts] == ["HDMI cable", "relay"]
    assert controller.workorders.order(WANG, order).minutes == 25


@pytest.mark.parametrize(
    ("language", "reason"), [("en", "李 was quicker and takes care of it already."), ("zh-CN", "李 已先接单处理。")]
)
def test_a_refusal_says_why_in_the_persons_language(
    controller: Controller, visitor: Visitors, language: str, reason: str
) -> None:
    order = order_of(controller, language)
    claim = {"act": "claim", "command": "claim-0001"}
    assert visitor(LI).post(f"/mine/orders/{order}/act", data=claim, headers=OUTBOX).status_code == 303
    wang = visitor(WANG)
    claim["command"] = "claim-0002"
    told = wang.post(f"/mine/orders/{order}/act", data=claim, headers=OUTBOX | {"accept-language": language})
    assert (told.status_code, told.json()) == (409, {"detail": reason})
    page = wang.post(f"/mine/orders/{order}/act", data=claim, headers=OUTBOX | SCREEN | {"accept-language": language})
    assert page.status_code == 409
    assert reason in page.text


def test_what_cannot_be_a_photo_or_an_act_is_declined_in_words(controller: Controller, visitor: Visitors) -> None:
    order, wang = order_of(controller, "photo"), visitor(WANG)
    files = {"photo": ("note.txt", b"no picture", "image/jpeg")}
    told = wang.post(f"/mine/orders/{order}/photo", files=files, headers=OUTBOX)
    assert (told.status_code, told.json()) == (409, {"detail": "This is no photo that can be read."})
    nonsense = wang.post(f"/mine/orders/{order}/act", data={"act": "explode"}, headers=OUTBOX)
    assert nonsense.status_code == 409
    closing = wang.post(f"/mine/orders/{order}/act", data={"act": "close"}, headers=OUTBOX)
    assert closing.json() == {"detail": "Say why in the note, then press again."}


def test_what_one_person_did_is_never_sent_as_another(controller: Controller, visitor: Visitors) -> None:
    order = order_of(controller, "sender")
    wang, claim = visitor(WANG), {"act": "claim"}
    as_li = OUTBOX | {"campanile-user": "%E6%9D%8E"}
    assert wang.post(f"/mine/orders/{order}/act", data=claim, headers=as_li).status_code == 401
    assert controller.workorders.order(WANG, order).assignee == ""
    li = visitor(LI)
    assert li.post(f"/mine/orders/{order}/act", data=claim, headers=as_li).status_code == 303


def test_pages_tell_whose_they_are_and_files_and_sign_in_do_not(controller: Controller, visitor: Visitors) -> None:
    wang, again, li = (visitor(who) for who in (WANG, WANG, LI))
    readers = [each.get("/mine").headers["campanile-reader"] for each in (wang, again, li)]
    assert readers[0] == readers[1] != readers[2]
    assert "Wang" not in readers[0]
    for path in ("/devices.csv", "/sign-in", "/service-worker.js"):
        assert "campanile-reader" not in wang.get(path).headers


def test_the_service_worker_rules_the_whole_console_and_is_asked_for_anew(app: FastAPI) -> None:
    told = Visitor(app).get("/service-worker.js")
    assert told.status_code in {200, 404}, "without a built front end there is none"
    if told.status_code == 200:
        assert told.headers["cache-control"] == "no-cache"
        assert told.headers["content-type"].startswith("text/javascript")
    assert "camera=(self)" in told.headers["permissions-policy"]
    assert "script-src 'self'" in told.headers["content-security-policy"]


def test_scanning_leads_to_the_thing_and_only_to_ones_own(controller: Controller, visitor: Visitors) -> None:
    everybody = Scope("zhao", Role.OPERATOR)
    codes: dict[SiteId, str] = {}
    for site in (NO_1, NO_2):
        controller.workorders.stickers.issue_stickers(everybody, site)
        stickers = controller.workorders.stickers.stickers(everybody, site)
        codes[site] = next(each.code for each in stickers if each.device == BOARD_101)
    wang = visitor(WANG)
    own = wang.get("/scan", params={"code": f"https://elsewhere.example/r/{codes[NO_1]}"})
    assert own.headers["location"] == f"/scan?site={NO_1}&device={BOARD_101}"
    assert wang.get("/scan", params={"code": "SN-B101-1"}).headers["location"] == own.headers["location"]
    strange = wang.get("/scan", params={"code": codes[NO_2]}, headers=SCREEN)
    assert strange.status_code == 200
    assert "Nothing of yours has" in strange.text
    several = wang.get("/scan", params={"code": "SN-B10"}, headers=SCREEN)
    assert f'href="/scan?site={NO_1}&amp;device={BOARD_101}"' in several.text, "what fits several things is chosen from"


def test_a_fault_that_nothing_measures_is_reported_by_scanning_and_may_be_taken_at_once(
    controller: Controller, visitor: Visitors
) -> None:
    wang = visitor(WANG)
    fault = {"site": NO_1, "device": BOARD_101, "what": "no sound", "mine": "1", "command": "scan-0001"}
    assert wang.post("/scan/report", data=fault, headers=OUTBOX).headers["location"].startswith("/mine/orders/")
    (order,) = [each for each in controller.workorders.orders(WANG) if each.what_en == fault["what"]]
    assert order.assignee == "Wang"
    elsewhere = fault | {"site": NO_2, "command": "scan-0002"}
    assert wang.post("/scan/report", data=elsewhere, headers=OUTBOX).status_code == 404


def test_a_viewer_sees_orders_and_can_press_nothing(controller: Controller, visitor: Visitors) -> None:
    order = order_of(controller, "viewer")
    viewer = visitor(Scope("viewer", Role.VIEWER))
    page = viewer.get(f"/mine/orders/{order}", headers=SCREEN)
    assert page.status_code == 200
    assert "data-command" not in page.text
    assert viewer.post(f"/mine/orders/{order}/act", data={"act": "claim"}, headers=OUTBOX).status_code == 403
