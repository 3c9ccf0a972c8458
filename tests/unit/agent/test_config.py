"""The agent's file: defaults that work, and errors that say file, line and what to do."""

import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.build import collector_of
from agent.collect.pjlink import PjlinkCollector
from agent.collect.port import Cadence
from agent.config import AgentConfig, load_config
from campanile.cli import main
from campus.errors import ConfigError
from campus.secret import Secret
from firmware_profiles.load import load_catalogue

WHOLE = """\
site: no-1-primary
agent: no-1-primary
spool: {path: data/spool.db, max_bytes: 209715200, max_age_s: 2592000}
uplink: {host: 127.0.0.1, port: 18830, username: no-1, password_file: password.txt}
cadence: {fast_s: 5, normal_s: 15, slow_s: 300}
snmp_communities: {read: {file: community.txt}, lab: {env: LAB_COMMUNITY}}
devices:
  - {id: sw-1, name: 教学楼一层交换机, room: r101, address: "127.1.1.11:1161", profile: auto, credential: read, kind: switch,
     uplinks: [GE0/0/1], uplink_capacity_bps: 1.0e+9}
  - {id: ups-1, address: ups.school, credential: lab}
mqtt_listeners:
  - {host: 127.0.0.1, port: 18831}
mqtt_devices:
  - {id: board-101, name: 一（1）班大屏, room: r101, kind: board}
mqtt_silence_s: 30
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the secrets that `WHOLE` names."""
    (tmp_path / "community.txt").write_text("s3cret\n")
    (tmp_path / "password.txt").write_text("pa55\n")
    monkeypatch.setenv("LAB_COMMUNITY", "l4b")
    return tmp_path


def loaded(folder: Path, text: str) -> AgentConfig:
    (folder / "agent.yaml").write_text(text)
    return load_config(folder / "agent.yaml")


def test_a_site_is_all_it_takes(tmp_path: Path) -> None:
    config = loaded(tmp_path, "site: no-1-primary")
    assert (config.address.site, config.address.agent) == ("no-1-primary", "no-1-primary")
    assert config.spool_path == tmp_path / "spool.db"
    assert config.devices == ()
    assert config.listeners == ()
    assert config.backoff_max_s == 2 * config.file.cadence.normal_s


def test_the_whole_file_is_read_with_its_secrets(folder: Path) -> None:
    config = loaded(folder, WHOLE)
    switch, ups = config.devices
    assert str(switch.address) == "127.1.1.11:1161"
    assert str(ups.address) == "ups.school:161"
    communities = [device.credential and device.credential.community for device in (switch, ups)]
    assert [secret and secret.reveal() for secret in communities] == ["s3cret", "l4b"]
    assert config.uplink.password is not None
    assert config.uplink.password.reveal() == "pa55"
    assert config.spool_path == folder / "data/spool.db"
    assert config.file.cadence.intervals_s() == {Cadence.FAST: 5, Cadence.NORMAL: 15, Cadence.SLOW: 300}
    assert config.listeners[0].settings.port == 18831


def test_credentials_are_named_once_and_give_something(folder: Path) -> None:
    core = "{core: {community: {file: community.txt}}}"
    device = "{id: sw-1, address: 10.1.1.1, credential: core}"
    config = loaded(folder, f"site: no-1\ncredentials: {core}\ndevices: [{device}]")
    credential = config.devices[0].credential
    assert credential
    assert credential.community
    assert credential.community.reveal() == "s3cret"
    with pytest.raises(ConfigError, match=r"agent.yaml:2: 'read' stands in snmp_communities too"):
        loaded(
            folder, "site: no-1\ncredentials: {read: {username: nms}}\nsnmp_communities: {read: {file: community.txt}}"
        )
    with pytest.raises(ConfigError, match=r"agent.yaml:2: 'read' gives nothing"):
        loaded(folder, "site: no-1\ncredentials: {read: {}}")
    with pytest.raises(
        ConfigError, match=r"agent.yaml:3: device 'sw-1' is asked by SNMP, and .* has neither `community` nor `user`"
    ):
        loaded(folder, "site: no-1\ncredentials: {read: {username: nms}}\ndevices: [{id: sw-1, address: 10.1.1.1}]")


def test_a_projector_needs_no_credential_and_is_asked_where_pjlink_is_spoken(folder: Path) -> None:
    projector = "{id: projector-2, address: 10.1.1.30, protocol: pjlink}"
    (device,) = loaded(folder, f"site: no-1\ndevices: [{projector}]").devices
    assert (str(device.address), device.credential) == ("10.1.1.30:4352", None)
    assert isinstance(collector_of(device, load_catalogue(None)), PjlinkCollector)
    with pytest.raises(ConfigError, match="wants the credential 'hall', which there is not"):
        loaded(folder, f"site: no-1\ndevices: [{projector[:-1]}, credential: hall}}]")


def test_no_secret_is_ever_printed(folder: Path) -> None:
    text = WHOLE.replace("{env: LAB_COMMUNITY}", "{value: l4b}")
    config = loaded(folder, text)
    for shown in (repr(config), str(config), f"{config.devices[0].credential}", f"{config.devices}"):
        assert not any(secret in shown for secret in ("s3cret", "pa55", "l4b"))
    with pytest.raises(TypeError):
        pickle.dumps(Secret("s3cret"))


MISTAKES = [
    ("site: no-1-primary", "site: 第一小学", 1, "is not an id"),
    ("cadence:", "cadenc:", 5, "Did you mean 'cadence'"),
    ("host: 127.0.0.1, port: 18830", "hots: 127.0.0.1, port: 18830", 4, "Did you mean 'host'"),
    ("port: 18830", "port: 188300", 4, "is not a port"),
    ("port: 18830", "port: eighteen", 4, "Expected `int`"),
    ("fast_s: 5, normal_s: 15", "fast_s: 5, normal_s: 3", 5, "cadence.normal_s is 3, must be at least 5"),
    ("fast_s: 5", "fast_s: .nan", 5, "cadence.fast_s is nan"),
    ("{file: community.txt}", "{file: missing.txt}", 6, "cannot be read"),
    ("{env: LAB_COMMUNITY}", "{env: NOT_SET}", 6, "the environment variable NOT_SET is empty or not set"),
    ("{file: community.txt}", "{file: a, value: b}", 6, "exactly one of file, env and value"),
    ("127.1.1.11:1161", "127.1.1.11:zero", 8, "the port must be a number"),
    ("127.1.1.11:1161", "127.1.1.300", 8, "is not an address"),
    ("kind: switch", "kind: swich", 8, "swich"),
    ("credential: read", "credential: raed", 8, "Did you mean 'read'"),
    ("id: ups-1", "id: UPS 1", 10, "is not an id"),
    ("id: ups-1", "id: sw-1", 10, "already stands at"),
    ("id: ups-1", "id: no-1-primary", 10, "already stands at"),
    ("id: board-101", "id: sw-1", 14, "already stands at"),
    ("address: ups.school, ", "", 10, "the key 'address' is missing"),
    ("max_bytes: 209715200", "max_bytes: 10", 3, "spool.max_bytes is 10, must be at least 1.04858e+06"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "advice"), MISTAKES)
def test_a_mistake_is_told_with_file_line_and_advice(
    folder: Path, right: str, wrong: str, line: int, advice: str
) -> None:
    assert right in WHOLE
    with pytest.raises(ConfigError) as told:
        loaded(folder, WHOLE.replace(right, wrong, 1))
    assert str(told.value).startswith(f"{folder / 'agent.yaml'}:{line}: ")
    assert advice in str(told.value)


def test_check_builds_everything_and_starts_nothing(folder: Path) -> None:
    (folder / "agent.yaml").write_text(WHOLE)
    result = CliRunner().invoke(main, ["agent", "run", "--config", str(folder / "agent.yaml"), "--check"])
    assert result.exit_code == 0, result.output
    assert "is fine: site no-1-primary, 2 polled devices, 1 MQTT broker with 1 named device" in result.output
    assert not (folder / "data").exists()


def test_a_wrong_profile_name_is_refused_with_line_and_advice(folder: Path) -> None:
    (folder / "agent.yaml").write_text(WHOLE.replace("profile: auto", "profile: huawei/vrpp"))
    result = CliRunner().invoke(main, ["agent", "run", "--config", str(folder / "agent.yaml")])
    assert result.exit_code == 2
    assert "agent.yaml:8: device 'sw-1' wants the profile 'huawei/vrpp'" in result.output
    assert "Did you mean 'huawei/vrp'?" in result.output


def test_a_broken_profile_stops_the_agent_with_file_line_and_advice(folder: Path) -> None:
    (folder / "own/acme").mkdir(parents=True)
    (folder / "own/acme/fridge.yaml").write_text("title: Fridge\nkidn: kitchen_monitor\n")
    (folder / "agent.yaml").write_text(WHOLE + "profiles: own\n")
    result = CliRunner().invoke(main, ["agent", "run", "--config", str(folder / "agent.yaml")])
    assert result.exit_code == 2
    assert "own/acme/fridge.yaml:2:" in result.output
    assert "Did you mean 'kind'?" in result.output
