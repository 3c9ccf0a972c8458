"""The register: what is wrong in it is said with file and line; the example of the handbook is right."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from campus.errors import ConfigError
from controller.cli import controller
from controller.config import ControllerConfig, TellingSettings
from controller.safekeeping import configuration_of
from controller.telling.register import load_register
from tests.support.handbook import examples

CHANNELS = "channels:\n  mail: {type: email, host: m.example, sender: c@example.org}\n"
PERSON = "people:\n  - {id: li, name: Li, reach: [{channel: mail, to: li@example.org}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CHANNELS + PERSON.replace("channel: mail", "channel: mial") + "}", ":4: 'mial' is no channel"),
        (CHANNELS + PERSON.replace("li@example.org", "li") + "}", ":4: 'li' is no mail address"),
        (CHANNELS + PERSON + ", role: techncian}", ":4: 'techncian' is no role"),
        (CHANNELS + PERSON + ", quiet: '9-5'}", ":4: '9' is no time of day"),
        (CHANNELS + PERSON + ", duty: [{days: [monday]}]}", ":4: 'monday' is no weekday"),
        (CHANNELS.replace("}", ", security: none}"), ":2: mail would cross the network in the clear"),
        ("channels:\n  sms: {type: sms, url_file: u, body: '{phone}'}", ":2: write JSON with {phone} and {text}"),
        ("policy:\n  digest: ['7:30']", ":2: '7:30' is no time of day"),
        ("policy: {per_hour: 1}", ":1: 1: allow at least 2"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "telling.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_register(path)


def test_the_example_of_the_handbook_is_right_and_checked_by_the_command(tmp_path: Path) -> None:
    example = examples()["telling.yaml"]
    (tmp_path / "telling.yaml").write_text(example.replace("place: no-1-primary, ", ""))
    for name in ("mail-password.txt", "sms-token.txt"):
        (tmp_path / name).write_text("secret")
    for name in ("wecom-url.txt", "sms-url.txt"):
        (tmp_path / name).write_text("https://robots.example/key")
    (tmp_path / "controller.yaml").write_text("telling: {register: telling.yaml}\n")
    outcome = CliRunner().invoke(controller, ["telling", "check", "--config", str(tmp_path / "controller.yaml")])
    assert outcome.output.endswith("good, 2 people\n")


DISTRICT = """
organisations: [{id: bureau, name_en: Bureau, name_zh: 教育局}]
sites:
  - {id: no-1, organisation: bureau, name_en: No. 1, name_zh: 第一小学, agents: [no-1]}
  - {id: no-2, organisation: bureau, name_en: No. 2, name_zh: 第二小学, agents: [no-2]}
"""


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., str]:
    """Runs a command of telling over two schools and a person for the first."""
    (tmp_path / "district.yaml").write_text(DISTRICT)
    duty = ", place: no-1, duty: [{days: [school_days]}]}"
    (tmp_path / "telling.yaml").write_text(CHANNELS + PERSON + duty)
    (tmp_path / "controller.yaml").write_text("telling: {register: telling.yaml}\nenrolment: district.yaml\n")

    def run(*arguments: str) -> str:
        told = CliRunner().invoke(controller, ["telling", *arguments, "--config", str(tmp_path / "controller.yaml")])
        return told.output + str(told.exception or "")

    return run


def test_the_check_says_what_will_disappoint(command: Callable[..., str]) -> None:
    said = command("check")
    assert "hint: nobody is told of faults in no-2: give somebody that place" in said
    assert "hint: when a channel fails nobody hears of it" in said
    assert "hint: on public holidays nobody is on duty" in said
    assert said.endswith("good, 1 people\n")


def test_one_sees_who_would_be_told(command: Callable[..., str]) -> None:
    assert re.match(r"1\. li \(Li\): (not )?on duty; by mail\n", command("who", "no-1"))
    assert command("who", "no-2").startswith("nobody: give somebody this place")
    assert "no school 'no-9' is enrolled" in command("who", "no-9")


def test_who_is_asked_for_a_test_must_be_in_the_register(command: Callable[..., str]) -> None:
    assert "'wu' is not in the register; there are: li" in command("test", "wu")


def test_a_backup_takes_the_register_along(tmp_path: Path) -> None:
    (tmp_path / "controller.yaml").touch()
    (tmp_path / "telling.yaml").touch()
    config = ControllerConfig(telling=TellingSettings(str(tmp_path / "telling.yaml")))
    kept = configuration_of(config, tmp_path / "controller.yaml")
    assert set(kept.files) == {"controller.yaml", "telling.register/telling.yaml"}
