"""The nightly backup of deploy/ is run here as it stands, with the paths of this test."""

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from controller.backup.reading import backups_in, is_verified
from tests.integration.backup.scene import filled
from tests.support.handbook import handbook

UNITS = Path(__file__).resolve().parents[3] / "deploy" / "systemd"


def unit(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string((UNITS / name).read_text(encoding="utf-8"))
    return parsed


def test_the_command_of_the_unit_takes_a_verified_backup(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    (tmp_path / "controller.yaml").write_text("data_dir: data\n")
    line = unit("campanile-controller-backup.service")["Service"]["ExecStart"]
    for written, here in (
        ("/opt/campanile/bin/campanile", f"{sys.executable} -m campanile"),
        ("/etc/campanile", str(tmp_path)),
        ("/var/backups/campanile", str(folder.backups)),
    ):
        assert written in line
        line = line.replace(written, here)
    done = subprocess.run(shlex.split(line), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [is_verified(place) for place in backups_in(folder.backups)] == [True]


def test_the_unit_runs_as_the_controller_and_the_pages_name_the_same_command() -> None:
    service, controller = unit("campanile-controller-backup.service"), unit("campanile-controller.service")
    assert service["Service"]["User"] == controller["Service"]["User"]
    assert service["Service"]["ExecStart"] in handbook()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_reads_the_units(tmp_path: Path) -> None:
    for name in ("campanile-controller-backup.service", "campanile-controller-backup.timer"):
        text = (UNITS / name).read_text(encoding="utf-8").replace("/opt/campanile/bin/campanile", sys.executable)
        (tmp_path / name).write_text(text, encoding="utf-8")
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
