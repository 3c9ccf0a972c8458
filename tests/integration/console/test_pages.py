"""Every page renders on a living district, in both languages, for every role, and says what is true."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from campus.errors import Transient
from campus.ids import AgentId, DeviceId, SiteId
from campus.metrics import catalogue
from campus.samples import Event, Severity
from campus.topics import Address
from controller.console.language import Language, texts
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller, build_app
from controller.store.port import FrameMark
from tests.support.lively_district import close, lively_district
from tests.support.visitor import Visitor

SCHOOL = "/sites/no-1-primary"
PAGES = [
    "/",
    SCHOOL,
    "/sites/centre",
    f"{SCHOOL}/topology",
    f"{SCHOOL}/topology?open=sw-1,nothing",
    "/sites/centre/topology",
    f"{SCHOOL}/devices/gw-1",
    f"{SCHOOL}/devices/sw-1?period=7d&port=GE0/0/1",
    f"{SCHOOL}/devices/board-101?period=1h",
    f"{SCHOOL}/devices/kitchen-1?metric=gas_percent_lel",
    f"{SCHOOL}/devices/ups-1",
    f"{SCHOOL}/devices/printer-1?period=30d",
    f"{SCHOOL}/devices/no-1-primary",
    "/devices",
    "/devices?site=no-2-primary&kind=board&health=good&text=大屏",
    "/devices?text=nothing-is-called-so",
    "/newcomers",
    "/profiles",
    "/profiles?kind=ups&text=Huawei",
    "/profiles?text=nothing-is-called-so",
    "/alerts",
    "/alerts?state=all&severity=critical&site=no-1-primary",
    "/alerts?state=cleared",
    "/alerts/1",
    "/mine",
    "/more",
    "/mine/orders",
    "/mine/orders?show=late",
    "/scan",
    "/scan?code=nothing-is-called-so",
    "/scan?site=no-1-primary&device=printer-1",
    "/network",
    "/network?site=no-1-primary&period=24h&sort=site&order=up",
    "/network/no-1-primary",
    "/delivery",
    "/delivery?only=1&sort=oldest&order=up",
    "/delivery?site=no-2-primary&sort=site",
    "/utilisation",
    "/utilisation?site=no-1-primary&period=7d&every=1",
    "/settings",
    "/telling",
    "/search?q=班",
    "/search?q=",
    "/search?q=nothing-is-called-so",
    "/search/answers?q=10.1",
]
LANGUAGES = {"en": Language.EN, "zh-CN": Language.ZH}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    made = lively_district(tmp_path_factory.mktemp("district"), schools=3, days=2)
    yield made
    close(made)


@pytest.fixture(scope="module")
def app(controller: Controller) -> FastAPI:
    return build_app(controller)


def visitor(app: FastAPI, controller: Controller, spec: ScopeSpec | None = None) -> Visitor:
    found = Visitor(app)
    token = controller.identity.create_link(spec or ScopeSpec(Role.OPERATOR, "wang"), controller.clock())
    assert found.enter(token).status_code == 303
    return found


@pytest.fixture(scope="module")
def operator(app: FastAPI, controller: Controller) -> Visitor:
    return visitor(app, controller)


def ask(who: Visitor, path: str, language: str = "en") -> str:
    response = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert response.status_code == 200, (path, response.text[:300])
    return response.text


def words(html: str) -> str:
    """What a person reads: no tags, no attributes but titles and labels."""
    shown = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"]*)"', html)
    return " ".join([re.sub(r"<[^>]+>", " ", html), *shown])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_one_language_and_no_jargon(operator: Visitor, path: str, language: str) -> None:
    html = ask(operator, path, language)
    assert "answers" in path or f'<html lang="{LANGUAGES[language]}"' in html
    said = words(html)
    rooms = {key.partition(".")[0] for key in texts()}
    untranslated = [key for key in re.findall(r"\b[a-z_]+\.[a-z0-9_]{3,}\b", said) if key.partition(".")[0] in rooms]
    assert untranslated == []
    metric_ids = [metric for metric in catalogue() if "_" in metric and re.search(rf"\b{metric}\b", said)]
    assert metric_ids == []
    assert not re.search(r"\b1(?:\.\d+){5,}\b", said), "an OID"
    assert not re.search(r"\bnan\b|\bNone\b|Traceback", said)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_to_the_content_policy(operator: Visitor, path: str) -> None:
    response = operator.get(path, headers={"Accept": "text/html"})
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son[a-z]+=|\sstyle=|<style|https?://(?!www\.w3\.org)", response.text)


def test_the_overview_says_how_it_is_in_one_line(operator: Visitor) -> None:
    assert "1 of 3 schools is cut off" in ask(operator, "/")
    chinese = ask(operator, "/", "zh-CN")
    assert "3 所学校中有 1 所断网" in chinese
    assert "第一小学" in chinese


def test_filters_stand_in_the_address_and_in_the_spreadsheet(operator: Visitor) -> None:
    html = ask(operator, "/devices?site=no-2-primary&kind=board")
    assert html.count("/devices/board-") == 6
    assert 'href="/devices.csv?site=no-2-primary&amp;kind=board"' in html
    sheet = operator.get("/devices.csv?site=no-2-primary&kind=board")
    assert sheet.headers["content-disposition"] == 'attachment; filename="devices.csv"'
    assert len(sheet.text.splitlines()) == 1 + 6
    assert len(operator.get("/network.csv").text.splitlines()) == 1 + 2 * 3
    assert len(operator.get("/utilisation.csv?site=no-1-primary").text.splitlines()) == 1 + 6


def test_the_place_stays_while_one_moves(operator: Visitor) -> None:
    html = ask(operator, "/alerts?site=no-2-primary")
    assert 'href="/devices?site=no-2-primary"' in html
    assert 'href="/sites/no-2-primary" aria-current' not in html
    moved = operator.get("/place?site=no-1-primary&task=network")
    assert moved.headers["location"] == "/network?site=no-1-primary"
    assert operator.get("/place?site=&task=overview").headers["location"] == "/"


def test_acknowledging_is_seen_and_can_be_undone(operator: Visitor) -> None:
    assert 'action="/alerts/1/acknowledge"' in ask(operator, "/alerts/1")
    done = operator.post("/alerts/1/acknowledge", headers={"Origin": "http://127.0.0.1:8080"})
    assert (done.status_code, done.headers["location"]) == (303, "/alerts/1?said=1")
    after = ask(operator, done.headers["location"])
    assert "wang takes care of it" in after
    assert "wang acknowledged it." in after
    undone = operator.post(
        "/alerts/1/unacknowledge", data={"back": "list"}, headers={"Origin": "http://127.0.0.1:8080"}
    )
    assert undone.headers["location"] == "/alerts"
    assert "takes care of it" not in ask(operator, "/alerts/1")


def test_what_follows_from_a_cut_stands_behind_it(operator: Visitor) -> None:
    html = ask(operator, "/alerts?site=no-3-primary")
    assert "The school is cut off" in html
    assert "alerts that only follow from the one above" in html
    assert html.count('class="button">Acknowledge') == 1


def test_a_chart_carries_both_directions(operator: Visitor) -> None:
    source = f"{SCHOOL}/devices/gw-1/chart?metric=if_in_bps&mirror=if_out_bps&instance=GigabitEthernet0/0/1&period=24h"
    picture = operator.get(source).json()
    assert [series["role"] for series in picture["series"]] == ["in", "out"]
    assert len(picture["series"][0]["points"]) > 200
    assert operator.get(f"{SCHOOL}/devices/gw-1/chart?metric=no_such_metric").status_code == 404
    assert operator.get("/network/no-1-primary/spark.svg?device=gw-1&port=GigabitEthernet0/0/1").status_code == 200
    assert operator.get("/network/no-1-primary/spark.svg?device=gw-1&port=nope").status_code == 404


def test_a_technician_sees_one_school_and_lands_there(app: FastAPI, controller: Controller) -> None:
    technician = visitor(app, controller, ScopeSpec(Role.TECHNICIAN, "li", site=SiteId("no-1-primary")))
    assert technician.get("/").headers["location"] == "/sites/no-1-primary"
    for elsewhere in ("/sites/no-2-primary", "/devices?site=no-2-primary", "/network/no-2-primary"):
        response = technician.get(elsewhere, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert response.status_code == 404
        assert "There is no such page for you" in response.text
    assert "no-2-primary" not in ask(technician, "/devices")


def test_a_viewer_may_look_and_is_told_why_not_more(app: FastAPI, controller: Controller) -> None:
    viewer = visitor(app, controller, ScopeSpec(Role.VIEWER, "bureau"))
    assert "/acknowledge" not in ask(viewer, "/alerts/1")
    refused = viewer.post(
        "/alerts/1/acknowledge",
        headers={"Origin": "http://127.0.0.1:8080", "Accept": "text/html", "Accept-Language": "en"},
    )
    assert refused.status_code == 403
    assert "Your role here is viewer" in refused.text


def test_a_stranger_is_shown_the_way_in(app: FastAPI) -> None:
    response = Visitor(app).get("/devices", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
    assert Visitor(app).get(f"{SCHOOL}/devices/gw-1/chart?metric=cpu_percent").status_code == 401


def test_language_and_theme_are_remembered_and_lead_nowhere_else(app: FastAPI, controller: Controller) -> None:
    who = visitor(app, controller)
    ours = {"Origin": "http://127.0.0.1:8080"}
    who.post("/settings/language", data={"language": "en", "back": "/devices?kind=board"}, headers=ours)
    who.post("/settings/theme", data={"theme": "dark"}, headers=ours)
    html = ask(who, "/", "zh-CN")
    assert '<html lang="en" data-wish="dark" data-theme="dark">' in html
    away = who.post("/settings/language", data={"language": "zh-CN", "back": "//evil.example"}, headers=ours)
    assert away.headers["location"] == "/"


def test_an_address_that_leads_nowhere_gets_a_page(operator: Visitor) -> None:
    response = operator.get("/no/such/page", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert response.status_code == 404
    assert "There is no such page for you" in response.text


@pytest.mark.parametrize("path", ["/alerts/first", "/orders/mine", "/rules?page=last", "/alerts?page=last"])
def test_an_address_that_was_mistyped_gets_no_list_of_fields(operator: Visitor, path: str) -> None:
    response = operator.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert response.status_code in {200, 404}
    assert response.headers["content-type"].startswith("text/html")


class BrokenTelemetry:
    """A telemetry service whose store does not answer."""

    def __getattr__(self, name: str) -> object:
        raise Transient("the store is away")


class Failing:
    """A controller some of whose services are away."""

    def __init__(self, controller: Controller, **away: object) -> None:
        self._controller, self._away = controller, away

    def __getattr__(self, name: str) -> object:
        return self._away.get(name, getattr(self._controller, name))


def test_a_failed_service_costs_its_part_of_the_page_only(controller: Controller) -> None:
    failing = Failing(controller, telemetry=BrokenTelemetry())
    who = visitor(build_app(failing), controller)  # type: ignore[arg-type]
    html = ask(who, f"{SCHOOL}/devices/gw-1")
    assert "The newest values could not be loaded" in html
    assert "Huawei" in html
    broken = who.get("/", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert broken.status_code == 200
    overview_away = Failing(controller, overview=BrokenTelemetry())
    lost = visitor(build_app(overview_away), controller)  # type: ignore[arg-type]
    page = lost.get("/", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert page.status_code == 503
    assert "This page cannot be shown right now" in page.text


def test_what_a_device_told_by_itself_stands_on_its_page(operator: Visitor, controller: Controller) -> None:
    switch, now = DeviceId("sw-1"), controller.clock()
    events = [
        Event(switch, now - 2000, "link_down", "端口 GE0/0/9 断开 / Port GE0/0/9 went down", instance="GE0/0/9"),
        Event(switch, now - 1000, "door_open", "<b>front</b>"),
    ]
    assert "What the device reported" not in ask(operator, f"{SCHOOL}/devices/gw-1")
    address = Address(SiteId("no-1-primary"), AgentId("no-1-primary"))
    controller.alert_engine.note_events(address, FrameMark(address.site, address.agent, 9, 9), events)
    page = ask(operator, f"{SCHOOL}/devices/sw-1")
    assert "A port went down · GE0/0/9" in page
    assert "Reported by the device: door open" in page
    assert "&lt;b&gt;front" in page
    assert "端口断开 · GE0/0/9" in ask(operator, f"{SCHOOL}/devices/sw-1", "zh-CN")


def test_an_alert_of_what_a_device_told_says_what_it_told(operator: Visitor, controller: Controller) -> None:
    switch, now = DeviceId("sw-1"), controller.clock()
    text = "新增 4 行，操作人：admin / 4 lines added, by admin"
    told = [Event(switch, now - 500, "somebody_was_here", text, Severity.MAJOR)]
    address = Address(SiteId("no-1-primary"), AgentId("no-1-primary"))
    controller.alert_engine.note_events(address, FrameMark(address.site, address.agent, 9, 10), told)
    controller.alert_engine.tick(now)
    alert = next(each for each in controller.alerts.alerts(SYSTEM) if "somebody_was_here" in each.rule)
    page = ask(operator, f"/alerts/{alert.id}")
    assert page.count("4 lines added, by admin") >= 2  # why it is thought so, and in the history
    assert "fell silent" not in page
    assert "新增 4 行" in ask(operator, f"/alerts/{alert.id}", "zh-CN")
