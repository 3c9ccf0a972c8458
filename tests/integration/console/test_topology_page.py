"""The network map over a real controller: drawn, as a table, as CSV; on the device's page and in alerts; escaped."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import Document, DocumentKind, Event, Neighbour, Severity
from campus.stations import Heard, StationTables, encoded
from campus.topics import Address
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller, build_app
from controller.store.port import FrameMark
from tests.support.lively_district import close, lively_district
from tests.support.visitor import Visitor

SITE = SiteId("no-1-primary")
SCHOOL = f"/sites/{SITE}"
ADDRESS = Address(SITE, AgentId(SITE))
MAC = "00e0fc0000b1"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    made = lively_district(tmp_path_factory.mktemp("district"), schools=2, days=1)
    registry, address = made.registry, ADDRESS
    devices = {device.id: device.facts for device in registry.devices(SYSTEM, SITE)}
    switch, board = devices[DeviceId("sw-1")], devices[DeviceId("board-101")]
    linked = {neighbour.local_port for neighbour in switch.neighbours}
    free, other = [port.instance for port in switch.ports if port.instance not in linked][:2]
    evil = Neighbour(other, EVIL, "1")
    now = made.clock()
    registry.learn_facts(
        address, [replace(board, macs=(MAC,)), replace(switch, neighbours=(*switch.neighbours, evil))], now
    )
    tables = StationTables((Heard(free, 1, (MAC,)),))
    made.topology.keep_document(address, Document(switch.device, DocumentKind.STATIONS, now, encoded(tables)), now)
    made.topology.refresh(now)
    yield made
    close(made)


@pytest.fixture
def visitor(controller: Controller) -> Visitor:
    found = Visitor(build_app(controller))
    found.enter(controller.identity.create_link(ScopeSpec(Role.OPERATOR, "wang"), controller.clock()))
    return found


def ask(who: Visitor, path: str) -> str:
    return unquote(who.get(path, headers={"Accept": "text/html"}).text)


def port_of(controller: Controller) -> str:
    return controller.topology.site(SYSTEM, SITE).placed[DeviceId("board-101")].place.port


def test_the_map_shows_each_placed_device_and_nothing_a_device_says_is_markup(visitor: Visitor) -> None:
    page = ask(visitor, f"{SCHOOL}/topology")
    assert f'href="{SCHOOL}/devices/board-101"' in page
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert f'href="{SCHOOL}/topology"' in ask(visitor, SCHOOL)
    assert visitor.get("/sites/nowhere/topology").status_code == 404


def test_the_table_is_a_spreadsheet_too(visitor: Visitor, controller: Controller) -> None:
    rows = visitor.get(f"{SCHOOL}/topology.csv").text.splitlines()
    board = next(row for row in rows if ",board-101," in row)
    assert port_of(controller) in board
    assert "0.8" in board


def test_a_device_says_where_it_hangs_and_a_port_what_hangs_on_it(visitor: Visitor, controller: Controller) -> None:
    board = controller.registry.device(SYSTEM, SITE, DeviceId("board-101"))
    assert f"devices/sw-1?port={port_of(controller)}" in ask(visitor, f"{SCHOOL}/devices/board-101")
    assert board.name in ask(visitor, f"{SCHOOL}/devices/sw-1")


def test_an_alert_of_a_port_names_what_hangs_on_it(visitor: Visitor, controller: Controller) -> None:
    event = Event(
        DeviceId("sw-1"), controller.clock(), "link_down", severity=Severity.MAJOR, instance=port_of(controller)
    )
    controller.alert_engine.note_events(ADDRESS, FrameMark(SITE, ADDRESS.agent, 99, 1), [event])
    controller.alert_engine.tick(controller.clock())
    board = controller.registry.device(SYSTEM, SITE, DeviceId("board-101"))
    alerts = ask(visitor, f"/alerts?state=all&site={SITE}")
    assert f"{port_of(controller)} (to {board.name})" in alerts or f"{port_of(controller)}（接 {board.name}）" in alerts
