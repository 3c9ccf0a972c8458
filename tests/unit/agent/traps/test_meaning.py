"""Notifications become events in the words of the device's profile, with the names that polling knows."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.traps.meaning import MAX_TEXT_CHARS, UNKNOWN_TRAP, TrapBook
from agent.traps.port import Notification
from campus.ids import DeviceId, is_instance
from campus.samples import Event, Severity
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Profile
from firmware_profiles.raw import Raw
from firmware_profiles.traps import InstanceForm, Trap, TrapCondition, TrapInstance, trap_key

SHIPPED = load_catalogue()
SW = DeviceId("sw-1")
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_INDEX, IF_DESCR, IF_NAME = "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.31.1.1.1.1"


@dataclass(frozen=True)
class Switch:
    """Implements `agent.traps.port.Known`."""

    profile_name: str = "generic/if-mib"
    ports: tuple[tuple[str, str], ...] = (("17", "GE0/0/17"),)

    def port_name(self, index: str) -> str:
        return dict(self.ports).get(index, "")


def told(oid: str, *varbinds: tuple[str, Raw], known: Switch = Switch(), catalogue: Catalogue = SHIPPED) -> Event:
    return TrapBook(catalogue).event_of(Notification(oid, varbinds), SW, known, 1_700_000_000_000)


def test_a_port_that_goes_down_is_named_as_its_samples_are() -> None:
    event = told(LINK_DOWN, (f"{IF_INDEX}.17", 17), ("1.3.6.1.2.1.2.2.1.8.17", 2))
    assert event == Event(
        SW, 1_700_000_000_000, "link_down", "端口 GE0/0/17 断开 / Port GE0/0/17 went down", Severity.INFO, "GE0/0/17"
    )


@pytest.mark.parametrize(
    ("varbinds", "name"),
    [
        ([(f"{IF_INDEX}.5", 5), (f"{IF_NAME}.5", b"Vlan5"), (f"{IF_DESCR}.5", b"Vlan-interface 5")], "Vlan5"),
        ([(f"{IF_INDEX}.5", 5), (f"{IF_DESCR}.5", b"Vlan-interface 5")], "Vlan-interface 5"),
        ([(f"{IF_INDEX}.5", 5), (f"{IF_NAME}.6", b"another")], "5"),
        ([(IF_INDEX, 17)], "GE0/0/17"),  # v1 devices that forget the instance
        ([], ""),
    ],
)
def test_a_port_that_polling_does_not_know_has_the_name_the_trap_tells(
    varbinds: list[tuple[str, Raw]], name: str
) -> None:
    assert told(LINK_DOWN, *varbinds).instance == name


@pytest.mark.parametrize(
    ("varbind", "name"),
    [
        ((f"{IF_NAME}.17", b"GE1/0/1"), "GE1/0/1"),
        ((f"{IF_NAME}.17", b"GE0/0/17"), "GE0/0/17"),
        ((f"{IF_NAME}.17", b""), "GE0/0/17"),
        ((f"{IF_NAME}.18", b"GE1/0/1"), "GE0/0/17"),
        ((f"{IF_DESCR}.17", b"GigabitEthernet0/0/17"), "GE0/0/17"),  # another column says the same otherwise
    ],
)
def test_a_device_that_has_numbered_its_ports_anew_knows_better_than_polling(
    varbind: tuple[str, Raw], name: str
) -> None:
    assert told(LINK_DOWN, (f"{IF_INDEX}.17", 17), varbind).instance == name


def test_two_ports_of_one_name_are_told_apart_as_polling_does() -> None:
    twins = Switch(ports=(("17", "uplink"), ("18", "uplink (18)")))
    varbinds = ((f"{IF_INDEX}.18", 18), (f"{IF_NAME}.18", b"uplink"))
    assert told(LINK_DOWN, *varbinds, known=twins).instance == "uplink (18)"


def test_a_ups_says_that_the_mains_went_and_came_in_both_spellings_of_its_oid() -> None:
    minutes = ("1.3.6.1.2.1.33.1.2.3.0", 12)
    for oid in ("1.3.6.1.2.1.33.2.1", "1.3.6.1.2.1.33.2.0.1"):
        assert told(oid, minutes).kind == "mains_down"
        assert "minutes left: 12" in told(oid, minutes).text
    removed = "1.3.6.1.2.1.33.2.4"
    alarm = "1.3.6.1.2.1.33.1.6.2.1.2.7"
    assert told(removed, (alarm, "1.3.6.1.2.1.33.1.6.3.2")).kind == "mains_up"
    assert told(removed, (alarm, "1.3.6.1.2.1.33.1.6.3.1")).kind == UNKNOWN_TRAP
    assert told("1.3.6.1.4.1.318.0.5").severity is Severity.MAJOR
    assert told("1.3.6.1.4.1.318.0.9").kind == "mains_up"


def test_a_ups_that_is_read_raises_its_alert_by_its_readings() -> None:
    assert told("1.3.6.1.2.1.33.2.1", known=Switch("generic/ups-mib")).severity is Severity.INFO
    assert told("1.3.6.1.4.1.318.0.5", known=Switch("apc/ups")).severity is Severity.INFO
    assert told("1.3.6.1.2.1.33.2.1", known=Switch("")).severity is Severity.MAJOR


@pytest.mark.parametrize(
    ("profile", "oid", "kind"),
    [
        ("huawei/vrp", "1.3.6.1.4.1.2011.6.10.2.1", "configuration_changed"),
        ("huawei/vrp-ap", "1.3.6.1.4.1.2011.5.25.129.2.2.1", "temperature_ok_down"),
        ("h3c/comware", "1.3.6.1.4.1.25506.2.6.2.0.1", "temperature_ok_down"),
        ("h3c/comware", "1.3.6.1.6.3.1.1.5.1", "cold_start"),
        ("generic/if-mib", "1.3.6.1.4.1.2011.6.10.2.1", UNKNOWN_TRAP),
        ("generic/if-mib", "1.3.6.1.2.1.47.2.0.1", "hardware_changed"),
        ("generic/if-mib", "1.3.6.1.2.1.17.0.2", "topology_changed"),
        ("", "1.3.6.1.6.3.1.1.5.5", "authentication_failure"),
    ],
)
def test_vendors_traps_belong_to_their_devices_and_standard_ones_to_all(profile: str, oid: str, kind: str) -> None:
    assert told(oid, known=Switch(profile)).kind == kind


def test_what_nobody_has_words_for_is_told_with_what_it_carried() -> None:
    event = told("1.3.6.1.4.1.99999.1", ("1.3.6.1.4.1.99999.2", b"door open"), ("1.3.6.1.4.1.99999.3", 4))
    assert (event.kind, event.text) == (UNKNOWN_TRAP, "1.3.6.1.4.1.99999.1: door open, 4")


PARTS = Catalogue(
    {
        "acme/box": Profile(
            "box",
            traps=(
                Trap(
                    oid="1.3.9.0.1",
                    kind="door_open",
                    en="{instance} {who}",
                    zh="{instance} {who}",
                    instance=TrapInstance("1.3.9.2", InstanceForm.INDEX),
                    values={"who": "1.3.9.3"},
                    where=(TrapCondition("1.3.9.4", (1, "yes")),),
                ),
            ),
        )
    }
)


def test_a_part_may_be_named_by_the_index_and_a_meaning_by_a_value() -> None:
    box = Switch("acme/box")
    rows: list[tuple[str, Raw]] = [("1.3.9.2.4.2", 1), ("1.3.9.3.0", b"\xe5\xb0\x8f{}"), ("1.3.9.4.0", b"yes")]
    event = told("1.3.9.1", *rows, known=box, catalogue=PARTS)
    assert (event.kind, event.instance, event.text) == ("door_open", "4.2", "4.2 小{} / 4.2 小{}")
    assert told("1.3.9.1", ("1.3.9.4.0", 2), known=box, catalogue=PARTS).kind == UNKNOWN_TRAP


@given(
    st.sampled_from([trap.oid for profile in SHIPPED.profiles.values() for trap in profile.traps] + ["1.3", "2.999.0"]),
    st.lists(
        st.tuples(
            st.sampled_from([f"{IF_INDEX}.17", IF_INDEX, f"{IF_NAME}.17", "1.3.6.1.4.1.9.9.13.1.3.1.2.1", "1.3"]),
            st.one_of(st.none(), st.integers(), st.binary(max_size=600), st.text(max_size=600)),
        ),
        max_size=6,
    ),
    st.sampled_from(["", "generic/if-mib", "h3c/comware", "no/such"]),
)
def test_any_notification_is_an_event_that_a_frame_can_carry(
    oid: str, varbinds: list[tuple[str, Raw]], profile: str
) -> None:
    event = told(oid, *varbinds, known=Switch(profile))
    assert is_instance(event.instance)
    assert len(event.text) <= MAX_TEXT_CHARS
    event.text.encode()


@given(st.lists(st.integers(0, 9), min_size=3, max_size=9))
def test_the_two_spellings_of_an_oid_are_one(arcs: list[int]) -> None:
    oid = "1.3." + ".".join(map(str, arcs))
    head, _, last = oid.rpartition(".")
    assert trap_key(f"{head.removesuffix('.0')}.0.{last}") == trap_key(oid)
