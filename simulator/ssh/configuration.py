"""What a simulated switch runs by: a configuration in its vendor's words, made of its ports, and the changes made since. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.district.device import Family, SimDevice

OFFICE_VLAN = 20
SECRET = "Campus#2024"  # noqa: S105 - a password that simulated switches show, for the agent to mask
CIPHER = r"%^%#Qm,XJ3#hK{>Dh6R'Lf:G`3~*M$NnW'y/K(7A@b0!%^%#"


@dataclass(frozen=True)
class Change:
    """One thing somebody did: a VLAN for another purpose, a port opened."""

    vlan: int
    name: str
    port: int
    """Counted from the first port of the device."""


WORKS = (
    Change(31, "Examination-Room", 6),
    Change(32, "Live-Lesson", 7),
    Change(33, "Guest-WiFi", 8),
)
"""What technicians do to a switch in the course of time, in this order."""
INTRUSION = Change(666, "Game-Server", 2)
"""What nobody ordered."""


def configuration(device: SimDevice, changes: Sequence[Change], changed_by: str = "admin") -> str:
    """The text that a device of this vendor shows, lines parted by newline characters."""
    if device.family is Family.RUIJIE:
        return "\n".join(_of_cisco_style(device, changes, changed_by))
    return "\n".join(_of_huawei_style(device, changes, changed_by))


def _of_huawei_style(device: SimDevice, changes: Sequence[Change], changed_by: str) -> Iterator[str]:
    is_h3c = device.family is Family.H3C
    hidden = "hash $h$6$Ev9mUyNvHsK9JMSF$L2fbdMSXHEbNLmfAxcYpQbZ9Yx0w" if is_h3c else f"irreversible-cipher {CIPHER}"
    if is_h3c:
        yield from ("#", f" version 7.1.070, {device.firmware}")
    else:
        yield f"!Software Version {device.firmware}"
        yield f"!Last configuration was updated at 2026-09-01 08:00:0{len(changes) % 10} by {changed_by}"
    yield from ("#", f"sysname {device.system_name}", "#")
    for change in changes:
        yield from (f"vlan {change.vlan}", f" description {change.name}", "#")
    yield from ("vlan 10", " description Teaching", "#", f"vlan {OFFICE_VLAN}", " description Office", "#")
    yield from (" stp enable" if not is_h3c else " stp global enable", "#")
    yield from (
        "local-user admin" + (" class manage" if is_h3c else ""),
        f" password {hidden}",
        " service-type ssh",
        "#",
    )
    for number, port in enumerate(device.ports):
        vlan = next((each.vlan for each in changes if each.port == number), 10 if number % 2 else OFFICE_VLAN)
        yield f"interface {port.description or port.name}"
        if port.alias:
            yield f" description {port.alias}"
        if port.name == device.uplink:
            yield from (
                " port link-type trunk",
                " port trunk permit vlan all" if is_h3c else " port trunk allow-pass vlan all",
            )
        else:
            yield from (
                " port link-type access",
                f" port access vlan {vlan}" if is_h3c else f" port default vlan {vlan}",
            )
        yield "#"
    if is_h3c:
        yield from (
            " snmp-agent",
            f" snmp-agent community read simple {SECRET}",
            " snmp-agent sys-info version v2c",
            "#",
        )
    else:
        yield from ("snmp-agent", f"snmp-agent community read cipher {CIPHER}", "snmp-agent sys-info version v2c", "#")
    yield from ("user-interface vty 0 4" if not is_h3c else "line vty 0 63", " authentication-mode aaa", "#", "return")


def _of_cisco_style(device: SimDevice, changes: Sequence[Change], changed_by: str) -> Iterator[str]:
    yield from ("", "Building configuration...", f"Current configuration : {4000 + 41 * len(changes)} bytes", "")
    yield f"! Last configuration change at 08:00:0{len(changes) % 10} by {changed_by}"
    yield from (f"version {device.firmware}", f"hostname {device.system_name}", "!")
    yield from ("enable secret 5 $1$yLhr$B7tsC0wBuD0wz7Bz", f"username admin privilege 1 password {SECRET}", "!")
    yield from ("vlan 10", " name Teaching", "!", f"vlan {OFFICE_VLAN}", " name Office", "!")
    for change in changes:
        yield from (f"vlan {change.vlan}", f" name {change.name}", "!")
    for number, port in enumerate(device.ports):
        vlan = next((each.vlan for each in changes if each.port == number), 10 if number % 2 else OFFICE_VLAN)
        yield f"interface {port.description or port.name}"
        if port.alias:
            yield f" description {port.alias}"
        yield " switchport mode trunk" if port.name == device.uplink else f" switchport access vlan {vlan}"
        yield "!"
    yield from (f"snmp-server community 7 0822455D0A16{len(device.ports):02} ro", "line vty 0 4", " login local", "end")
