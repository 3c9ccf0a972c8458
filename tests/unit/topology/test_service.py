"""The service over a real registry: documents kept once, links answered in scope, moves noticed, what is gone remembered."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Document, DocumentKind
from campus.stations import Heard, StationTables, encoded
from controller.identity.scope import NotFound
from controller.topology.model import End, Placement
from controller.topology.service import TopologyService
from tests.support.district import (
    BOARD_101,
    DISTRICT_SCOPE,
    GATEWAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    SWITCH,
    ReadyRegistry,
    address_of,
    ready_registry,
    school_facts,
)

BOARD_MAC = "00e0fc0000b1"
MINUTE_MS = 60_000


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ReadyRegistry]:
    ready = ready_registry(tmp_path)
    board = next(each for each in school_facts(NO_1) if each.device == BOARD_101)
    ready.service.learn_facts(address_of(NO_1), [replace(board, macs=(BOARD_MAC,))], NOW)
    yield ready
    ready.engine.dispose()


@pytest.fixture
def topology(registry: ReadyRegistry) -> TopologyService:
    return TopologyService(registry.engine, registry.service, registry.clock)


def heard_on(port: str, at: int, device: DeviceId = SWITCH) -> Document:
    return Document(device, DocumentKind.STATIONS, at, encoded(StationTables((Heard(port, 1, (BOARD_MAC,)),))))


def keep(topology: TopologyService, document: Document) -> None:
    topology.keep_document(address_of(NO_1), document, document.observed_at)


def test_facts_and_tables_together_say_what_hangs_on_what(topology: TopologyService) -> None:
    keep(topology, heard_on("GE0/0/1", NOW))
    links = {(link.one, link.other) for link in topology.links(NO_1_SCOPE, NO_1)}
    assert links == {
        (End(GATEWAY, "GigabitEthernet0/0/2"), End(SWITCH, "GE0/0/24")),
        (End(BOARD_101), End(SWITCH, "GE0/0/1")),
    }
    assert [step.parent for step in topology.path(NO_1_SCOPE, NO_1, BOARD_101)] == [SWITCH, GATEWAY]
    assert topology.on_ports(NO_1_SCOPE, NO_1, SWITCH) == {"GE0/0/1": (BOARD_101,), "GE0/0/24": (GATEWAY,)}
    assert topology.parents(NO_1_SCOPE, NO_1) == {SWITCH: (GATEWAY,), BOARD_101: (SWITCH,)}
    assert topology.conflicts(NO_1_SCOPE, NO_1) == ()


def test_a_school_that_is_not_the_callers_is_not_found(topology: TopologyService) -> None:
    with pytest.raises(NotFound):
        topology.site(NO_2_VIEWER, NO_1)
    assert topology.links(NO_2_VIEWER, NO_2) == topology.links(DISTRICT_SCOPE, NO_2) != ()


def test_a_document_counts_once_and_an_older_one_not_at_all(topology: TopologyService) -> None:
    for document in (heard_on("GE0/0/2", NOW), heard_on("GE0/0/2", NOW), heard_on("GE0/0/1", NOW - 1)):
        keep(topology, document)
    assert topology.on_ports(NO_1_SCOPE, NO_1, SWITCH)["GE0/0/2"] == (BOARD_101,)
    assert topology.counts == {"tables_kept": 1, "tables_old": 2}


def test_what_is_no_table_is_poison(topology: TopologyService) -> None:
    with pytest.raises(Poison):
        keep(topology, Document(SWITCH, DocumentKind.STATIONS, NOW, b"{"))
    assert topology.site(NO_1_SCOPE, NO_1).topology.strangers == {}


def test_tables_of_a_device_nobody_knows_wait_for_it(topology: TopologyService, registry: ReadyRegistry) -> None:
    keep(topology, heard_on("1", NOW, DeviceId("sw-9")))
    assert DeviceId("sw-9") not in topology.parents(NO_1_SCOPE, NO_1)
    facts = DeviceFacts(DeviceId("sw-9"), DeviceKind.SWITCH, NOW)
    registry.service.learn_facts(address_of(NO_1), [facts], NOW)
    assert topology.on_ports(NO_1_SCOPE, NO_1, DeviceId("sw-9")) == {"1": (BOARD_101,)}


def test_moves_are_noticed_once_with_where_it_hung_before(topology: TopologyService) -> None:
    keep(topology, heard_on("GE0/0/1", NOW))
    topology.refresh(NOW + 1)
    assert topology.site(NO_1_SCOPE, NO_1).placed[BOARD_101] == Placement(End(SWITCH, "GE0/0/1"), NOW + 1)
    keep(topology, heard_on("GE0/0/2", NOW + MINUTE_MS))
    topology.refresh(NOW + MINUTE_MS)
    topology.refresh(NOW + 2 * MINUTE_MS)
    moved = Placement(End(SWITCH, "GE0/0/2"), NOW + MINUTE_MS, End(SWITCH, "GE0/0/1"))
    assert topology.site(NO_1_SCOPE, NO_1).placed[BOARD_101] == moved
    assert topology.counts["moves"] == 1


def test_a_neighbour_that_went_silent_is_known_by_the_next_process(
    topology: TopologyService, registry: ReadyRegistry
) -> None:
    facts = {each.device: each for each in school_facts(NO_1)}
    registry.service.learn_facts(address_of(NO_1), [facts[SWITCH], facts[GATEWAY]], NOW)
    topology.refresh(NOW)
    silent = [replace(facts[device], neighbours=(), observed_at=NOW + MINUTE_MS) for device in (SWITCH, GATEWAY)]
    registry.service.learn_facts(address_of(NO_1), silent, NOW + MINUTE_MS)
    again = TopologyService(registry.engine, registry.service, registry.clock)
    again.refresh(NOW + MINUTE_MS)
    assert again.on_ports(NO_1_SCOPE, NO_1, SWITCH) == {"GE0/0/24": (GATEWAY,)}


def test_a_site_that_invents_devices_is_stopped_and_its_known_ones_go_on(
    topology: TopologyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.topology.service.MOST_TELLERS", 2)
    for device in ("ghost-1", "ghost-2"):
        keep(topology, heard_on("GE0/0/1", NOW, DeviceId(device)))
    with pytest.raises(Poison, match="tables of 2 devices already"):
        keep(topology, heard_on("GE0/0/1", NOW, DeviceId("ghost-3")))
    keep(topology, heard_on("GE0/0/2", NOW + MINUTE_MS, DeviceId("ghost-2")))
    assert topology.counts["tables_kept"] == 3
