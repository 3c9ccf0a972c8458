"""What a person is told of a device, and the id and lines that take it in."""

from dataclasses import replace

import msgspec
import yaml
from hypothesis import given

from agent.candidates import Candidate
from agent.discovery.known import of_candidates, of_facts
from agent.discovery.observation import Observation, Seen, Source
from agent.discovery.propose import Surroundings, findings
from campus.ids import DeviceId, is_id
from campus.newcomers import Confidence, decode_newcomers, encode_newcomers
from campus.samples import DeviceFacts, DeviceKind, PortFacts
from tests.unit.agent.discovery.test_identity import observations

AROUND = Surroundings(
    site="no-1",
    protocols={"snmp", "mqtt"},
    usual_ports={"snmp": 161},
    rooms={"r101": "一（1）班", "hall": ""},
    ids={"sw-1", "no-1"},
    kinds={"h3c/comware": DeviceKind.SWITCH, "board/standard": DeviceKind.BOARD},
)


def switch(name: str, number: int) -> Observation:
    return Observation(
        source=Source.SNMP,
        address=f"10.0.0.{number}",
        port=161,
        serial=f"SN-{number}",
        name=name,
        kind=DeviceKind.SWITCH,
        confidence=Confidence.CERTAIN,
        vendor="H3C",
        model="S5130",
        profile="h3c/comware",
        protocol="snmp",
        credential="read",
    )


def entries(*told: Observation, around: Surroundings = AROUND) -> list[dict[str, str]]:
    return [yaml.safe_load(each.entry)[0] for each in findings(told, around).newcomers if each.entry]


def test_an_id_is_the_name_without_the_schools_and_never_twice() -> None:
    told = entries(
        switch("no-1-SW-9", 1), switch("Switch", 2), switch("Switch", 3), switch("sw-1", 4), switch("教学楼", 5)
    )
    assert [each["id"] for each in told] == [
        "sw-9",
        "switch-10-0-0-2",
        "switch-10-0-0-3",
        "sw-1-10-0-0-4",
        "switch-10-0-0-5",
    ]
    assert all(is_id(each["id"]) for each in told)
    assert [each.get("name", "") for each in told] == ["no-1-SW-9", "Switch", "Switch", "sw-1", "教学楼"]


def test_ids_are_the_same_whatever_else_is_found_first() -> None:
    some = [switch("Switch", number) for number in range(1, 6)]
    assert entries(*some) == entries(*reversed(some))


def test_a_room_is_guessed_only_where_it_is_known_and_the_only_one() -> None:
    told = entries(
        switch("sw-r101", 1),
        switch("sw-r999", 2),
        switch("一（1）班交换机", 3),
        switch("hall-101", 4),
        switch("sw-101", 5),
    )
    assert [each.get("room", "") for each in told] == ["r101", "", "r101", "", "r101"]


def test_a_kind_that_the_profile_does_not_say_is_written_down() -> None:
    access_point = msgspec.structs.replace(switch("ap-1", 1), kind=DeviceKind.ACCESS_POINT)
    assert [each.get("kind", "") for each in entries(access_point, switch("sw-2", 2))] == ["access_point", ""]


def test_a_port_stands_in_the_address_only_where_it_is_an_unusual_one() -> None:
    told = entries(switch("a-1", 1), msgspec.structs.replace(switch("a-2", 2), port=1161))
    assert [each["address"] for each in told] == ["10.0.0.1", "10.0.0.2:1161"]


def test_what_is_registered_is_no_newcomer_and_keeps_its_id() -> None:
    configured = Observation(source=Source.CONFIGURED, device="sw-1", address="10.0.0.1")
    found = findings([configured, switch("core", 1)], AROUND)
    assert [each.registered for each in found.devices] == ["sw-1"]
    assert found.newcomers == ()
    assert findings([configured], AROUND).devices == (), "nobody found it"


def test_telephones_that_a_switch_hears_are_no_devices() -> None:
    heard = [
        Observation(source=Source.BRIDGE, macs=(f"00e0fc0000{n:02x}",), seen=Seen("10.0.0.1", "GE0/1"))
        for n in range(9)
    ]
    resolved = [
        Observation(source=Source.ARP, macs=(f"00e0fc0000{n:02x}",), address=f"10.0.0.{n + 9}") for n in range(9)
    ]
    assert len(findings([switch("sw-9", 1), *heard, *resolved], AROUND).devices) == 1


def test_what_no_switch_sees_hangs_on_who_speaks_for_it() -> None:
    bridge, bulb, plug = (
        DeviceFacts(DeviceId(name), DeviceKind.SENSOR, 1, name=name.title(), macs=macs)
        for name, macs in (("bridge", ()), ("bulb", ()), ("plug", ("00:e0:fc:00:00:07",)))
    )
    speaks_through = {"bridge": "10.0.0.5:1883", "bulb": "bridge", "plug": "10.0.0.5:1883"}
    heard = of_facts([bridge, bulb, plug], [], speaks_through.__getitem__)
    wired = Observation(source=Source.BRIDGE, macs=("00e0fc000007",), seen=Seen("10.0.0.1", "GE0/1"))
    told = {each.device.name: each.device for each in findings([switch("sw-9", 1), *heard, wired], AROUND).devices}
    places = {name: (each.place_device, each.place_port) for name, each in told.items() if name != "sw-9"}
    assert places == {"Bridge": ("10.0.0.5:1883", ""), "Bulb": ("Bridge", ""), "Plug": ("sw-9", "GE0/1")}
    assert [each.source for each in told["Bulb"].evidence] == ["mqtt", "place_mqtt"]


def test_a_device_that_publishes_keeps_the_id_of_its_topic_and_gets_its_place_and_address() -> None:
    facts = DeviceFacts(
        DeviceId("board-101"), DeviceKind.BOARD, 1, profile="board/standard", macs=("00:e0:fc:00:00:07",)
    )
    (heard,) = of_facts([facts], [])
    hangs = msgspec.structs.replace(switch("sw-9", 1), ports=(PortFacts("GE0/5", "board-101"),))
    arp = Observation(source=Source.ARP, macs=("00e0fc000007",), address="10.0.0.77")
    _, board = (each.device for each in findings([hangs, heard, arp], AROUND).devices)
    assert (board.section, board.address, board.place_device, board.place_port) == (
        "mqtt_devices",
        "10.0.0.77",
        "sw-9",
        "GE0/5",
    )
    assert yaml.safe_load(board.entry) == [{"id": "board-101", "room": "r101"}]


def test_publishers_and_senders_of_traps_are_newcomers_that_nothing_reads() -> None:
    candidates = [
        Candidate("acme/7/air", 5, "no_profile", 2, b'{"t": 21}\xff'),
        Candidate("SNMP traps from 10.0.0.9", 1, "unknown_sender", 3, b""),
    ]
    sender, publisher = (each.device for each in findings(of_candidates(candidates), AROUND).devices)
    assert (publisher.key, publisher.sample, publisher.entry) == ("topic acme/7/air", '{"t": 21}\ufffd', "")
    assert (sender.key, sender.evidence[0].source) == ("address 10.0.0.9", "trap")


def test_what_merely_looks_like_a_projector_is_shown_and_not_written() -> None:
    around = replace(AROUND, protocols={"snmp", "pjlink"})
    hint = Observation(
        source=Source.GREETING, address="10.0.0.8", port=4352, kind=DeviceKind.PROJECTOR, protocol="pjlink"
    )
    found = findings([hint, switch("sw-9", 1)], around)
    assert [each.kind for each in found.newcomers if each.entry] == [DeviceKind.SWITCH, DeviceKind.PROJECTOR]
    assert [each.kind for each in found.readable] == [DeviceKind.SWITCH]


def test_the_same_evidence_from_two_scans_has_the_same_key() -> None:
    once, again = findings([switch("a", 1)], AROUND), findings([switch("b", 1)], AROUND)
    assert once.newcomers[0].key == again.newcomers[0].key == "serial SN-1"


@given(observations)
def test_whatever_is_observed_makes_a_document_and_entries_of_their_own(told: list[Observation]) -> None:
    spoken = [msgspec.structs.replace(one, protocol="snmp" if one.source is Source.SNMP else "") for one in told]
    newcomers = findings(spoken, AROUND).newcomers
    assert len(decode_newcomers(encode_newcomers(newcomers)).newcomers) == len(newcomers)
    ids = [yaml.safe_load(each.entry)[0]["id"] for each in newcomers if each.entry]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & set(AROUND.ids)
