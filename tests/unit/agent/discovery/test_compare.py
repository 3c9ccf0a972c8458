"""What changed between two scans, told once."""

from agent.discovery.compare import MOVED, REPLACED, VANISHED, Change, Memory, compare
from agent.discovery.propose import Finding
from campus.newcomers import Evidence, Newcomer
from campus.samples import Severity

MET = (Evidence("snmp"),)


def device(serial: str, address: str, port: str = "GE0/1", name: str = "") -> Newcomer:
    key = f"serial {serial}" if serial else f"address {address}"
    return Newcomer(
        key=key, serial=serial, address=address, place_device="sw-1", place_port=port, name=name, evidence=MET
    )


def scans(*found: list[Finding], forget_after: int = 2) -> list[Change]:
    """The changes that the last of several scans noticed."""
    memory, changes = Memory(), list[Change]()
    for number, each in enumerate(found):
        memory, changes = compare(memory, each, forget_after, number)
    return changes


SWITCH = Finding(device("SN-A", "10.0.0.5", name="sw-5"))


def test_the_first_scan_and_an_unchanged_one_tell_nothing() -> None:
    assert scans([SWITCH]) == []
    assert scans([SWITCH], [SWITCH]) == []


def test_a_device_that_moved_is_told_with_both_places() -> None:
    (change,) = scans([SWITCH], [Finding(device("SN-A", "10.0.0.9", "GE0/7", name="sw-5"), "sw-5")])
    assert (change.kind, change.registered, change.severity) == (MOVED, "sw-5", Severity.INFO)
    assert (
        change.text
        == "sw-5 (serial SN-A) has moved from the address 10.0.0.5 to 10.0.0.9 and from sw-1 GE0/1 to sw-1 GE0/7"
    )


def test_another_serial_at_the_same_place_is_a_replacement_and_no_disappearance() -> None:
    (change,) = scans([SWITCH], [Finding(device("SN-B", "10.0.0.8", name="sw-5b"))])
    assert change.kind == REPLACED
    assert change.text == "where sw-5 (serial SN-A) was (sw-1 GE0/1) there is another device now: sw-5b (serial SN-B)"


def test_a_registered_device_with_another_serial_is_a_replacement() -> None:
    before = Finding(device("SN-A", "10.0.0.5", "GE0/1"), "sw-5")
    (change,) = scans([before], [Finding(device("SN-B", "10.0.0.6", "GE0/2"), "sw-5")])
    assert (change.kind, change.registered) == (REPLACED, "sw-5")


def test_a_device_has_vanished_after_some_scans_in_a_row_and_is_told_once() -> None:
    assert scans([SWITCH], []) == []
    assert [change.kind for change in scans([SWITCH], [], [])] == [VANISHED]
    assert scans([SWITCH], [], [], []) == []
    assert scans([SWITCH], [], [SWITCH], []) == []


def test_a_device_of_which_more_is_known_now_is_the_same() -> None:
    bare = Newcomer(key="address 10.0.0.5", address="10.0.0.5", mac="00:e0:fc:00:00:01", evidence=MET)
    fuller = Newcomer(key="serial SN-A", serial="SN-A", address="10.0.0.5", mac="00:e0:fc:00:00:01", evidence=MET)
    assert scans([Finding(bare)], [Finding(fuller)], [Finding(fuller)]) == []


def test_a_port_of_an_address_is_no_move() -> None:
    assert scans([Finding(device("SN-A", "10.0.0.5"))], [Finding(device("SN-A", "10.0.0.5:1161"))]) == []


def test_who_is_only_heard_or_stands_in_a_table_is_no_matter_of_scans() -> None:
    told = (Evidence("mqtt", "board-1"), Evidence("arp", "10.0.0.1"), Evidence("bridge", "10.0.0.2 GE0/1"))
    heard = Finding(Newcomer(key="mqtt board-1", address="10.0.0.7", serial="S", evidence=told))
    assert scans([heard], [], [], []) == []
