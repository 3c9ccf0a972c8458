"""What agent.yaml says of snapshots: read, checked, and explained where it is wrong; the command that fetches one."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.build import build_agent
from agent.config import AgentConfig, load_config
from agent.configurations.config import command_line_of
from campanile.cli import main
from campus.errors import ConfigError
from firmware_profiles.load import load_catalogue
from tests.servers.daemon import free_port

WHOLE = """\
site: no-1-primary
credentials:
  cli: {username: campanile, password: {value: hunter2}, enable: {value: hunter3}}
  half: {username: campanile}
snmp_communities: {read: {value: public}}
configurations: {window: "23:00-02:00", first_within_s: 0}
devices:
  - {id: sw-1, address: 10.0.0.1, configuration: {credential: cli}}
  - {id: sw-2, address: "10.0.0.2:1161", profile: huawei/vrp, configuration: {credential: cli, port: 2222, weak_algorithms: true}}
  - {id: sw-3, address: 10.0.0.3}
"""
CATALOGUE = load_catalogue()


def loaded(folder: Path, text: str = WHOLE) -> AgentConfig:
    (folder / "agent.yaml").write_text(text)
    return load_config(folder / "agent.yaml")


def test_only_devices_that_ask_for_it_are_read(tmp_path: Path) -> None:
    config = loaded(tmp_path).snapshots
    assert config
    first, second = config.targets
    assert (str(first.access.place), first.access.username, first.access.weak_algorithms) == (
        "10.0.0.1:22",
        "campanile",
        False,
    )
    assert (str(second.access.place), second.access.weak_algorithms) == ("10.0.0.2:2222", True)
    assert first.access.enable
    assert first.access.enable.reveal() == "hunter3"
    assert (config.night.start_min, config.night.length_min) == (23 * 60, 180)
    assert "hunter" not in repr(config)


def test_without_any_nothing_is_set_up(tmp_path: Path) -> None:
    assert loaded(tmp_path, "site: no-1-primary").snapshots is None


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        (
            "credential: cli}",
            "credential: cly}",
            r"agent.yaml:8: the configuration of 'sw-1' wants .* Did you mean 'cli'\?",
        ),
        ("credential: cli}", "credential: half}", r"agent.yaml:8: SSH needs `username` and `password`"),
        ("port: 2222", "port: 222222", r"agent.yaml:9: 222222 is not a port"),
        ("23:00-02:00", "at night", r"agent.yaml:6: 'at night' is no time of day"),
        ("first_within_s: 0", "concurrency: 0", r"concurrency must be at least 1"),
        ("weak_algorithms", "weak_algorithm", r"weak_algorithms"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, wrong: str, right: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        loaded(tmp_path, WHOLE.replace(wrong, right))


def test_the_command_line_is_the_profiles_or_the_named_drivers(tmp_path: Path) -> None:
    config = loaded(tmp_path, WHOLE.replace("weak_algorithms: true", "driver: cisco_ios")).snapshots
    assert config
    auto, named = config.targets
    assert command_line_of(auto, "", CATALOGUE) is None, "not recognised yet"
    huawei, cisco = command_line_of(auto, "huawei/vrp", CATALOGUE), command_line_of(named, "huawei/vrp", CATALOGUE)
    assert huawei
    assert cisco
    assert (huawei.driver, cisco.running) == ("huawei_vrp", "show running-config")
    with pytest.raises(ConfigError, match="has no `cli`"):
        command_line_of(auto, "generic/if-mib", CATALOGUE)


def test_a_driver_that_no_profile_speaks_is_refused_before_the_start(tmp_path: Path) -> None:
    loaded(tmp_path, WHOLE.replace("weak_algorithms: true", "driver: cisco_iso"))
    with pytest.raises(ConfigError, match=r"agent.yaml:9: .*'cisco_iso'.* Did you mean 'cisco_ios'\?"):
        build_agent(tmp_path / "agent.yaml")


def test_the_command_names_what_can_be_fetched(tmp_path: Path) -> None:
    loaded(tmp_path)
    answer = CliRunner().invoke(main, ["agent", "configuration", "sw-9", "--config", str(tmp_path / "agent.yaml")])
    assert isinstance(answer.exception, ConfigError | SystemExit)
    assert "no configuration is asked of a device 'sw-9'" in str(answer.exception) + answer.output


def test_the_command_says_why_a_device_cannot_be_read(tmp_path: Path) -> None:
    text = WHOLE.replace("10.0.0.2:1161", "127.0.0.1:1161").replace("port: 2222", f"port: {free_port()}")
    loaded(tmp_path, text)
    answer = CliRunner().invoke(main, ["agent", "configuration", "sw-2", "--config", str(tmp_path / "agent.yaml")])
    assert "does not answer by SSH" in str(answer.exception) + answer.output
    assert "hunter" not in answer.output
