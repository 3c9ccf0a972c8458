"""The register: what is wrong in it is said with file and line; the example of the handbook is right."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from campus.errors import ConfigError
from controller.cli import controller
from controller.telling.register import load_register

HANDBOOK = Path(__file__).resolve().parents[3] / "docs" / "30-operate.md"
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
    example = HANDBOOK.read_text().partition("```yaml\n# telling.yaml\n")[2].partition("```")[0]
    (tmp_path / "telling.yaml").write_text(example.replace("place: no-1-primary, ", ""))
    for name in ("mail-password.txt", "sms-token.txt"):
        (tmp_path / name).write_text("secret")
    for name in ("wecom-url.txt", "sms-url.txt"):
        (tmp_path / name).write_text("https://robots.example/key")
    (tmp_path / "controller.yaml").write_text("telling: {register: telling.yaml}\n")
    outcome = CliRunner().invoke(controller, ["telling", "check", "--config", str(tmp_path / "controller.yaml")])
    assert outcome.output.endswith("good, 2 people\n")
