"""The page of devices nobody has registered: what was found, how to take it in, ignoring with undo; safe whatever devices say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.ids import DeviceId, SiteId
from campus.newcomers import Confidence, Evidence, Newcomer, encode_newcomers
from campus.samples import DeviceFacts, DeviceKind, Document, DocumentKind
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller
from tests.support.district import NO_1, NO_2, NOW, address_of, enrolment
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import BASE_URL, Visitor

SWITCH = Newcomer(
    key="serial SW-9",
    kind=DeviceKind.SWITCH,
    confidence=Confidence.CERTAIN,
    name="sw-9",
    vendor="H3C",
    model="S5130",
    serial="SW-9",
    address="10.1.0.9",
    place_device="sw-1",
    place_port="GE0/0/4",
    evidence=(Evidence("snmp", "sysDescr H3C Comware"), Evidence("place_lldp")),
    section="devices",
    entry="# H3C S5130\n- {id: sw-9, address: 10.1.0.9, credential: read}",
)
SAME_PAGE = {"Origin": BASE_URL}
SCRIPT = "<script>alert(1)</script>"
PUBLISHER = Newcomer(key=f"topic {SCRIPT}", name=SCRIPT, sample=SCRIPT, evidence=(Evidence(SCRIPT, SCRIPT),))


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        yield controller


def tell(controller: Controller, site: SiteId, *newcomers: Newcomer) -> None:
    document = Document(DeviceId(site), DocumentKind.NEWCOMERS, NOW, encode_newcomers(newcomers))
    controller.newcomers.keep_document(address_of(site), document, NOW)


def technician(controller: Controller) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.TECHNICIAN, "wang", organisation="bureau"))


def page(who: Visitor, path: str = "/newcomers", language: str = "en") -> str:
    answer = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def test_a_newcomer_is_told_with_its_place_its_proofs_and_the_lines_to_add(standing: Controller) -> None:
    tell(standing, NO_1, SWITCH)
    told = page(technician(standing))
    for words in (
        "No. 1 Primary School",
        "recognised",
        "H3C S5130",
        "sw-1",
        "GE0/0/4",
        "Answers SNMP",
        "known by LLDP",
    ):
        assert words in told
    assert "  - {id: sw-9, address: 10.1.0.9, credential: read}" in told
    assert "已识别" in page(technician(standing), language="zh-CN")


def test_a_newcomer_behind_a_gateway_is_told_to_hang_on_it(standing: Controller) -> None:
    sensor = Newcomer(key="serial AQ-1", place_device="Zigbee2MQTT", evidence=(Evidence("place_mqtt"),))
    tell(standing, NO_1, sensor)
    told = page(technician(standing))
    assert "Zigbee2MQTT" in told
    assert "heard through this MQTT gateway" in told


def test_a_newcomer_leaves_the_page_once_it_is_registered(standing: Controller) -> None:
    tell(standing, NO_1, SWITCH)
    assert "H3C S5130" in page(technician(standing))
    facts = DeviceFacts(DeviceId("sw-9"), DeviceKind.SWITCH, NOW, serial="SW-9")
    standing.registry.learn_facts(address_of(NO_1), [facts], NOW)
    assert "H3C S5130" not in page(technician(standing))


def test_whatever_a_device_says_is_text(standing: Controller) -> None:
    tell(standing, NO_1, PUBLISHER)
    told = page(technician(standing))
    assert "<script>alert" not in told
    assert told.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_ignored_ones_leave_the_list_and_come_back(standing: Controller) -> None:
    tell(standing, NO_1, SWITCH)
    who = technician(standing)
    answer = who.post("/newcomers/ignore", data={"of": NO_1, "key": SWITCH.key}, headers=SAME_PAGE)
    assert answer.status_code == 303
    after = page(who, answer.headers["location"])
    assert "sw-9 is not listed any more" in after
    assert "Every device that was found is registered" in after
    assert "Ignored by wang" in page(who, "/newcomers?show=ignored")
    who.post("/newcomers/unignore", data={"of": NO_1, "key": SWITCH.key}, headers=SAME_PAGE)
    assert "S5130" in page(who)


def test_a_viewer_looks_and_does_not_act(standing: Controller) -> None:
    tell(standing, NO_1, SWITCH)
    viewer = signed_in(standing, ScopeSpec(Role.VIEWER, "li", organisation="bureau"))
    assert "/newcomers/ignore" not in page(viewer)
    assert viewer.post("/newcomers/ignore", data={"of": NO_1, "key": SWITCH.key}, headers=SAME_PAGE).status_code == 403


def test_a_school_is_chosen_and_others_stay_hidden(standing: Controller) -> None:
    tell(standing, NO_1, SWITCH)
    tell(standing, NO_2, PUBLISHER)
    assert "S5130" not in page(technician(standing), f"/newcomers?site={NO_2}")
    north = signed_in(standing, ScopeSpec(Role.TECHNICIAN, "zhao", organisation="north-town"))
    assert "alert(1)" not in page(north)
    assert (
        north.post("/newcomers/ignore", data={"of": NO_2, "key": PUBLISHER.key}, headers=SAME_PAGE).status_code == 404
    )


def test_the_list_of_devices_counts_them(standing: Controller) -> None:
    assert "1 device nobody has registered" not in page(technician(standing), "/devices")
    tell(standing, NO_1, SWITCH)
    assert "1 device nobody has registered" in page(technician(standing), "/devices")


def test_a_spreadsheet_has_them_all_and_runs_nothing(standing: Controller) -> None:
    tell(standing, NO_1, SWITCH, Newcomer(key="name =cmd", name="=cmd|' /C calc'!A0"))
    sheet = technician(standing).get("/newcomers.csv").text
    assert "SW-9" in sheet
    assert "'=cmd" in sheet
