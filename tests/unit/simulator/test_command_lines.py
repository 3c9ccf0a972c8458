"""Switches with a command line: their words, who has one, and the trap that tells of a change."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from agent.config import load_config
from agent.configurations.masking import masked, masker
from campus.secret import Secret
from simulator.district.device import Family
from simulator.district.district import build_district
from simulator.plan.command_lines import switches_with_ssh
from simulator.plan.write import write_plan
from simulator.ssh.configuration import CIPHER, INTRUSION, SECRET, WORKS, configuration
from simulator.ssh.dialect import DIALECTS, ROWS
from simulator.ssh.shell import Shell

DISTRICT = build_district(1, 8)
SWITCHES = {
    device.family: device
    for site in DISTRICT.schools
    for device in switches_with_ssh(DISTRICT, site)
    if device.id == "sw-1"
}


class Keyboard:
    """A `Terminal` at which a test types; afterwards the line is gone."""

    def __init__(self, *typed: str) -> None:
        self._typed = list(typed)
        self.shown = ""

    async def read(self) -> str:
        return self._typed.pop(0) if self._typed else ""

    def write(self, text: str) -> None:
        self.shown += text


def at(family: Family, *typed: str, enable: str = "right") -> str:
    keyboard = Keyboard(*typed)
    device = SWITCHES[family]
    shell = Shell(
        keyboard,
        DIALECTS[family],
        device.system_name,
        lambda: configuration(device, WORKS),
        lambda: configuration(device, ()),
        enable,
    )
    asyncio.run(shell.run())
    return keyboard.shown


def test_the_first_school_of_each_vendor_has_them_and_no_other() -> None:
    having = [site for site in DISTRICT.sites if switches_with_ssh(DISTRICT, site)]
    assert len(having) == len(SWITCHES) == 3
    assert not switches_with_ssh(DISTRICT, DISTRICT.centre)


@pytest.mark.parametrize("family", SWITCHES)
def test_a_configuration_has_secrets_and_the_agent_finds_them_all(family: Family) -> None:
    text = configuration(SWITCHES[family], WORKS)
    assert SECRET in text or CIPHER in text
    told = masked(text, masker(b"key", "sw-1"))
    assert SECRET not in told
    assert CIPHER not in told
    assert len(told.splitlines()) == len(text.splitlines())


@pytest.mark.parametrize("family", SWITCHES)
def test_a_change_is_in_the_text_and_gone_when_it_is_undone(family: Family) -> None:
    device = SWITCHES[family]
    before, after = configuration(device, WORKS), configuration(device, (*WORKS, INTRUSION))
    assert "666" in after
    assert "666" not in before
    assert before == configuration(device, WORKS)


def test_a_page_waits_for_a_key_until_paging_is_off() -> None:
    waiting = at(Family.HUAWEI, "display current-configuration\r")
    assert waiting.count("---- More ----") == 1
    assert waiting.count("\r\n") < ROWS + 10
    whole = at(Family.HUAWEI, "display current-configuration\r", *" " * 50)
    assert "\r\nreturn\r\n" in whole
    at_once = at(Family.HUAWEI, "screen-length 0 temporary\rdisplay current-configuration\rquit\r")
    assert "More" not in at_once
    assert "\r\nreturn\r\n" in at_once


def test_privilege_takes_the_right_password_which_is_not_shown() -> None:
    refused = at(Family.RUIJIE, "enable\rwrong\rshow running-config\r")
    assert "% Access denied" in refused
    assert "Invalid input" in refused
    granted = at(Family.RUIJIE, "enable\rright\rterminal length 0\rshow running-config\r")
    assert "Building configuration" in granted
    assert "right" not in granted


def test_the_planned_agent_asks_its_switches_and_hears_their_traps(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, 1, 3, 18_830, date(2026, 11, 16))
    config = load_config(tmp_path / "agents" / "no-1-primary.yaml")
    assert config.snapshots
    assert {target.access.place.port for target in config.snapshots.targets} == {plan.ssh_port}
    assert config.traps
    assert config.traps.listen[0].port == plan.site("no-1-primary").trap_port
    centre = load_config(tmp_path / "agents" / "centre.yaml")
    assert (centre.snapshots, centre.traps) == (None, None)


def test_the_trap_is_one_that_the_agent_believes() -> None:
    from agent.traps.access import TrapAccess
    from agent.traps.engine import PysnmpEngine
    from simulator.live.command_line import TRAPS
    from simulator.snmp.trap import encode_trap

    access = TrapAccess(engine_id=b"\x80\x00\x00\x00\x01", communities=(Secret("campus-read"),), users=())
    engine = PysnmpEngine(access, lambda: 0.0)
    for number, oid in enumerate(TRAPS.values(), start=1):
        heard = engine.hear(encode_trap("campus-read", oid, 1000, number))
        assert heard.notification
        assert heard.notification.oid == ".".join(map(str, oid))
