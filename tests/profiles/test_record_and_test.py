"""`campanile profiles record` and `test`, as a person calls them, on devices that answer from small recordings."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.address import HostPort
from agent.snmp_access import Community, SnmpVersion
from campanile.cli import main
from campanile.devices.trial import differing
from campanile.devices.walk_device import Limits, Recorded, walk_device
from campus.secret import Secret
from firmware_profiles.walk import Walk, read_walk
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import read_snmprec
from tests.profiles.alike import nameless
from tests.profiles.test_recordings import probed

SMALL = Path(__file__).parents[1] / "recordings"
SWITCH = SMALL / "stack-with-optics.snmprec"
BOX = """title: Acme box
kind: sensor
match: {sys_object_id: [1.3.6.1.4.1.99999.7]}
include: [generic/if-mib]
facts: {vendor: [{text: Acme}], model: [{text: Box}]}
points:
  - {metric: humidity_percent, oid: 1.3.6.1.4.1.99999.7.2.0}
  - {metric: co2_ppm, oid: 1.3.6.1.4.1.99999.7.9.0}
"""
ANSWERS = """1.3.6.1.2.1.1.1.0|4|Acme Box
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.7
1.3.6.1.2.1.1.3.0|67|8640000
1.3.6.1.4.1.99999.7.2.0|66|48
1.3.6.1.4.1.99999.7.3.0|2|17
"""


def campanile(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def walked(device: Responder, version: SnmpVersion = SnmpVersion.V2C, limits: Limits = Limits()) -> Recorded:  # noqa: B008
    recorded = Recorded()
    access = Community(Secret("public"), version)
    asyncio.run(walk_device(HostPort("127.0.0.1", device.port), access, recorded, lambda _: None, limits))
    return recorded


@pytest.mark.parametrize("version", SnmpVersion)
def test_a_walk_has_every_object_with_its_type(version: SnmpVersion) -> None:
    device = Responder(read_snmprec(SWITCH))
    with responding(device):
        recorded = walked(device, version)
    expected = [row for row in read_walk(SWITCH).rows if version is SnmpVersion.V2C or row.tag != 70]
    assert [row for row in Walk(recorded.rows).rows if row.tag != 70 or version is SnmpVersion.V2C] == expected
    assert recorded.ended == ""


def test_a_device_that_bears_few_rows_at_once_is_walked_whole() -> None:
    device = Responder(read_snmprec(SWITCH), quirks=Quirks(max_repetitions=3))
    with responding(device):
        recorded = walked(device, limits=Limits(timeout_s=0.1))
    assert Walk(recorded.rows).rows == read_walk(SWITCH).rows


def test_a_walk_ends_where_it_is_told_to_and_says_so() -> None:
    device = Responder(read_snmprec(SWITCH))
    with responding(device):
        recorded = walked(device, limits=Limits(objects=10))
    assert 10 <= len(recorded.rows) < 52
    assert "more than 10 objects" in recorded.ended


def test_a_recording_reads_like_the_device_and_does_not_bear_its_names(tmp_path: Path) -> None:
    target = tmp_path / "made" / "switch.snmprec"
    device = Responder(read_snmprec(SWITCH), community="s3cret-word")
    with responding(device):
        result = campanile("profiles", "record", f"127.0.0.1:{device.port}", "--community", "s3cret-word", "-o", target)
    assert result.exit_code == 0
    assert "objects" in result.output
    assert nameless(probed(target)) == nameless(probed(SWITCH))
    assert "s3cret" not in target.read_text()
    assert "core-1" not in target.read_text()
    again = campanile("profiles", "record", "127.0.0.1", "-o", target)
    assert again.exit_code == 2
    assert "is there already" in again.output


def test_silence_is_said_with_advice(tmp_path: Path) -> None:
    device = Responder(read_snmprec(SWITCH), quirks=Quirks(silent=True))
    with responding(device), pytest.raises(Exception, match="does not answer SNMP v2c: check the address"):
        walked(device, limits=Limits(timeout_s=0.05, patience=1))


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A profile of one's own with its recording beside it."""
    path = tmp_path / "acme" / "box.yaml"
    path.parent.mkdir()
    path.write_text(BOX)
    path.with_suffix(".snmprec").write_text(ANSWERS)
    return path


def trials_of(*arguments: str | Path) -> tuple[int, list[dict[str, Any]]]:
    result = campanile("profiles", "test", *arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_what_is_read_what_is_never_answered_and_what_is_left(box: Path) -> None:
    code, (trial,) = trials_of(box)
    assert code == 0
    assert trial["good"]
    assert [row["value"] for row in trial["report"]["sensors"]] == [48]
    assert "co2_ppm 1.3.6.1.4.1.99999.7.9.0" in trial["never_answered"]
    assert trial["not_read"] == ["1.3.6.1.4.1.99999.7.3.0 integer 17"]
    text = campanile("profiles", "test", box).output
    for words in ("Acme Box", "Humidity 48", "never answered", "not read", "all right"):
        assert words in text


def test_what_was_accepted_is_expected_from_then_on(box: Path) -> None:
    assert trials_of(box, "--accept")[0] == 0
    assert trials_of(box)[0] == 0
    box.with_suffix(".snmprec").write_text(ANSWERS.replace("|48", "|49"))
    code, (trial,) = trials_of(box)
    assert code == 1
    assert [line[0] for line in trial["differences"]] == ["-", "+"]
    assert "48" in trial["differences"][0]
    assert trials_of(box, "--accept")[0] == 0
    assert trials_of(box)[0] == 0


def test_a_device_that_another_profile_reads_is_not_right(box: Path) -> None:
    code, (trial,) = trials_of(box, "--recording", SWITCH)
    assert code == 1
    assert "read by cisco/" in trial["trouble"][0]


def test_a_shipped_family_finds_its_recordings() -> None:
    code, trials = trials_of("hp/printer")
    assert code == 0
    assert "printer.snmprec" in {Path(trial["recording"]).name for trial in trials}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["huawei/vrpp"], "Did you mean 'huawei/vrp'"),
        (["no/such.yaml"], "there is no such file"),
        (["avtech/room-alert-3e"], "there is no recording to try avtech/room-alert-3e on"),
    ],
)
def test_what_is_not_there_is_said(arguments: list[str], words: str) -> None:
    result = campanile("profiles", "test", *arguments)
    assert result.exit_code == 2
    assert words in result.output


def test_lists_differ_by_what_is_in_them_and_not_by_their_order() -> None:
    assert differing({"cpu": [1, 2]}, {"cpu": [2, 1]}) == []
    assert differing({"cpu": [1]}, {"cpu": [1, 1], "kind": "ups"}) == ["+ cpu: 1", '+ kind: "ups"']
