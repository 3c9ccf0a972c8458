"""What a profile says of a command line: found wrong where it is, and shipped for the brands schools have."""

from pathlib import Path

import pytest

from firmware_profiles.examine import examine
from firmware_profiles.load import load_catalogue

HEAD = (
    "title: Box\nkind: switch\nmatch: {sys_object_id: [1.3.6.1.4.1.99999]}\nfacts: {model: [{oid: 1.3.6.1.2.1.1.1.0}]}\n"
    "points: [{metric: cpu_percent, oid: 1.3.6.1.4.1.99999.1.0}]\n"
)
MISTAKES = {
    "a driver that is none": ("cli: {driver: Cisco IOS, running: show run}", "device_type"),
    "a command that changes something": ("cli: {driver: cisco_ios, running: 'configure terminal'}", "only shows"),
    "two commands in one": ("cli: {driver: cisco_ios, running: 'show run ; reload'}", "only shows"),
    "a command behind a line's end": ('cli: {driver: cisco_ios, running: "show run\\nreload"}', "only shows"),
    "no command at all": ("cli: {driver: cisco_ios, running: ''}", "only shows"),
    "noise that does not compile": ("cli: {driver: cisco_ios, running: show run, noise: ['(']}", "does not compile"),
    "a secret without a group": ("cli: {driver: cisco_ios, running: show run, secrets: ['pin .*']}", "no group"),
    "nobody named": ("cli: {driver: cisco_ios, running: show run, changed_by: ' by .*'}", "no group"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_found_in_its_line(tmp_path: Path, mistake: str) -> None:
    text, words = MISTAKES[mistake]
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "box.yaml").write_text(HEAD + text)
    findings = [str(finding) for finding in examine([tmp_path]).findings]
    assert any("box.yaml:6" in finding and words in finding for finding in findings), findings


@pytest.mark.parametrize(
    ("profile", "driver"),
    [
        ("huawei/vrp", "huawei_vrp"),
        ("huawei/usg", "huawei_vrp"),
        ("h3c/comware-oem", "hp_comware"),
        ("ruijie/rgos", "ruijie_os"),
        ("cisco/ios-xe", "cisco_ios"),
    ],
)
def test_the_brands_of_schools_have_a_command_line(profile: str, driver: str) -> None:
    cli = load_catalogue().profiles[profile].cli
    assert cli
    assert cli.driver == driver
