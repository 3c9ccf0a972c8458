"""What profiles can do, each on a small device that never was (`tests/recordings`): no recordings of real devices are needed."""

from pathlib import Path
from typing import Any

import pytest

from tests.profiles.test_recordings import probed

HERE = Path(__file__).parents[1] / "recordings"


def read(name: str) -> dict[str, Any]:
    report = probed(HERE / f"{name}.snmprec")
    assert report["dropped"] == {}
    return report


def sensors(report: dict[str, Any], key: str = "value") -> dict[str, Any]:
    return {row["name"]: row[key] for row in report["sensors"] if key in row}


def named(rows: list[dict[str, Any]], key: str) -> dict[str, float]:
    return {row["name"]: row[key] for row in rows}


def test_none_is_forgotten() -> None:
    told = {"printer", "ups", "ups-in-tenths", "host", "camera", "recorder", "monitor", "sockets", "texts", "storage"}
    assert {path.stem for path in HERE.glob("*.snmprec")} >= told


def test_bits_are_told_as_the_gravest_that_is_set_and_some_paper_is_no_number() -> None:
    report = read("printer")
    assert report["profile"] == "hp/printer"
    assert report["identity"]["model"] == "Paper Press 100"
    assert report["identity"]["serial"] == "SYN0000017"
    assert sensors(report, "state") == {"Hardware": "attention", "Printer": "idle", "Printer fault": "input_tray_empty"}
    assert sensors(report)["Printer fault"] == 0x2004, "the device's own number, beside what it means"
    assert named(report["supplies"], "percent") == {"Black": 25.0, "Tray 2": 25.0}
    assert named(report["memory"], "percent") == {"RAM": 25.0}


def test_a_ups_by_the_standard_and_its_missing_phases() -> None:
    report = read("ups")
    values = sensors(report)
    assert (report["profile"], report["identity"]["model"]) == ("generic/ups-mib", "S-3000")
    assert sensors(report, "state") == {"Output source": "battery", "Battery": "normal"}
    assert values["Battery runtime left"] == 25
    assert values["Running on battery since"] == 1.5
    assert values["Voltage battery"] == 54.5
    assert values["Input voltage input 1"] == 231
    assert values["Current output 1"] == 4.3
    assert values["Frequency input 1"] == 49.9
    assert not [name for name in values if name.endswith("2")]
    assert report["temperatures"] == [], "0 degrees: no thermometer"


def test_a_device_that_departs_from_the_standard_and_one_that_does_not() -> None:
    values = sensors(read("ups-in-tenths"))
    assert values["Input voltage input 1"] == 228.7
    assert values["Input voltage input 2"] == 229
    assert values["Output voltage output 1"] == 230.1


def test_memory_by_the_way_that_has_all_it_needs_and_two_sensors_of_one_name() -> None:
    report = read("host")
    assert [report["identity"][key] for key in ("vendor", "model", "serial")] == ["Linux", "Records 1U", "SYN-H-1"]
    assert named(report["memory"], "percent") == {
        "": 25.0,  # UCD-SNMP-MIB has the total alone here, so hrStorageTable is read
        "buffers": 2.5,
        "cache": 60.0,
        "Virtual memory": 75.0,
        "Swap space": 25.0,
    }
    assert named(report["temperatures"], "celsius") == {"temp1": 41.5, "temp1 (2)": 38.0}


def test_a_mac_address_as_serial_number() -> None:
    report = read("camera")
    assert report["identity"]["serial"] == "02:00:00:00:11:22"
    assert report["identity"]["version"] == "9.1.2"
    assert named(report["temperatures"], "celsius") == {"sensor 1": 71.0}
    assert sensors(report, "state") == {"Hardware sensor 1": "attention", "Video stream channel 1": "none"}


def test_numbers_that_stand_for_texts_and_what_is_told_as_free() -> None:
    report = read("recorder")
    assert report["identity"]["model"] == "DVR"
    assert named(report["storage"], "percent") == {"/vol/a": 75.0}, "a disc of no size is no share of anything"
    assert sensors(report, "state") == {"Hardware /vol/a": "normal", "Hardware /vol/b": "failed"}
    assert named(report["memory"], "percent") == {"": 37.0}


def test_rows_of_many_kinds_each_with_its_unit_and_names_that_meet() -> None:
    report = read("monitor")
    assert named(report["temperatures"], "celsius") == {"archive": 21.5, "boiler": 61.0}, (
        "a row without valid value is none"
    )
    values, states = sensors(report), sensors(report, "state")
    assert values["Humidity archive (3)"] == 48.2
    assert values["Contact archive"] == 1
    assert states["Sensor alarm boiler"] == "alarm"
    assert states["Sensor alarm lost"] == "unknown"
    assert states["Sensor alarm archive"] == "normal"
    assert states["Sensor alarm archive #2"] == "alarm", "the input bears the sensor's name"


def test_what_a_field_means_follows_from_another_and_labels_name_it() -> None:
    report = read("sockets")
    assert named(report["temperatures"], "celsius") == {"internal": 22.1, "Server rack": 19.9}, (
        "socket 2 measures amperes"
    )
    assert sensors(report, "state") == {"Contact switch 1": "closed"}, "an empty label leaves the profile's word"
    assert sensors(report)["Humidity Server rack"] == 44.1


def test_numbers_as_texts_that_end_in_a_nul() -> None:
    report = read("texts")
    assert report["identity"]["serial"] == "SYN-4"
    assert named(report["temperatures"], "celsius") == {"case": 41.2}
    assert sensors(report) == {"Fan speed (turns) cpu": 1280.0}


def test_net_snmps_number_is_told_apart_by_what_answers_and_numbers_stand_within_texts() -> None:
    report = read("storage")
    assert (report["profile"], report["identity"]["model"]) == ("qnap/nas", "SYN-400")
    assert named(report["temperatures"], "celsius") == {"cpu": 48.0, "HDD1": 36.0}, "an empty bay has no temperature"
    assert sensors(report) == {"Hardware HDD1": 0, "Fan speed (turns) Fan 1": 1110.0}


NET_SNMP = "1.3.6.1.4.1.8072.3.2.10"


@pytest.mark.parametrize(
    ("object_id", "descr", "row", "family"),
    [
        (NET_SNMP, "Linux card 4.1.0", "1.3.6.1.2.1.33.1.2.1.0|2|2", "generic/ups-card"),
        (NET_SNMP, "Linux card 4.1.0", "1.3.6.1.4.1.2011.6.174.1.2.100.1.2.1|4|UPS", "huawei/ups"),
        (NET_SNMP, "Linux box 4.1.0", "1.3.6.1.4.1.6574.1.1.0|2|1", "synology/dsm"),
        (NET_SNMP, "Linux box 4.1.0", "1.3.6.1.2.1.25.1.6.0|66|90", "generic/net-snmp"),
        ("1.3.6.1.4.1.705.1", "Eaton UPS", "1.3.6.1.4.1.534.1.1.2.0|4|UPS", "eaton/ups"),
        ("1.3.6.1.4.1.705.1", "Eaton UPS", "1.3.6.1.4.1.705.1.1.1.0|4|UPS", "eaton/mge"),
        ("1.3.6.1.4.1.534.1", "Eaton UPS", "1.3.6.1.2.1.33.1.2.1.0|2|2", "generic/ups-mib"),
        ("1.3.6.1.4.1.318.1.3.4.6", "APC", "1.3.6.1.4.1.318.1.1.26.2.1.8.1|4|AP8000", "apc/rack-pdu"),
        ("1.3.6.1.4.1.4413", "US-24-250W, 4.3.13.11253, Linux 3.6.5", "1.3.6.1.2.1.2.1.0|2|0", "ubiquiti/edgeswitch"),
        ("1.3.6.1.4.1.10002.1", "Linux 2.6.33 XW", "1.3.6.1.4.1.41112.1.4.1.1.4.1|2|5180", "ubiquiti/airmax"),
        ("1.3.6.1.4.1.41112.1.4", "Linux", "1.3.6.1.4.1.41112.1.4.1.1.4.1|2|5180", "ubiquiti/airmax"),
        ("1.3.6.1.4.1.9.12.3.1.3.1812", "Cisco NX-OS(tm) n9000", "1.3.6.1.4.1.9.9.305.1.1.2.0|66|31", "cisco/nx-os"),
        ("1.3.6.1.4.1.1004849.3.2.10", "DH-IPC-0", "1.3.6.1.4.1.1004849.2.1.3.0|2|1", "dahua/camera"),
        ("1.3.6.1.4.1.1004849.3.2.10", "DH-NVR-0", "1.3.6.1.4.1.1004849.2.1.3.0|2|1", "dahua/recorder"),
    ],
)
def test_the_family_that_fits_closest(tmp_path: Path, object_id: str, descr: str, row: str, family: str) -> None:
    path = tmp_path / "some.snmprec"
    path.write_text(f"1.3.6.1.2.1.1.1.0|4|{descr}\n1.3.6.1.2.1.1.2.0|6|{object_id}\n1.3.6.1.2.1.1.3.0|67|1\n{row}\n")
    assert probed(path)["profile"] == family


def test_numbers_within_a_text_and_a_processor_that_older_systems_tell_of(tmp_path: Path) -> None:
    path = tmp_path / "some.snmprec"
    path.write_text(
        "1.3.6.1.2.1.1.1.0|4|US-24-250W, 4.3.13.11253, Linux 3.6.5\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.4413\n"
        "1.3.6.1.4.1.4413.1.1.1.1.4.1.0|2|51200\n1.3.6.1.4.1.4413.1.1.1.1.4.2.0|2|256000\n"
        "1.3.6.1.4.1.4413.1.1.1.1.4.9.0|4|    5 Secs (  5.37%)   60 Secs (  6.02%)  300 Secs (  6.03%)\n"
    )
    report = probed(path)
    assert [report["identity"][key] for key in ("model", "version")] == ["US-24-250W", "4.3.13.11253"]
    assert named(report["cpu"], "percent") == {"": 6.0}
    assert named(report["memory"], "percent") == {"": 80.0}
    path.write_text(
        "1.3.6.1.2.1.1.1.0|4|Cisco IOS\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.359\n1.3.6.1.4.1.9.2.1.58.0|2|17\n"
    )
    assert named(probed(path)["cpu"], "percent") == {"cpu 0": 17.0}


@pytest.mark.parametrize(("vendor", "number"), [("Ricoh", 367), ("Synology", 6574), ("", 99999)])
def test_a_vendor_by_its_number_where_the_device_names_none(tmp_path: Path, vendor: str, number: int) -> None:
    path = tmp_path / "some.snmprec"
    path.write_text(
        f"1.3.6.1.2.1.1.1.0|4|Something\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.{number}.1.1\n1.3.6.1.2.1.1.3.0|67|1\n"
    )
    assert probed(path)["identity"]["vendor"] == vendor
