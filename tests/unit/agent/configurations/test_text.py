"""What is noise in a configuration, and what is no configuration at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configurations.text import are_same, changed_by, cleaned, is_refusal
from firmware_profiles.command_line import CommandLine
from firmware_profiles.load import load_catalogue

CATALOGUE = load_catalogue()
CISCO = """\r
Building configuration...\r
\r
Current configuration : 3081 bytes\r
!\r
! Last configuration change at 08:12:03 UTC Mon Sep 7 2026 by {who}\r
! NVRAM config last updated at 08:13:00 UTC Mon Sep 7 2026 by {who}\r
version 15.2\r
hostname sw-1   \r
ntp clock-period {period}\r
end\r
"""


def cli_of(profile: str) -> CommandLine:
    cli = CATALOGUE.profiles[profile].cli
    assert cli
    return cli


def test_what_differs_by_itself_is_left_out_and_who_changed_it_is_read() -> None:
    cli = cli_of("cisco/ios")
    first, second = CISCO.format(who="admin", period=17179869), CISCO.format(who="guest", period=17179870)
    assert cleaned(first, cli) == cleaned(second, cli) == "!\nversion 15.2\nhostname sw-1\nend"
    assert (changed_by(first, cli), changed_by(second, cli)) == ("admin", "guest")


def test_the_traces_of_a_pager_and_of_a_terminal_are_left_out() -> None:
    raw = "sysname sw-1\r\n  ---- More ----\r\n\x1b[16D                \x1b[16Dvlan 10\x08\r\r\n --More-- \r\nreturn"
    assert cleaned(raw, cli_of("huawei/vrp")).split() == ["sysname", "sw-1", "vlan", "10", "return"]


def test_nothing_reaches_a_terminal_that_it_would_obey() -> None:
    raw = "sysname sw-1\x9b2J\n description \x1b[31mred\x85\u2028password\x00"
    assert cleaned(raw, cli_of("huawei/vrp")) == "sysname sw-1\n description redpassword"


@pytest.mark.parametrize(
    "text",
    [
        "% Invalid input detected at '^' marker.",
        "            ^\nError: Unrecognized command found at '^' position.",
        "             ^\n % Unrecognized command found at '^' position.",
        "Permission denied.",
        "% Authorization failed.",
        "Command authorization failed",
    ],
)
def test_a_refusal_is_no_configuration(text: str) -> None:
    assert is_refusal(text)


def test_a_configuration_in_which_such_words_stand_is_one() -> None:
    lines = [f"interface GE0/0/{number}" for number in range(20)]
    assert not is_refusal("\n".join(["hostname sw-1", *lines, "banner motd permission denied"]))


def test_a_saved_configuration_is_known_though_ios_shows_its_certificate_in_another_way() -> None:
    head = "hostname sw-1\ncrypto pki certificate chain TP-self-signed-1"
    running = f"{head}\n certificate self-signed 01\n  3082022B 30820194\n  0A1B2C\n  \tquit\nvlan 10\nend"
    startup = f"{head}\n certificate self-signed 01 nvram:IOS-Self-Sig#1.cer\nvlan 10\nend"
    assert are_same(running, startup)
    assert not are_same(running, startup.replace("vlan 10", "vlan 20"))


def test_what_was_made_to_take_long_does_not() -> None:
    assert cleaned("\r" * 2_000_000, cli_of("huawei/vrp")) == ""
    assert not cleaned("\x1b[" + "1;" * 500_000, cli_of("cisco/ios")).startswith("\x1b")


@given(st.text(max_size=300))
def test_anything_is_cleaned_without_an_error_and_once_is_enough(raw: str) -> None:
    cli = cli_of("huawei/vrp")
    once = cleaned(raw, cli)
    assert cleaned(once, cli) == once
