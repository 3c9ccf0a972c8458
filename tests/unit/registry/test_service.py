"""The registry on a real SQLite file: who is enrolled, what is known, who may see it."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind, PortFacts
from campus.topics import Address
from controller.identity.scope import SYSTEM, Denied, NotFound
from controller.registry.enrolment import Enrolment, RoomEntry
from controller.registry.model import Link
from controller.registry.service import RegistryService
from tests.support import district
from tests.support.district import DISTRICT_SCOPE, GATEWAY, NO_1, NO_1_SCOPE, NO_2, NOW, ReadyRegistry, ready_registry


@pytest.fixture
def ready(tmp_path: Path) -> ReadyRegistry:
    return ready_registry(tmp_path)


def test_the_district_is_listed_whole_to_who_may_see_it(ready: ReadyRegistry) -> None:
    service = ready.service
    assert [site.id for site in service.sites(DISTRICT_SCOPE)] == ["centre", "no-1-primary", "no-2-primary"]
    assert {org.id for org in service.organisations(DISTRICT_SCOPE)} == {"bureau", "north-town", "south-town"}
    assert len(service.devices(DISTRICT_SCOPE)) == 14
    assert service.links(DISTRICT_SCOPE) == [
        Link(NO_1, GATEWAY, district.UPLINK, 1e9),
        Link(NO_2, GATEWAY, district.UPLINK, 1e9),
    ]
    assert [agent.site for agent in service.agents(DISTRICT_SCOPE)] == list(district.SITES)


def test_a_school_sees_itself_and_what_stands_above_it(ready: ReadyRegistry) -> None:
    service = ready.service
    assert [site.id for site in service.sites(NO_1_SCOPE)] == [NO_1]
    assert {org.id for org in service.organisations(NO_1_SCOPE)} == {"bureau", "north-town"}
    assert {device.site for device in service.devices(NO_1_SCOPE)} == {NO_1}
    with pytest.raises(NotFound) as outside:
        service.site(NO_1_SCOPE, NO_2)
    with pytest.raises(NotFound) as nowhere:
        service.site(DISTRICT_SCOPE, SiteId("no-99"))
    assert str(outside.value) == str(nowhere.value)


def test_devices_are_chosen_by_site_kind_and_room(ready: ReadyRegistry) -> None:
    boards = ready.service.devices(DISTRICT_SCOPE, kind=DeviceKind.BOARD)
    assert [(board.site, board.id) for board in boards] == [
        (NO_1, "board-101"),
        (NO_1, "board-102"),
        (NO_2, "board-101"),
        (NO_2, "board-102"),
    ]
    assert [d.id for d in ready.service.devices(DISTRICT_SCOPE, site=NO_1, room="r-net")] == ["gw-1", "sw-1"]


def test_some_devices_are_asked_for_by_name(ready: ReadyRegistry) -> None:
    wanted = [(NO_1, GATEWAY), (NO_2, GATEWAY), (NO_1, DeviceId("nothing"))]
    found = ready.service.devices_of(DISTRICT_SCOPE, wanted)
    assert {key: (device.site, device.id) for key, device in found.items()} == {key: key for key in wanted[:2]}
    assert list(ready.service.devices_of(NO_1_SCOPE, wanted)) == wanted[:1]
    assert ready.service.devices_of(DISTRICT_SCOPE, []) == {}
    many = [*((NO_1, DeviceId(f"nothing-{number}")) for number in range(1_200)), wanted[0]]
    assert list(ready.service.devices_of(DISTRICT_SCOPE, many)) == wanted[:1]


def test_kinds_are_known_by_heart(ready: ReadyRegistry) -> None:
    listed = {device.id: device.kind for device in ready.service.devices(DISTRICT_SCOPE, NO_1)}
    assert ready.service.device_kinds(NO_1_SCOPE, NO_1) == listed
    assert ready.service.device_kinds(NO_1_SCOPE, NO_2) == {}


def test_new_devices_are_those_among_older_ones(ready: ReadyRegistry) -> None:
    service, first_seen_at = ready.service, ready.service.device(DISTRICT_SCOPE, NO_1, GATEWAY).first_seen_at
    assert service.new_devices(DISTRICT_SCOPE, first_seen_at) == []  # everything is new
    service.learn_facts(district.address_of(NO_1), [DeviceFacts(DeviceId("new-1"), DeviceKind.BOARD, NOW)], NOW + 5_000)
    new = service.new_devices(DISTRICT_SCOPE, first_seen_at + 1)
    assert [(device.site, device.id, device.first_seen_at) for device in new] == [(NO_1, "new-1", NOW + 5_000)]
    assert service.new_devices(replace(DISTRICT_SCOPE, sites=frozenset({NO_2})), first_seen_at + 1) == []
    assert "new-1" in service.device_ids(NO_1_SCOPE, NO_1)
    assert service.device_ids(NO_1_SCOPE, NO_2) == []


def test_a_device_keeps_its_facts_whole(ready: ReadyRegistry) -> None:
    told = district.school_facts(NO_1)[0]
    device = ready.service.device(NO_1_SCOPE, NO_1, GATEWAY)
    assert device.facts == told
    assert (device.name, device.room, str(device.agent)) == ("出口网关 1", "r-net", "no-1-primary")
    assert (device.first_seen_at, device.last_seen_at) == (NOW, NOW)


def test_facts_told_again_replace_the_old_ones(ready: ReadyRegistry) -> None:
    address = district.address_of(NO_1)
    told = district.school_facts(NO_1)[0]
    news = DeviceFacts(
        GATEWAY, DeviceKind.GATEWAY, NOW + 1, name="新网关", room="r101", ports=(PortFacts("XGE0", mac="aabbccddeeff"),)
    )
    ready.service.learn_facts(address, [told, news], NOW + 5)
    device = ready.service.device(SYSTEM, NO_1, GATEWAY)
    assert (device.facts, device.first_seen_at, device.last_seen_at) == (news, NOW, NOW + 5)
    assert ready.service.room_of(NO_1, GATEWAY) == "r101"
    assert [hit.device for hit in ready.service.search(SYSTEM, "AA-BB-CC-DD-EE-FF")] == [GATEWAY]
    assert ready.service.search(SYSTEM, "00:e0:fc:00:01:01") == []


def test_facts_of_strangers_and_bad_ids_are_counted_and_left_out(ready: ReadyRegistry) -> None:
    stranger = Address(NO_1, AgentId("someone-else"))
    ready.service.learn_facts(stranger, [DeviceFacts(DeviceId("x"), DeviceKind.OTHER, NOW)], NOW)
    mixed = [
        DeviceFacts(DeviceId("../etc"), DeviceKind.OTHER, NOW),
        DeviceFacts(DeviceId("cam-1"), DeviceKind.CAMERA, NOW),
    ]
    ready.service.learn_facts(district.address_of(NO_1), mixed, NOW)
    assert ready.service.facts_refused == {"not_enrolled": 1, "bad_id": 1}
    assert ready.service.is_known(NO_1, DeviceId("cam-1"))
    assert not ready.service.is_known(NO_1, DeviceId("x"))


def test_memory_answers_what_ingest_asks_and_survives_a_restart(ready: ReadyRegistry) -> None:
    again = RegistryService(ready.engine, ready.clock)
    assert not again.is_enrolled(district.address_of(NO_1))
    again.start()
    assert again.is_enrolled(district.address_of(NO_1))
    assert not again.is_enrolled(Address(NO_1, AgentId(NO_2)))
    assert again.is_known(NO_1, GATEWAY)
    assert not again.is_known(district.CENTRE, GATEWAY)
    assert again.kind_of(NO_1, GATEWAY) is DeviceKind.GATEWAY
    assert again.kind_of(NO_1, DeviceId("nobody")) is DeviceKind.OTHER
    assert (again.room_of(NO_1, GATEWAY), again.room_of(NO_1, DeviceId("nobody"))) == ("r-net", "")


def test_news_of_agents_is_kept_in_memory_and_saved(ready: ReadyRegistry) -> None:
    address = district.address_of(NO_1)
    ready.service.note_agent(address, online=True, version="1.2", last_frame_at=NOW)
    ready.service.note_agent(address, spool_bytes=77, last_frame_at=NOW - 5)
    ready.service.note_agent(Address(NO_1, AgentId("stranger")), online=True)
    (agent,) = ready.service.agents(NO_1_SCOPE)
    assert (agent.online, agent.version, agent.last_frame_at, agent.spool_bytes) == (True, "1.2", NOW, 77)
    ready.service.save_agents()
    again = RegistryService(ready.engine, ready.clock)
    again.start()
    (saved,) = again.agents(NO_1_SCOPE)
    assert saved == replace(agent, online=False)


def test_when_frames_of_many_agents_came_is_kept_and_saved(ready: ReadyRegistry) -> None:
    address, stranger = district.address_of(NO_1), Address(NO_1, AgentId("stranger"))
    for at in (NOW, NOW - 5):
        ready.service.note_frames([address, stranger], at)
        assert [agent.last_frame_at for agent in ready.service.agents(NO_1_SCOPE)] == [NOW]
    ready.service.note_frames([address], NOW + 7)
    ready.service.save_agents()
    again = RegistryService(ready.engine, ready.clock)
    again.start()
    assert [agent.last_frame_at for agent in again.agents(NO_1_SCOPE)] == [NOW + 7]


def test_enrolling_again_changes_nothing_and_a_changed_site_is_replaced(ready: ReadyRegistry) -> None:
    service = ready.service
    before = (service.sites(SYSTEM), service.rooms(SYSTEM, NO_1), service.agents(SYSTEM))
    service.enrol(SYSTEM, district.enrolment())
    assert (service.sites(SYSTEM), service.rooms(SYSTEM, NO_1), service.agents(SYSTEM)) == before
    whole = district.enrolment()
    hall = RoomEntry("hall", "Hall", "礼堂")
    smaller = changed(whole.sites[1], agents=(), rooms=(hall,), periods=(), timetable=())
    service.enrol(SYSTEM, Enrolment(organisations=whole.organisations, sites=(smaller,)))
    assert [room.id for room in service.rooms(SYSTEM, NO_1)] == ["hall"]
    assert not service.is_enrolled(district.address_of(NO_1))
    assert service.is_enrolled(district.address_of(NO_2)), "a site the file does not name stays"
    assert service.is_known(NO_1, GATEWAY), "devices stay with their data"


def test_only_an_administrator_of_the_whole_district_enrols(ready: ReadyRegistry) -> None:
    with pytest.raises(Denied):
        ready.service.enrol(DISTRICT_SCOPE, district.enrolment())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("No. 1", (NO_1, "", "")),
        ("第二小学", (NO_2, "", "")),
        ("no-1-primary", (NO_1, "", "")),
        ("一（1）班", (NO_1, "r101", "")),
        ("sn-gw-2", (NO_2, "r-net", GATEWAY)),
        ("10.1.0.2", (NO_1, "r-net", "sw-1")),
        ("00E0.FC00.02", (NO_2, "r-net", GATEWAY)),
        ("USG6000", (NO_1, "r-net", GATEWAY)),
    ],
)
def test_search_finds_the_best_first(ready: ReadyRegistry, text: str, first: tuple[str, str, str]) -> None:
    hit = ready.service.search(DISTRICT_SCOPE, text)[0]
    assert (hit.site, hit.room, hit.device) == first


def test_search_stays_inside_the_scope_and_its_limit(ready: ReadyRegistry) -> None:
    assert {hit.site for hit in ready.service.search(NO_1_SCOPE, "a", limit=50)} == {NO_1}
    assert len(ready.service.search(DISTRICT_SCOPE, "1", limit=3)) == 3
    assert ready.service.search(DISTRICT_SCOPE, "  ") == []
    assert ready.service.search(DISTRICT_SCOPE, "%") == [], "a wildcard is a character like any other"
