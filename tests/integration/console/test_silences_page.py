"""Silences on the console: two taps from an alert, the form with its preview, ending and undo, for whom it is."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx import Response

from controller.alerts.tables import AlertRow, FlappingRow
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller
from controller.registry.database import writing
from tests.support.district import BOARD_101, HOUR_MS, KITCHEN, NO_1, NO_2, NOW, address_of, enrolment, school_facts
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

SAME_PAGE = {"Sec-Fetch-Site": "same-origin"}
SCRIPT = "<script>alert(1)</script>"
FORM = {
    "sent": "yes",
    "kind": "maintenance",
    "place": f"s:{NO_1}",
    "starts": "2026-09-07T10:00",
    "until": "2026-09-07T16:00",
    "reason": "electricians",
    "takes_open": "yes",
}


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        for site in (NO_1, NO_2):
            controller.registry.learn_facts(address_of(site), school_facts(site), NOW)
        yield controller


def technician(controller: Controller) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.TECHNICIAN, "li", site=NO_1))


def operator(controller: Controller) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.OPERATOR, "chen"))


def page(who: Visitor, path: str, language: str = "en", **query: str) -> str:
    answer = who.get(path, params=query or None, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def post(who: Visitor, path: str, data: Mapping[str, object] | None = None) -> Response:
    return who.post(path, data=data, headers={**SAME_PAGE, "Accept": "text/html", "Accept-Language": "en"})


def an_alert(controller: Controller, rule: str = "device-unreachable", device: str = BOARD_101) -> int:
    row = AlertRow(
        rule=rule,
        site=NO_1,
        device=device,
        metric="reachable",
        instance="",
        severity="major",
        opened_at=NOW - HOUR_MS,
        value=0.0,
    )
    with writing(controller.engine) as session:
        session.add(row)
    return row.id or 0


def test_two_taps_silence_a_fault_and_a_third_ends_that(standing: Controller) -> None:
    alert, who = an_alert(standing), technician(standing)
    told = page(who, f"/alerts/{alert}")
    for words in ("1 hour", "until lessons end", "until 07:00"):
        assert words in told
    answer = post(who, f"/alerts/{alert}/silence", data={"until": "lessons"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{alert}")
    (shown,) = standing.silences.windows(SYSTEM)
    assert shown.window.until == NOW + 4 * HOUR_MS + HOUR_MS * 2 // 3  # the last bell rings at 14:40
    standing.alert_engine.tick(NOW + 1000)
    assert standing.alerts.open_count(SYSTEM) == 0
    told = page(who, f"/alerts/{alert}")
    assert "state-hidden" in told
    assert f"From the page of alert {alert}" in told
    assert "1 hour" not in told
    assert "Silenced" in page(who, "/alerts")
    ended = post(who, f"/silences/{shown.window.id}/end", data={"back": str(alert)})
    assert ended.headers["location"] == f"/alerts/{alert}"
    standing.alert_engine.tick(NOW + 2000)
    assert standing.alerts.open_count(SYSTEM) == 1


def test_gas_is_not_silenced_at_a_touch(standing: Controller) -> None:
    alert, who = an_alert(standing, "gas-leak", KITCHEN), technician(standing)
    assert "until 07:00" not in page(who, f"/alerts/{alert}")
    answer = post(who, f"/alerts/{alert}/silence", data={"until": "hour"})
    assert answer.status_code == 303
    standing.alert_engine.tick(NOW + 1000)
    assert standing.alerts.open_count(SYSTEM) == 1


def test_the_form_shows_what_it_would_do_before_it_is_saved(standing: Controller) -> None:
    an_alert(standing)
    who = technician(standing)
    assert f'value="s:{NO_1}" selected' in page(who, "/silences/new")
    told = page(who, "/silences/new", **FORM, device_kind="board", reason_="")
    for words in (
        "No. 1 Primary School · Interactive board",
        "<dt>Devices</dt><dd>2</dd>",
        "Open alerts hidden</dt><dd>1",
    ):
        assert words in told
    assert standing.silences.windows(SYSTEM) == []
    answer = post(who, "/silences/new", data={**FORM, "weekdays": ["0", "2"], "opens": "09:00", "closes": "12:00"})
    assert answer.status_code == 303
    said = parse_qs(urlsplit(answer.headers["location"]).query)["said"][0]
    told = page(who, f"/silences?said={said}")
    for words in ("It is in force.", "electricians", "Mon, Wed · 09:00–12:00", 'class="rota-duty" x="600"', "End now"):
        assert words in told
    assert "electricians" in page(who, f"/silences/{said}", "zh-CN")
    assert "维护" in page(who, "/silences", "zh-CN")
    assert "electricians" in page(who, "/silences.csv")


def test_who_chose_no_place_does_not_silence_the_whole_district(standing: Controller) -> None:
    chen = operator(standing)
    told = page(chen, "/silences/new", **{**FORM, "place": "", "reason": "", "sent": "yes"})
    assert "Choose a school" in told
    assert "Say why" not in told, "a preview needs no reason"
    assert "<dt>Devices</dt>" not in told
    assert post(chen, "/silences/new", data={**FORM, "place": ""}).status_code == 422
    assert standing.silences.windows(SYSTEM) == []


def test_what_is_wrong_stands_above_the_form(standing: Controller) -> None:
    who = technician(standing)
    wrong = {**FORM, "until": "2026-09-09T16:00", "reason": " "}
    answer = post(who, "/silences/new", data=wrong)
    assert answer.status_code == 422
    assert "24 hours from now" in answer.text
    assert "Say why" in answer.text
    answer = post(who, "/silences/new", data={**FORM, "place": f"s:{NO_2}"})
    assert "that is yours" in answer.text
    answer = post(who, "/silences/new", data={"until": "never", "weekdays": "9"})
    assert answer.status_code == 422
    assert standing.silences.windows(SYSTEM) == []


@pytest.mark.parametrize("field", ["starts", "until"])
def test_a_day_at_the_beginning_of_time_is_none(standing: Controller, field: str) -> None:
    form = {"place": f"s:{NO_1}", "reason": "works", "starts": "2026-09-07T10:00", "until": "2026-09-08T10:00"}
    assert post(operator(standing), "/silences/new", form | {field: "0001-01-01T00:00"}).status_code < 500


def test_ending_extending_and_undo(standing: Controller) -> None:
    who = technician(standing)
    post(who, "/silences/new", data=FORM)
    (shown,) = standing.silences.windows(SYSTEM)
    address = f"/silences/{shown.window.id}"
    assert post(who, f"{address}/extend", data={"hours": "4"}).status_code == 303
    assert standing.silences.window(SYSTEM, shown.window.id).window.until == NOW + 10 * HOUR_MS
    refused = post(who, f"{address}/extend", data={"hours": "24"}).headers["location"]
    assert "24 hours from now" in page(who, refused)
    ended = post(who, f"{address}/end")
    assert "Ended" in page(who, ended.headers["location"])
    assert post(who, f"{address}/resume").status_code == 303
    assert standing.silences.window(SYSTEM, shown.window.id).window.ended_at == 0


def test_what_people_write_is_shown_as_text(standing: Controller) -> None:
    who = operator(standing)
    post(who, "/silences/new", data={**FORM, "reason": SCRIPT})
    for path in ("/silences", "/silences/1", "/silences.csv"):
        told = page(who, path)
        assert SCRIPT not in told or path.endswith(".csv")


def test_others_see_what_covers_them_and_change_nothing(standing: Controller) -> None:
    post(operator(standing), "/silences/new", data={**FORM, "place": "d"})
    viewer = signed_in(standing, ScopeSpec(Role.VIEWER, "wu", site=NO_2))
    told = page(viewer, "/silences")
    assert "electricians" in told
    assert "End now" not in told
    assert "/silences/new" not in told
    assert viewer.get("/silences/new", headers={"Accept": "text/html"}).status_code == 403
    assert post(viewer, "/silences/1/end").status_code == 403
    post(operator(standing), "/silences/new", data=FORM)
    assert viewer.get("/silences/2", headers={"Accept": "text/html"}).status_code == 404


def test_what_comes_and_goes_is_listed(standing: Controller) -> None:
    alert = an_alert(standing)
    with writing(standing.engine) as session:
        session.get_one(AlertRow, alert).flapping_since = NOW - HOUR_MS
        session.add(FlappingRow(alert=alert, changes=42, score=5.0, changed_at=NOW - 60_000, is_bad=False))
    told = page(technician(standing), "/silences")
    assert "Comes and goes" in told
    assert "42" in told
    told = page(technician(standing), f"/alerts/{alert}")
    assert "comes and goes: 42 changes since" in told


def test_a_silence_that_hides_something_and_ends_soon_is_on_the_overview(standing: Controller) -> None:
    an_alert(standing)
    who = operator(standing)
    post(who, "/silences/new", data={**FORM, "until": "2026-09-07T10:40"})
    standing.alert_engine.tick(NOW + 1000)
    for path in ("/", "/alerts"):
        assert "A silence that hides 1 alert ends at" in page(who, path)
