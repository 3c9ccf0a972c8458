"""`campanile profiles new`: a draft passes the check, knows what shipped profiles know, and shows what is left."""

import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from campanile.cli import main
from firmware_profiles.catalogue import SHIPPED
from firmware_profiles.check import check_profiles
from firmware_profiles.draft import draft
from firmware_profiles.files import ProfileFile
from firmware_profiles.load import read_profiles
from firmware_profiles.walk import parse_walk, read_walk
from tests.profiles.mutate import MUTATIONS

SMALL = Path(__file__).parents[1] / "recordings"
FILES, _ = read_profiles([SHIPPED])
UNKNOWN = "1.3.6.1.4.1.99999.7"


def drafted(text: str) -> str:
    return draft(parse_walk("walk", text), FILES)


def unknown(path: Path) -> str:
    """A recording as of a vendor nobody knows."""
    lines = path.read_text().splitlines()
    return "\n".join(f"1.3.6.1.2.1.1.2.0|6|{UNKNOWN}" if x.startswith("1.3.6.1.2.1.1.2.0|") else x for x in lines)


def checked(text: str) -> list[str]:
    """What is wrong with a draft in the company of all shipped profiles, or with these because of it."""
    path = Path("acme/box.yaml")
    found = check_profiles({**FILES, "acme/box": ProfileFile.parsed(path, text)})
    return [str(finding) for finding in found]


@pytest.mark.parametrize("name", sorted(path.stem for path in SMALL.glob("*.snmprec")))
def test_a_draft_passes_the_check_whether_the_device_is_known_or_not(name: str) -> None:
    path = SMALL / f"{name}.snmprec"
    assert checked(drafted(path.read_text())) == []
    assert checked(drafted(unknown(path))) == []


@pytest.mark.parametrize("descr", ["", "x", "[Weird] (name) 'q\" : #", "Linux"])
@pytest.mark.parametrize("object_id", [UNKNOWN, "1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.4.1.9", "1.3.6.1.4.1"])
def test_so_does_one_of_whatever_a_device_says_of_itself(object_id: str, descr: str) -> None:
    text = f"1.3.6.1.2.1.1.1.0|4|{descr}\n1.3.6.1.2.1.1.2.0|6|{object_id}\n1.3.6.1.4.1.10002.9.1.0|2|5\n"
    assert checked(drafted(text)) == []


@pytest.mark.parametrize("kind", MUTATIONS)
def test_and_of_devices_that_answer_less_or_otherwise(kind: str) -> None:
    for path in sorted(SMALL.glob("*.snmprec")):
        other = MUTATIONS[kind](read_walk(path), random.Random(path.stem))
        assert checked(draft(other, FILES)) == [], path.stem


@pytest.mark.slow
def test_so_does_one_of_every_real_device(recordings: Path) -> None:
    for path in sorted(recordings.glob("*.snmprec")):
        assert checked(draft(read_walk(path), FILES)) == [], path.stem


def test_what_standard_modules_tell_is_included() -> None:
    text = drafted(unknown(SMALL / "ups.snmprec"))
    assert "generic/ups-mib" in text
    assert "kind: ups " in text
    assert "generic/printer-mib" in drafted(unknown(SMALL / "printer.snmprec"))


def test_a_family_that_reads_the_model_already_is_said() -> None:
    assert "hp/printer reads this model already" in drafted((SMALL / "printer.snmprec").read_text())


def test_a_vendors_family_under_another_number_is_found_by_what_it_answers() -> None:
    text = drafted(unknown(SMALL / "stack-with-optics.snmprec"))
    assert "cisco/" in text.partition("include:")[2].partition("facts:")[0]


def test_what_nobody_reads_is_a_candidate_with_type_sample_and_guess() -> None:
    text = drafted(
        f"1.3.6.1.2.1.1.1.0|4|Acme Box B-7, firmware 1.2\n1.3.6.1.2.1.1.2.0|6|{UNKNOWN}\n"
        f"{UNKNOWN}.1.0|4|B7-0004171\n{UNKNOWN}.2.0|66|48\n"
        f"{UNKNOWN}.3.1.2.1|4|rack\n{UNKNOWN}.3.1.2.2|4|window\n{UNKNOWN}.3.1.3.1|2|243\n{UNKNOWN}.3.1.3.2|2|-9999\n"
    )
    assert f"#  serial: [{{oid: {UNKNOWN}.1.0}}]" in text
    assert f"oid: {UNKNOWN}.2.0}}" in text
    assert "gauge 48: temperature in degrees, or percent?" in text
    assert f"instance: {{columns: [{UNKNOWN}.3.1.2]}}" in text
    assert "243, -9999" in text
    assert "ignore: [-9999]" in text


def test_a_candidate_is_a_point_once_its_marks_are_gone() -> None:
    text = drafted(f"1.3.6.1.2.1.1.2.0|6|{UNKNOWN}\n{UNKNOWN}.1.0|4|B7-0004171\n{UNKNOWN}.2.0|66|48\n")
    head, mark, points = text.partition("#points:\n")
    assert mark
    assert checked(head + (mark + points).replace("\n#  ", "\n  ").replace("#points", "points")) == []


PRINTED = """.1.3.6.1.2.1.1.1.0 = STRING: "Acme Box B-7,
firmware 1.2"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.99999.7
.1.3.6.1.2.1.1.3.0 = Timeticks: (4711) 0:00:47.11
.1.3.6.1.2.1.2.2.1.6.1 = Hex-STRING: 02 00 00 00 11 22
.1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.10.1 = Counter32: 77
.1.3.6.1.2.1.4.20.1.1.192.0.2.9 = IpAddress: 192.0.2.9
.1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 99
.1.3.6.1.4.1.99999.7.1.0 = ""
.1.3.6.1.4.1.99999.7.2.0 = Gauge32: 48 percent
.1.3.6.1.4.1.99999.7.9.0 = No Such Instance currently exists at this OID
"""
RECORDED = """1.3.6.1.2.1.1.1.0|4x|41636d6520426f7820422d372c0a6669726d7761726520312e32
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.7
1.3.6.1.2.1.1.3.0|67|4711
1.3.6.1.2.1.2.2.1.6.1|4x|020000001122
1.3.6.1.2.1.2.2.1.8.1|2|1
1.3.6.1.2.1.2.2.1.10.1|65|77
1.3.6.1.2.1.4.20.1.1.192.0.2.9|64|192.0.2.9
1.3.6.1.2.1.31.1.1.1.6.1|70|99
1.3.6.1.4.1.99999.7.1.0|4|
1.3.6.1.4.1.99999.7.2.0|66|48
"""


def test_what_snmpwalk_prints_is_read_as_a_recording_is() -> None:
    assert parse_walk("printed", PRINTED).rows == parse_walk("recorded", RECORDED).rows


def test_timeticks_may_come_without_their_type() -> None:
    assert parse_walk("printed", ".1.3.6.1.2.1.1.3.0 = 4711\n").value("1.3.6.1.2.1.1.3.0") == 4711


def test_the_command_writes_the_file_and_never_over_another(tmp_path: Path) -> None:
    walk, target = tmp_path / "box.txt", tmp_path / "mine" / "acme" / "box.yaml"
    walk.write_text(PRINTED)
    command = ["profiles", "new", "--from-walk", str(walk), "--vendor", "Acme", "--family", "Box", "-o", str(target)]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert "title: 'Acme Box'" in target.read_text()
    assert CliRunner().invoke(main, ["profiles", "check", str(tmp_path / "mine")]).exit_code == 0
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 2
    assert "is there already" in again.output


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "holds no object"), ("IF-MIB::ifDescr.1 = STRING: eth0\n", "-On"), ("1.3.6.1|99|x\n", "box.txt:1")],
)
def test_what_is_no_walk_is_refused_with_advice(tmp_path: Path, text: str, words: str) -> None:
    walk = tmp_path / "box.txt"
    walk.write_text(text)
    result = CliRunner().invoke(main, ["profiles", "new", "--from-walk", str(walk)])
    assert result.exit_code == 2
    assert words in result.output
