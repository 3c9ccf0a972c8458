"""Words on the command line to faults: what is wrong is said with the nearest right word."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from campus.errors import ConfigError
from simulator.cli import simulate
from simulator.control.client import ask
from simulator.control.faults import find_device, find_school, find_service, find_site, parse_fault
from simulator.control.words import Act, Question
from simulator.life.fault import FAULTS, FaultName
from simulator.plan.shape import read_plan
from simulator.plan.yaml_text import line, rows
from tests.unit.simulator.build import district

SCHOOL = district().schools[0]


def test_every_fault_is_described() -> None:
    assert set(FAULTS) == set(FaultName)


@pytest.mark.parametrize(
    ("wrong", "advice"), [("cut-uplnk", "Did you mean 'cut-uplink'"), ("earthquake", "Known here: agent-stops")]
)
def test_unknown_fault(wrong: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        parse_fault(wrong)


@pytest.mark.parametrize(
    ("wrong", "advice"), [("no-1-primry", "Did you mean 'no-1-primary'"), ("centre", "--school no-1-primary")]
)
def test_unknown_school(wrong: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        find_school(district(), wrong)


@pytest.mark.parametrize(
    ("fault", "device", "found"),
    [
        (FaultName.WARM_FREEZER, "", "kitchen-1"),
        (FaultName.HANG_BOARD, "board-102", "board-102"),
        (FaultName.CUT_UPLINK, "", ""),
        (FaultName.SILENT, "printer-1", "printer-1"),
        (FaultName.HALF_TABLE, "", "gw-1"),
        (FaultName.CAMERA_BLACK, "", "camera-gate"),
        (FaultName.CAMERA_FROZEN, "", "camera-stairs"),
        (FaultName.WRONG_CLOCK, "recorder-1", "recorder-1"),
        (FaultName.DISK_FAILING, "", "recorder-1"),
    ],
)
def test_the_device_a_fault_befalls(fault: FaultName, device: str, found: str) -> None:
    assert find_device(SCHOOL, fault, device) == found


@pytest.mark.parametrize(
    ("fault", "device", "advice"),
    [
        (FaultName.HANG_BOARD, "board-1O2", "Did you mean 'board-102'"),
        (FaultName.HANG_BOARD, "gw-1", "choose board-101"),
        (FaultName.CUT_UPLINK, "gw-1", "leave out --device"),
        (FaultName.GARBAGE, "", "--device gw-1"),
        (FaultName.CAMERA_FROZEN, "camera-gate", "choose camera-stairs, camera-corridor"),
    ],
)
def test_a_device_that_does_not_fit(fault: FaultName, device: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        find_device(SCHOOL, fault, device)


def test_a_school_without_such_a_device_says_so() -> None:
    with pytest.raises(ConfigError, match="has no device that disk-failing could befall"):
        find_device(district().schools[1], FaultName.DISK_FAILING, "")


def test_no_district_is_running(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no simulated district is running"):
        ask(tmp_path, Question(Act.STATUS))
    with pytest.raises(ConfigError, match="holds no simulated district"):
        read_plan(tmp_path)


def test_faults_lists_every_fault_without_a_district(tmp_path: Path) -> None:
    done = CliRunner().invoke(simulate, ["faults", "--dir", str(tmp_path)])
    assert done.exit_code == 0
    assert all(name.value in done.output for name in FaultName)
    assert "start `campanile demo`" in done.output


def test_every_command_explains_itself() -> None:
    assert len(simulate.commands) >= 8  # the bench of faults comes as a guest, once the command line was loaded
    for name in simulate.commands:
        done = CliRunner().invoke(simulate, [name, "--help"])
        assert done.exit_code == 0
        assert len(done.output) > 150


def test_yaml_rows_are_yaml() -> None:

    text = line("name", "第一小学: a") + rows("rooms", [{"id": "r101", "name": "一（1）班"}]) + rows("none", [])
    assert yaml.safe_load(text) == {"name": "第一小学: a", "rooms": [{"id": "r101", "name": "一（1）班"}], "none": []}


def test_a_fault_of_a_service_befalls_the_centre() -> None:
    built = district()
    assert find_site(built, FaultName.SERVICE_DOWN, "") is built.centre
    assert find_site(built, FaultName.CUT_UPLINK, built.schools[0].id) is built.schools[0]
    assert find_service(FaultName.SERVICE_DOWN, "") == "teaching-platform"
    assert find_service(FaultName.CERTIFICATE_EXPIRING, "") == "registration"
    with pytest.raises(ConfigError, match="leave out --school"):
        find_site(built, FaultName.SERVICE_DOWN, built.schools[0].id)
    with pytest.raises(ConfigError, match="--school"):
        find_site(built, FaultName.CUT_UPLINK, "")
    with pytest.raises(ConfigError, match="Choose teaching-platform, registration"):
        find_service(FaultName.SERVICE_SLOW, "name-server")
