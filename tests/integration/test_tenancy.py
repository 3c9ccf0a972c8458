"""Every route of the app: a caller of one school cannot tell whether the rest of the district exists.

Two controllers are asked the same, one with three sites, one with the caller's school alone; every answer must be equal to
the byte. Routes are taken from the app, so a new one that forgets its scope fails here, and so does one that answers
somebody who is not signed in without being listed as public below.
"""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image
from sqlmodel import select

from campus.configuration import ConfigurationText, encode_configuration
from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.newcomers import Newcomer, encode_newcomers
from campus.samples import DeviceKind, Document, DocumentKind
from controller.alerts.tables import AlertRow
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role, Scope
from controller.main import Controller, build_app
from controller.registry.database import reading, writing
from controller.rulings.model import Place
from controller.silences.model import Draft, Kind, Selector
from controller.store.port import Batch, DistrictSeries, FrameMark
from controller.workorders.model import Act, Command, Opening
from controller.workorders.terms import Contract
from tests.support.app_routes import AppRoute, app_routes
from tests.support.district import (
    BOARD_101,
    CENTRE,
    GATEWAY,
    MONDAY,
    NO_1,
    NO_2,
    NOW,
    UPLINK,
    address_of,
    centre_facts,
    enrolment,
    school_facts,
)
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

PUBLIC = {
    AppRoute("GET", "/api/docs"),
    AppRoute("GET", "/api/v1/health"),
    AppRoute("GET", "/api/v1/openapi.json"),
    AppRoute("GET", "/enter"),
    AppRoute("GET", "/metrics"),
    AppRoute("GET", "/ping"),
    AppRoute("GET", "/service-worker.js"),
    AppRoute("GET", "/r/{code}"),
    AppRoute("GET", "/sign-in"),
    AppRoute("POST", "/leave"),
    AppRoute("POST", "/r/{code}"),
}
"""Answered to anybody, on purpose: they name no school, no device and no person."""
PATH_CHOICES: dict[str, list[Any]] = {
    "site": [NO_1, NO_2, "no-such-school"],
    "device": [GATEWAY, "no-such-device"],
    "device_id": [GATEWAY, "no-such-device"],
    "alert_id": [1, 2, 3],
    "order_id": [1, 2, 3],
    "photo_id": [1, 2],
    "code": ["no-such-sticker"],
    "contract_id": [1],
    "silence_id:int": [1, 2, 3],
    "rest:path": ["nowhere"],
    "rule_id": ["device-unreachable", f"own@{NO_1}", f"own@{NO_2}", "no-such-rule"],
    "service": ["portal", "nothing"],
    "ticket": ["nothing"],
    "taken_at": [NOW],
}
ALWAYS_ASKED = {"q": "o", "metric": "if_in_bps", "device": GATEWAY, "port": UPLINK}
QUERIES: list[dict[str, str]] = [ALWAYS_ASKED | place for place in ({}, {"site": NO_1}, {"site": NO_2})]
INFLUXQL = {
    "db": "campus",
    "q": 'SHOW TAG VALUES WITH KEY =~ /.*/; SHOW SERIES CARDINALITY; SELECT mean(mean) FROM "1h"./.*/ GROUP BY *; '
    "SELECT last(value), device FROM /.*/; SELECT * FROM campanile_alert; SELECT * FROM campanile_maintenance",
}
"""For `/query`, whose `q` is no words to search for."""
LANGUAGES = ("en", "zh-CN", "en")
ALERT_OF = {NO_1: 1, NO_2: 2}
AGENT_OF = {site: DeviceId(address_of(site).agent) for site in ALERT_OF}
TECHNICIAN = ScopeSpec(Role.TECHNICIAN, "technician", site=NO_1)
OPERATOR = ScopeSpec(Role.OPERATOR, "operator", site=NO_1)
pytestmark = pytest.mark.slow


def furnish(controller: Controller, site: SiteId) -> None:
    """Devices, numbers and an open alert for a school."""
    controller.registry.learn_facts(address_of(site), school_facts(site), NOW)
    parts = (
        (GATEWAY, MetricId("if_in_bps"), Instance(UPLINK)),
        (GATEWAY, MetricId("if_out_bps"), Instance(UPLINK)),
        (BOARD_101, MetricId("power_state"), Instance("")),
        (GATEWAY, MetricId("service_state"), Instance("portal")),
        (GATEWAY, MetricId("service_response_ms"), Instance("portal")),
    )
    ids = controller.store.series_ids([DistrictSeries(site, *part) for part in parts])
    at = np.arange(MONDAY, NOW, 60_000, dtype=np.int64)
    value = np.tile(np.array([1e8, 2e8, 1.0, 2.0, 20.0]) * ALERT_OF[site], len(at))
    mark = FrameMark(site, address_of(site).agent, 1, 1)
    controller.store.append(Batch([mark], np.tile(ids, len(at)), np.repeat(at, len(ids)), value))
    alert = AlertRow(
        id=ALERT_OF[site],
        rule="device-unreachable",
        site=site,
        device=GATEWAY,
        metric="reachable",
        instance="",
        severity="major",
        opened_at=NOW - 60_000,
        value=0.0,
    )
    with writing(controller.engine) as session:
        session.add(alert)
    rule = replace(controller.alerts.rule("device-unreachable"), id="own", is_cause=False)
    controller.rulings.put_rule(SYSTEM, Place.school(site), rule, f"only {site} wants it")
    text = ConfigurationText(f"sysname {site}-gw-1")
    written = Document(GATEWAY, DocumentKind.CONFIGURATION, NOW, encode_configuration(text))
    controller.configurations.keep_document(address_of(site), written, NOW)
    stranger = Newcomer(key="serial X1", kind=DeviceKind.SWITCH, name=f"new-in-{site}", address="10.1.0.9")
    found = Document(AGENT_OF[site], DocumentKind.NEWCOMERS, NOW, encode_newcomers((stranger,)))
    controller.newcomers.keep_document(address_of(site), found, NOW)


def give_work(controller: Controller, site: SiteId) -> None:
    """An order with a photo, a silence and a contract; their ids are those of the school's alert when they come in that order."""
    noticed_at = NOW - (3 - ALERT_OF[site]) * 3_600_000
    fault = Opening(f"opening-{site}", site, device=GATEWAY, what="flickers", made_at=noticed_at)
    order = controller.workorders.open_order(Scope("technician", Role.TECHNICIAN), fault).order
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    controller.workorders.add_photo(Scope("technician", Role.TECHNICIAN), order.id, "photo", picture.getvalue())
    controller.workorders.command(Scope("technician", Role.TECHNICIAN), order.id, Command("claim", Act.CLAIM))
    first, last = date(2026, 9, 1), date(2031, 8, 31)
    window = Draft(
        Kind.MAINTENANCE, Selector(site=site, device=GATEWAY), NOW, NOW + 3_600_000, f"new gateway at {site}"
    )
    controller.silences.silence(Scope("technician", Role.TECHNICIAN), window)
    contract = Contract(0, f"Vendor of {site}", "Gateways", first, last, sites=(site,))
    controller.workorders.contracts.put_contract(SYSTEM, contract)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path / "whole", enrolment()) as controller:
        controller.registry.learn_facts(address_of(CENTRE), centre_facts(), NOW)
        furnish(controller, NO_2)
        furnish(controller, NO_1)
        give_work(controller, NO_1)
        give_work(controller, NO_2)
        yield controller


@pytest.fixture
def part(tmp_path: Path) -> Iterator[Controller]:
    everything = enrolment()
    alone = replace(everything, sites=everything.sites[1:2])
    with standing_controller(tmp_path / "part", alone) as controller:
        furnish(controller, NO_1)
        give_work(controller, NO_1)
        yield controller


def protected_gets(controller: Controller) -> list[str]:
    """Paths of the GET routes that need a sign-in."""
    found = [route.path for route in app_routes(build_app(controller)) if route.method == "GET" and route not in PUBLIC]
    assert len(found) > 35
    return found


def addresses(path: str) -> list[str]:
    """The route's path with every choice of its parameters; an unknown parameter is a `KeyError`: teach it above."""
    names = [piece.split("}")[0] for piece in path.split("{")[1:]]
    made = []
    for chosen in product(*(PATH_CHOICES[name] for name in names)):
        address = path
        for name, value in zip(names, chosen, strict=True):
            address = address.replace(f"{{{name}}}", str(value))
        made.append(address)
    return made


def test_a_school_is_told_the_same_whether_the_others_exist_or_not(whole: Controller, part: Controller) -> None:
    routes = protected_gets(whole)
    telling: set[str] = set()
    callers = [(signed_in(whole, who), signed_in(part, who)) for who in (TECHNICIAN, OPERATOR)]
    for (in_whole, in_part), path in product(callers, routes):
        for address, (query, language) in product(addresses(path), zip(QUERIES, LANGUAGES, strict=True)):
            headers = {"accept-language": language, "accept": "text/html,application/json"}
            asked = query | INFLUXQL if path == "/query" else query
            told = in_whole.get(address, params=asked, headers=headers)
            same = in_part.get(address, params=asked, headers=headers)
            assert (told.status_code, told.text) == (same.status_code, same.text), (address, query)
            assert told.status_code < 500, (address, query, told.text[:500])
            if told.is_success:
                telling.add(path)
    leading_elsewhere = {"/", "/place", "/{rest:path}"}  # who has one school is led to it
    assert set(routes) - telling == leading_elsewhere, "teach ALWAYS_ASKED what the others want to be asked"


def test_the_district_is_told_more(whole: Controller) -> None:
    """The comparison above means nothing unless there is something to hide."""
    one = signed_in(whole, TECHNICIAN)
    everything = signed_in(whole, ScopeSpec(Role.OPERATOR, "technician"))

    def is_told_more(path: str, query: dict[str, str]) -> bool:
        query = query | INFLUXQL if path == "/query" else query
        asked = [[who.get(address, params=query).text for address in addresses(path)] for who in (one, everything)]
        return asked[0] != asked[1]

    silent = {path for path in protected_gets(whole) if not is_told_more(path, QUERIES[0])}
    silent = {path for path in silent if not is_told_more(path, QUERIES[2])}
    assert silent <= {"/place", "/push/key"}, "each of these must have nothing of a school in it"


def test_nobody_gets_anything_without_signing_in(whole: Controller) -> None:
    stranger = Visitor(build_app(whole))
    routes = set(app_routes(build_app(whole)))
    assert routes >= PUBLIC, "what is listed as public must exist"
    for route in sorted(routes - PUBLIC):
        ask = stranger.get if route.method == "GET" else stranger.post
        for address in addresses(route.path):
            answer = ask(address, params=QUERIES[0])
            assert answer.status_code == 401, (route, answer.status_code)
            page = ask(address, params=QUERIES[0], headers={"accept": "text/html"})
            for_people = route.method == "GET" and not address.startswith("/api/")
            assert page.status_code == (303 if for_people else 401), route
            assert page.headers.get("location") == ("/sign-in" if for_people else None)


def test_what_is_public_names_no_school(whole: Controller) -> None:
    stranger = Visitor(build_app(whole))
    for route in sorted(PUBLIC):
        text = (stranger.get if route.method == "GET" else stranger.post)(route.path).text
        words = ("No. 1 Primary", "第一小学", "SN-GW", "出口网关", "10.1.0.1", "North Town")
        assert not [word for word in words if word in text], route


def test_a_school_changes_nothing_of_the_others(whole: Controller) -> None:
    visitor = signed_in(whole, TECHNICIAN)
    posts = [route for route in app_routes(build_app(whole)) if route.method == "POST" and "alert_id" in route.path]
    assert len(posts) == 7
    for route in posts:
        for alert_id in (2, 3):
            refused = visitor.post(
                route.path.replace("{alert_id}", str(alert_id)), headers={"sec-fetch-site": "same-origin"}
            )
            assert refused.status_code == 404, route
    with reading(whole.engine) as session:
        acknowledged = {row.id: row.acknowledged_by for row in session.exec(select(AlertRow))}
    assert acknowledged == {1: "", 2: ""}


def test_a_viewer_sees_and_may_not_acknowledge(whole: Controller) -> None:
    viewer = signed_in(whole, ScopeSpec(Role.VIEWER, "viewer", site=NO_1))
    assert viewer.get("/api/v1/alerts/1").status_code == 200
    same_origin = {"sec-fetch-site": "same-origin"}
    assert viewer.post("/api/v1/alerts/1/acknowledge", headers=same_origin).status_code == 403
    technician = signed_in(whole, TECHNICIAN)
    told = technician.post("/api/v1/alerts/1/acknowledge", headers=same_origin)
    assert (told.status_code, told.json()["acknowledged_by"]) == (200, "technician")
    assert technician.post("/api/v1/alerts/1/unacknowledge", headers=same_origin).json()["acknowledged_by"] == ""
    assert technician.post("/api/v1/alerts/1/acknowledge").status_code == 403, "without a sign of our own page"
