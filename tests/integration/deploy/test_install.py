"""deploy/install.sh is run for real as root, in a throw-away overlay of this machine: twice, with its users, files and units."""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from campus.version import VERSION
from tests.integration.deploy.throwaway_root import ThrowawayRoot, throwaway_root
from tests.servers.daemon import require_program
from tests.unit.deploy.compose_file import DEPLOY

ROOT = DEPLOY.parent
INSTALL = DEPLOY / "install.sh"
PLACES = "etc/campanile etc/mosquitto etc/systemd/system var/backups"
LIST = f"cd / && find {PLACES} -type f -printf '%p %m %u:%g ' -exec sha256sum {{}} \\;"
PROGRAM = "/opt/campanile/bin/campanile"


def wheel_of_this_checkout(folder: Path) -> Path:
    """A wheel that leads to the code and the libraries the tests run with: building the real one would fetch them all again."""
    name = f"campanile-{VERSION}"
    extras = "".join(f"Provides-Extra: {extra}\n" for extra in ("agent", "controller", "dashboards"))
    files = {
        "campanile-here.pth": f"{ROOT}\n{sysconfig.get_path('purelib')}\n",
        f"{name}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: campanile\nVersion: {VERSION}\n{extras}",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/entry_points.txt": "[console_scripts]\ncampanile = campanile.cli:main\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for path, text in files.items()
    )
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as written:
        for path, text in {**files, f"{name}.dist-info/RECORD": record}.items():
            written.writestr(path, text)
    return wheel


class Installed:
    """The centre and a school on one machine, as `install.sh` left them."""

    def __init__(self, root: ThrowawayRoot, wheel: Path) -> None:
        self.root, self.wheel = root, wheel

    def install(self, words: str) -> subprocess.CompletedProcess[str]:
        return self.root.run(f"PIP_NO_INDEX=1 PIP_ROOT_USER_ACTION=ignore sh {INSTALL} {words} --from {self.wheel}")

    def said(self, script: str) -> str:
        done = self.root.run(script)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    for program, package in (
        ("openssl", "openssl"),
        ("mosquitto", "mosquitto"),
        ("influxd", "influxdb"),
        ("systemctl", "systemd"),
    ):
        require_program(program, package)
    one = Installed(
        throwaway_root(tmp_path_factory.mktemp("root")), wheel_of_this_checkout(tmp_path_factory.mktemp("wheel"))
    )
    done = one.install("controller --name broker.example --with-influxdb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "schools dial broker.example:8883" in done.stdout
    return one


@pytest.mark.slow
def test_the_centre_is_installed_and_its_configuration_is_good(installed: Installed) -> None:
    check = f"{PROGRAM} controller run --config /etc/campanile/controller.yaml --check"
    assert installed.said(f"runuser -u campanile-controller -- {check}") == "/etc/campanile/controller.yaml: good\n"
    enabled = "cd /etc/systemd/system && ls multi-user.target.wants timers.target.wants"
    assert {"campanile-controller.service", "campanile-controller-backup.timer"} <= set(installed.said(enabled).split())
    units = "campanile-controller.service campanile-controller-backup.timer"
    assert installed.root.run(f"cd /etc/systemd/system && systemd-analyze verify {units}").returncode == 0


@pytest.mark.slow
def test_secrets_are_their_readers_alone(installed: Installed) -> None:
    rows = re.findall(r"^(\S+) (\d+) (\S+) ", installed.said(LIST), re.MULTILINE)
    secret = {path: (mode, owner) for path, mode, owner in rows if re.search(r"password|\.key$|authority", path)}
    assert secret == {
        "etc/campanile/controller-password.txt": ("400", "campanile-controller:campanile-controller"),
        "etc/campanile/influxdb-password.txt": ("400", "campanile-controller:campanile-controller"),
        "etc/campanile/grafana-influxdb-password.txt": ("400", "root:root"),
        "etc/campanile/authority/ca.key": ("400", "root:root"),
        "etc/campanile/authority/ca.pem": ("400", "root:root"),
        "etc/mosquitto/campanile/passwords": ("400", "mosquitto:mosquitto"),
        "etc/mosquitto/campanile/server.key": ("400", "mosquitto:mosquitto"),
    }


@pytest.mark.slow
def test_mosquitto_reads_its_files_and_lays_none_beside_them(installed: Installed) -> None:
    """Root writes there again at the next run: through a link, if Mosquitto's user could make one."""
    folder = "/etc/mosquitto/campanile"
    assert installed.said(f"stat -c '%U:%G %a' {folder}") == "root:mosquitto 750\n"
    for name in ("acl", "passwords", "server.key", "server.pem"):
        assert installed.said(f"runuser -u mosquitto -- cat {folder}/{name}")
    planted = installed.root.run(f"runuser -u mosquitto -- ln -s /etc/passwd {folder}/acl.new")
    assert "Permission denied" in planted.stderr


@pytest.mark.slow
def test_a_second_run_changes_nothing_and_keeps_what_a_person_wrote(installed: Installed) -> None:
    installed.said("echo '# ours' >> /etc/campanile/controller.yaml")
    before = installed.said(LIST)
    done = installed.install("controller --with-influxdb")  # an upgrade needs no name: the certificate has it
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kept: /etc/campanile/controller.yaml" in done.stdout
    assert installed.said(LIST) == before


@pytest.mark.slow
def test_a_school_is_let_in_and_its_agent_installed_with_what_was_printed(installed: Installed) -> None:
    done = installed.install("school no-1-primary")
    assert done.returncode == 0, done.stderr
    assert "no-1-primary:$7$" in installed.said("cat /etc/mosquitto/campanile/passwords")
    split = "sed -n 's/^password: //p' /tmp/said >/tmp/password; sed -n '/BEGIN/,$p' /tmp/said >/tmp/ca.pem"
    installed.said(f"cat >/tmp/said <<'END'\n{done.stdout}END\n{split}")
    agent = installed.install(
        "agent --site no-1-primary --broker broker.example --password-file /tmp/password --ca-file /tmp/ca.pem"
    )
    assert agent.returncode == 0, agent.stdout + agent.stderr
    check = f"{PROGRAM} agent run --config /etc/campanile/agent.yaml --check"
    assert "uplink to broker.example:8883" in installed.said(f"runuser -u campanile-agent -- {check}")


@pytest.mark.slow
def test_uninstalling_asks_first_and_keeps_configuration(tmp_path: Path, installed: Installed) -> None:
    refused = installed.root.run(f"echo n | sh {INSTALL} uninstall")
    assert refused.returncode == 1
    assert "Nothing was removed" in refused.stdout
    asked = "ls -d /opt/campanile /etc/systemd/system/campanile* /etc/campanile/controller.yaml 2>/dev/null || true"
    assert len(installed.said(asked).split()) > 3
    assert installed.root.run(f"sh {INSTALL} uninstall --yes").returncode == 0
    assert installed.said(asked).split() == ["/etc/campanile/controller.yaml"]


@pytest.mark.parametrize(
    "words",
    [
        ["controller", "--with-influxdb"],
        ["agent", "--site", "no-1-primary", "--broker", "broker.example"],
        ["uninstall"],
    ],
)
def test_a_dry_run_says_everything_and_does_nothing(words: list[str]) -> None:
    places = [Path("/etc/campanile"), Path("/opt/campanile"), Path("/etc/mosquitto/campanile")]
    before = [place.exists() for place in places]
    command = ["sh", str(INSTALL), *words, "--from", sys.prefix, "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "would run:" in done.stdout
    assert [place.exists() for place in places] == before


def test_without_a_checkout_nothing_is_fetched_by_name(tmp_path: Path) -> None:
    """The public index has a `campanile` that is not ours."""
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    command = ["sh", str(tmp_path / "deploy" / "install.sh"), "agent", "--site", "no-1", "--broker", "b", "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "say with --from" in done.stderr
    assert "pip" not in done.stdout


def test_influxdb_is_never_open_to_anybody_while_it_is_installed() -> None:
    """Debian's package starts it at once: on every address, without a password."""
    text = INSTALL.read_text()
    assert text.index("influxdb.service.d/campanile.conf 0644") < text.index("packages influxdb")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["agent"], "--site: which school is this?"),
        (["agent", "--site", "no-1-primary"], "--broker: the name of the broker"),
        (["agent", "--site"], "--site needs a value"),
        (
            ["agent", "--site", "no-1", "--broker", "b", "--ca-file", "/absent/ca.pem"],
            "/absent/ca.pem: it cannot be read",
        ),
        (["agent", "--sight", "x"], "'--sight' is nothing it knows"),
        (["school", "No 1"], "cannot be a school's id"),
        (["school", "controller"], "cannot be a school's id"),
        (["--yes"], "say what to install"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(words: list[str], reason: str) -> None:
    done = subprocess.run(["sh", str(INSTALL), "--dry-run", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "would" not in done.stdout
