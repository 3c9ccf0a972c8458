"""Work orders on the console, and the page behind a sticker: what anybody may send there, and what nobody gets out of it."""

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image

from campus.samples import DeviceFacts, DeviceKind
from controller.alerts.tables import AlertRow
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller, build_app
from controller.registry.database import writing
from controller.workorders.model import MAX_PICTURE_BYTES, Act, Command, Opening, OrderState
from tests.support.district import (
    BOARD_101,
    DISTRICT_SCOPE,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NOW,
    address_of,
    enrolment,
    school_facts,
)
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import BASE_URL, Visitor

SAME_PAGE = {"Origin": BASE_URL}
SCRIPT = "<script>alert(1)</script>"
SECRETS = ("第一小学", "No. 1 Primary", "10.1.0", "SN-B101", "technician-1", "North Town", "East District", "r101")


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        for site in (NO_1, NO_2):
            controller.registry.learn_facts(address_of(site), school_facts(site), NOW)
        controller.workorders.stickers.issue_stickers(SYSTEM, NO_1)
        yield controller


def operator(controller: Controller) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.OPERATOR, "head"))


def code_of(controller: Controller, device: str = BOARD_101) -> str:
    found = controller.workorders.stickers.stickers(SYSTEM, NO_1)
    return next(each.code for each in found if each.device == device)


def alert_on(controller: Controller) -> int:
    with writing(controller.engine) as session:
        session.add(
            AlertRow(
                id=7,
                rule="device-unreachable",
                site=NO_1,
                device=BOARD_101,
                metric="reachable",
                instance="",
                severity="major",
                opened_at=NOW - 60_000,
                value=0.0,
            )
        )
    return 7


def page(who: Visitor, path: str, language: str = "en") -> str:
    answer = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200, path
    return answer.text


def jpeg() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (60, 40)).save(made, "JPEG")
    return made.getvalue()


# The page behind a sticker.


def test_a_teacher_reports_without_an_account_and_sees_what_becomes_of_it(standing: Controller) -> None:
    teacher, code = Visitor(build_app(standing)), code_of(standing)
    first = page(teacher, f"/r/{code}")
    assert "一（1）班大屏" in first
    assert first.count('type="radio"') == 7
    sent = teacher.post(
        f"/r/{code}",
        data={"trouble": "touch", "key": "k1", "text": ""},
        files={"photo": ("a.jpg", jpeg(), "image/jpeg")},
        headers=SAME_PAGE,
    )
    assert (sent.status_code, sent.headers["location"]) == (303, f"/r/{code}?told=opened")
    assert "Thank you" in page(teacher, sent.headers["location"])
    (order,) = standing.workorders.orders(NO_1_SCOPE)
    standing.workorders.command(NO_1_SCOPE, order.id, Command("c1", Act.CLAIM))
    assert "A technician has it" in page(teacher, f"/r/{code}")
    assert len(standing.workorders.photos(NO_1_SCOPE, order.id)) == 1


def test_nothing_of_the_district_stands_there_but_the_thing_and_its_room(standing: Controller) -> None:
    stranger, code = Visitor(build_app(standing)), code_of(standing)
    order = standing.workorders.open_order(NO_1_SCOPE, Opening("o1", NO_1, alert=alert_on(standing))).order
    standing.workorders.command(NO_1_SCOPE, order.id, Command("c1", Act.CLAIM, note="the caretaker's key"))
    answer = stranger.get(f"/r/{code}")
    assert not [word for word in (*SECRETS, "caretaker", "does not answer") if word in answer.text]
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_dead_or_wrong_code_is_told_and_tells_nothing(standing: Controller) -> None:
    stranger, old = Visitor(build_app(standing)), code_of(standing)
    standing.workorders.stickers.reissue_sticker(SYSTEM, NO_1, old)
    answers = [stranger.get(f"/r/{code}") for code in (old, "0000000000", "%3Cscript%3E", "x" * 500)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text.replace(old, "") for answer in answers}) == 1
    assert stranger.get("/r/..%2f..%2fetc%2fpasswd").status_code == 401, "that is no sticker's address at all"


def test_bodies_that_are_too_large_unsized_or_no_form_are_refused_unread(standing: Controller) -> None:
    stranger, code = Visitor(build_app(standing)), code_of(standing)
    huge = stranger.post(
        f"/r/{code}",
        data={"trouble": "touch"},
        files={"photo": ("a.jpg", b"\0" * (MAX_PICTURE_BYTES + 100_000), "image/jpeg")},
        headers=SAME_PAGE,
    )
    assert huge.headers["location"].endswith("told=bad_photo")

    async def chunks() -> AsyncIterator[bytes]:
        """A body whose length nobody told."""
        yield b"trouble=touch"

    unsized = stranger.post(f"/r/{code}", content=chunks(), headers=SAME_PAGE)
    assert unsized.headers["location"].endswith("told=bad_photo")
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    no_form = stranger.post(f"/r/{code}", content=b"not a form at all", headers={**SAME_PAGE, **kind})
    assert no_form.headers["location"].endswith("told=no_trouble")
    assert standing.workorders.orders(NO_1_SCOPE) == []


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("../../registry.db", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
        ("a.jpg", b"MZ\x90\x00", "image/jpeg"),
        ("a.html", b"<html><script>alert(1)</script>", "text/html"),
    ],
)
def test_what_is_no_photo_is_not_kept(standing: Controller, name: str, content: bytes, kind: str) -> None:
    stranger, code = Visitor(build_app(standing)), code_of(standing)
    sent = stranger.post(
        f"/r/{code}", data={"trouble": "touch"}, files={"photo": (name, content, kind)}, headers=SAME_PAGE
    )
    assert sent.headers["location"].endswith("told=bad_photo")
    assert not (Path(standing.config.data_dir) / "photos").exists()


def test_another_sites_page_cannot_report_in_somebodys_name(standing: Controller) -> None:
    stranger, code = Visitor(build_app(standing)), code_of(standing)
    sent = stranger.post(f"/r/{code}", data={"trouble": "touch"}, headers={"Origin": "https://evil.example"})
    assert sent.status_code == 403


def test_too_many_are_told_to_come_back_later(standing: Controller) -> None:
    stranger, code = Visitor(build_app(standing)), code_of(standing)
    told = [
        stranger.post(f"/r/{code}", data={"trouble": "dead", "key": f"k{n}"}, headers=SAME_PAGE).headers["location"]
        for n in range(8)
    ]
    assert told[-1].endswith("told=too_many")
    assert "try again in an hour" in page(stranger, told[-1])
    assert 'sticker_visits_total{what="report too_many"} 2' in stranger.get("/metrics").text


# The desk.


def test_what_strangers_and_devices_write_is_shown_as_text(standing: Controller) -> None:
    evil = DeviceFacts(BOARD_101, DeviceKind.BOARD, NOW, name=SCRIPT, room="r101")
    standing.registry.learn_facts(address_of(NO_1), [evil], NOW)
    stranger, code = Visitor(build_app(standing)), code_of(standing)
    stranger.post(f"/r/{code}", data={"trouble": "other", "key": "k", "text": SCRIPT}, headers=SAME_PAGE)
    desk = operator(standing)
    (order,) = standing.workorders.orders(DISTRICT_SCOPE)
    for path in ("/orders", "/orders?view=board", f"/orders/{order.id}", f"/orders/qr?site={NO_1}", f"/r/{code}"):
        text = page(desk, path)
        assert SCRIPT not in text, path
        assert "&lt;script&gt;" in text, path


def test_the_list_the_board_and_the_sheet(standing: Controller) -> None:
    order = standing.workorders.open_order(NO_1_SCOPE, Opening("o1", NO_1, alert=alert_on(standing))).order
    desk = operator(standing)
    assert "The device does not answer" in page(desk, "/orders")
    assert "工单" in page(desk, "/orders", "zh-CN")
    assert page(desk, "/orders?view=board").count("board-column") == 5
    assert "No orders match" in page(desk, "/orders?mine=1")
    assert "No open orders" in page(desk, f"/orders?site={NO_2}")
    csv = desk.get("/orders.csv").text
    assert f"{order.id},第一小学" in csv
    standing.workorders.command(NO_1_SCOPE, order.id, Command("x", Act.CANCEL, note="no fault"))
    assert "Cancelled" in page(desk, "/orders?state=over")


def test_the_desk_assigns_hands_over_and_closes(standing: Controller) -> None:
    order = standing.workorders.open_order(NO_1_SCOPE, Opening("o1", NO_1, alert=alert_on(standing))).order.id
    desk = operator(standing)
    contract = {
        "vendor": "Bright Boards",
        "title": "Boards",
        "starts_on": "2026-09-01",
        "kinds": "board",
        "phone": "123",
    }
    assert desk.post("/orders/contracts", data=contract, headers=SAME_PAGE).status_code == 303
    assert "2031-08-31" in page(desk, "/orders/contracts"), "sixty months"
    (kept,) = standing.workorders.contracts.contracts(SYSTEM)
    for number, data in enumerate(
        (
            {"act": "assign", "to": "wang"},
            {"act": "hand_off", "contract": str(kept.id)},
            {"act": "close", "note": "replaced"},
        )
    ):
        sent = desk.post(f"/orders/{order}/act", data={**data, "command": f"desk-{number}-00"}, headers=SAME_PAGE)
        assert sent.status_code == 303, sent.text
    told = standing.workorders.order(SYSTEM, order)
    assert (told.state, told.assignee, told.contract) == (OrderState.CLOSED, "wang", kept.id)
    text = page(desk, f"/orders/{order}")
    assert "Bright Boards" in text
    assert "replaced" in text


def test_a_contract_that_cannot_be_is_told_why(standing: Controller) -> None:
    wrong = {"vendor": "X", "title": "Y", "starts_on": "2026-09-01", "ends_on": "2020-01-01"}
    sent = operator(standing).post(
        "/orders/contracts", data=wrong, headers={**SAME_PAGE, "Accept": "text/html", "Accept-Language": "en"}
    )
    assert "before it begins" in sent.text
    assert standing.workorders.contracts.contracts(SYSTEM) == []


def test_the_figures_page_and_its_picture(standing: Controller) -> None:
    order = standing.workorders.open_order(NO_1_SCOPE, Opening("o1", NO_1, alert=alert_on(standing))).order.id
    standing.workorders.command(NO_1_SCOPE, order, Command("1", Act.CLAIM))
    standing.workorders.command(NO_1_SCOPE, order, Command("2", Act.FINISH))
    desk = operator(standing)
    for by in ("site", "kind", "vendor", "source"):
        assert "100" in page(desk, f"/orders/metrics?by={by}")
    picture = desk.get("/orders/metrics/chart").json()
    assert [each["name"] for each in picture["series"]] == ["接单用时", "修复用时"]
    assert picture["unit"] == {"scale": "", "name": "小时", "words": []}
    assert desk.get("/orders/metrics.csv").text.count("\n") == 2
