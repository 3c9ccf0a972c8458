"""What profiles of network equipment can say, each means on a device that never was (`tests/recordings`)."""

from pathlib import Path
from typing import Any

import pytest

from firmware_profiles.catalogue import Identity
from tests.profiles.test_recordings import probed
from tests.support.snmp import SHIPPED

HERE = Path(__file__).parents[1] / "recordings"


def read(name: str) -> dict[str, Any]:
    report = probed(HERE / f"{name}.snmprec")
    assert report["dropped"] == {}
    return report


def sensors(report: dict[str, Any], *classes: str) -> dict[str, Any]:
    return {s["name"]: s["value"] for s in report["sensors"] if s["class"] in classes}


def test_memory_is_used_of_used_and_free_together() -> None:
    assert read("stack-with-optics")["memory"] == [{"name": "Processor", "percent": 25.0}]


def test_a_sensor_says_its_prefix_and_its_digits_and_one_that_is_broken_gives_no_number() -> None:
    report = read("entity-sensors")
    assert report["temperatures"] == [{"name": "Air inlet", "celsius": 23.5}]
    assert sensors(report, "state") == {"Hardware Air inlet": 1, "Hardware Broken probe": 3}


def test_what_two_mibs_tell_is_told_once_and_a_switch_that_stands_alone_has_no_ring() -> None:
    report = read("stack-with-optics")
    assert report["temperatures"] == [{"name": "Air inlet", "celsius": 23.5}]
    assert sensors(report, "state") == {"Stack role switch 1": 1, "Stack member switch 1": 4}


def test_two_switches_have_a_ring_that_may_be_broken(tmp_path: Path) -> None:
    path = tmp_path / "two.snmprec"
    alone = (HERE / "stack-with-optics.snmprec").read_text()
    path.write_text(alone + "1.3.6.1.4.1.9.9.500.1.2.1.1.3.2001|2|2\n1.3.6.1.4.1.9.9.500.1.2.1.1.6.2001|2|11\n")
    assert sensors(probed(path), "state")["Stack ring"] == 2


def test_what_one_column_measures_is_known_by_name_and_named_by_a_part_of_it() -> None:
    report = read("stack-with-optics")
    assert sensors(report, "current", "signal") == {
        "Laser bias current Gi1/0/2": 0.0074,
        "Light sent Gi1/0/2": -3.1,
        "Light received Gi1/0/2": -8.2,
    }


def test_whom_two_protocols_find_on_one_port_is_told_once() -> None:
    assert read("stack-with-optics")["neighbours"] == [
        {"local_port": "Gi1/0/1", "remote_name": "core-1", "remote_port": "Gi2/0/9"},
        {"local_port": "Gi1/0/2", "remote_name": "ap-7", "remote_port": "GigabitEthernet0"},
    ]


def test_rows_are_added_up_and_counted() -> None:
    told = {(w["class"], w["name"]): w["value"] for w in read("access-point-group")["wireless"]}
    assert told["clients", ""] == 25
    assert (told["clients", "Pupils"], told["clients", "Staff"]) == (21, 4)
    assert told["ap-count", ""] == 1, "of two access points one is off line"


def test_channels_are_numbers_within_texts_that_stand_for_frequencies_and_6_ghz_is_left_out() -> None:
    report = read("access-point-group")
    frequencies = {w["name"]: w["value"] for w in report["wireless"] if w["class"] == "frequency"}
    assert frequencies == {"reading room radio 0": 5220, "reading room radio 1": 2437}


def test_rows_are_named_by_a_part_of_their_index_and_free_becomes_used() -> None:
    report = read("access-point-group")
    assert sensors(report, "state") == {
        "Access point reading room": 1,
        "Access point archive": 2,
        "Radio reading room radio 0": 1,
        "Radio reading room radio 1": 2,
    }
    assert {m["name"]: m["percent"] for m in report["memory"]} == {"reading room": 75.0, "archive": 50.0}
    assert report["identity"]["serial"] == "XX0000002", "the one that leads the group"


def test_a_vendor_may_tell_neighbours_in_a_table_of_its_own() -> None:
    report = read("own-lldp-table")
    assert report["neighbours"] == [
        {"local_port": "gigabitEthernet 1/0/1", "remote_name": "gym-switch", "remote_port": "uplink"}
    ]
    assert sensors(report, "power") == {
        "PoE power delivered": 21.5,
        "PoE power of a port port 1": 21.5,
        "PoE power of a port port 2": 0,  # or a port that stops feeding would keep its last wattage
    }
    assert sensors(report, "state") == {"PoE of a port port 1": 2, "PoE of a port port 2": 5}


def test_the_local_port_may_stand_in_another_table_and_names_may_be_filled_up_with_nul() -> None:
    report = read("lldp-without-ports")
    assert report["neighbours"] == [{"local_port": "ether3", "remote_name": "canteen", "remote_port": "lan1"}]


def test_two_columns_of_one_row_may_speak_of_one_metric_and_an_empty_cage_of_none() -> None:
    report = read("lldp-without-ports")
    assert sensors(report, "signal") == {"Light sent sfp2": -6.25}
    faults = {s["name"]: s["state"] for s in report["sensors"] if s["class"] == "state"}
    assert faults == {"Optical module fault sfp2 light lost": "fault", "Optical module fault sfp2 laser": "none"}


def test_what_several_rows_tell_of_one_thing_is_added_up_or_told_once() -> None:
    report = read("networks-on-radios")
    assert report["profile"] == "ubiquiti/unifi", "net-snmp's number, and not a host"
    told = {(w["class"], w["name"]): w["value"] for w in report["wireless"]}
    assert told == {
        ("clients", "Pupils"): 22,
        ("clients", "Guests"): 1,
        ("clients", "radio ng"): 4,
        ("clients", "radio na"): 19,
        ("frequency", "ng"): 2462,
        ("frequency", "na"): 5500,
        ("power", "ng"): 20,
        ("power", "na"): 23,
    }
    assert report["memory"] == [{"name": "", "percent": 25.0}]


@pytest.mark.parametrize(
    ("number", "descr", "family"),
    [
        ("9.1.99991", "Cisco IOS Software, C2960Z Software (C2960Z-MADEUP-M), Version 15.9(9)ZZ9", "cisco/ios"),
        (
            "9.1.99992",
            "Cisco IOS Software [City], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.9",
            "cisco/ios-xe",
        ),
        ("9.6.1.99.1", "SG999-28 28-Port Gigabit Managed Switch", "cisco/business"),
        ("9.1.99993", "Catalyst 1300 Series Managed Switch, 24-port GE", "cisco/business"),
        ("2011.2.321.99", "Huawei Versatile Routing Platform Software VRP (R) Software, USG9999", "huawei/usg"),
        ("14823.1.1.9999", "ArubaOS (MODEL: Aruba9999), Version 8.9.9.9", "aruba/controller"),
        ("5651.1.101.99", "MyPower S9999 Operating System Software", "maipu/mypower"),
        ("28557.1.99", "Hillstone SG-6000-Z9999", "hillstone/stoneos"),
        ("35047.1.99", "Sangfor", "sangfor/general"),
        ("3902.3.600.9.9.999", "ZXR10 9999 Software, Version: V9.99", "zte/zxr10"),
    ],
)
def test_families_are_told_apart_by_what_they_say_of_themselves(number: str, descr: str, family: str) -> None:
    candidates = SHIPPED.candidates(Identity(f"1.3.6.1.4.1.{number}", descr))
    assert next(name for name in candidates if not SHIPPED.profiles[name].match.answers) == family
