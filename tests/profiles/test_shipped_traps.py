"""Traps of shipped profiles: two parts are two events, and what begins an alert has what ends it."""

from dataclasses import dataclass

import pytest

from agent.traps.meaning import TrapBook
from agent.traps.port import Notification
from campus.ids import DeviceId
from campus.samples import Event, Severity
from controller.alerts.events import ended_kind
from firmware_profiles.load import load_catalogue
from firmware_profiles.raw import Raw
from firmware_profiles.traps import STANDARD

CATALOGUE = load_catalogue()
PARTS = "1.3.6.1.2.1.47.1.1.1.1.7"
H3C_CELSIUS = "1.3.6.1.4.1.25506.2.6.1.1.1.1.12"
CISCO = "1.3.6.1.4.1.9.9.13.1.3.1"
Told = tuple[str, *tuple[tuple[str, Raw], ...]]
"""A notification and its varbinds, {part} standing for a number."""


@dataclass(frozen=True)
class Device:
    """Implements `agent.traps.port.Known`."""

    profile_name: str

    def port_name(self, index: str) -> str:
        return ""


def told(profile: str, oid: str, *varbinds: tuple[str, Raw]) -> Event:
    return TrapBook(CATALOGUE).event_of(Notification(oid, varbinds), DeviceId("sw-1"), Device(profile), 1)


@pytest.mark.parametrize("profile", [name for name, found in CATALOGUE.profiles.items() if found.traps])
def test_what_goes_down_by_a_trap_comes_up_by_one(profile: str) -> None:
    traps = [*CATALOGUE.profiles[profile].traps, *CATALOGUE.profiles[STANDARD].traps]
    begun = {trap.kind for trap in traps if trap.kind.endswith("_down")}
    assert begun
    assert begun <= {ended_kind(trap.kind) for trap in traps}


@pytest.mark.parametrize(
    ("profile", "hot", "cool"),
    [
        (
            "huawei/traps",
            ("1.3.6.1.4.1.2011.5.25.129.2.2.1", (f"{PARTS}.{{part}}", b"part {part}")),
            ("1.3.6.1.4.1.2011.5.25.129.2.2.2", (f"{PARTS}.{{part}}", b"part {part}")),
        ),
        (
            "h3c/traps",
            ("1.3.6.1.4.1.25506.2.6.2.0.1", (f"{H3C_CELSIUS}.{{part}}", 71)),
            ("1.3.6.1.4.1.25506.2.6.2.0.22", (f"{PARTS}.{{part}}", b"board"), (f"{H3C_CELSIUS}.{{part}}", 40)),
        ),
        (
            STANDARD,
            ("1.3.6.1.4.1.9.9.13.3.0.7", (f"{CISCO}.2.{{part}}", b"SW#{part}"), (f"{CISCO}.6.{{part}}", 2)),
            ("1.3.6.1.4.1.9.9.13.3.0.7", (f"{CISCO}.2.{{part}}", b"SW#{part}"), (f"{CISCO}.6.{{part}}", 1)),
        ),
    ],
)
def test_the_end_of_an_alert_speaks_of_the_part_it_began_with(profile: str, hot: Told, cool: Told) -> None:
    def of(trap: Told, part: int) -> Event:
        oid, *varbinds = trap
        said = str(part).encode()
        return told(
            profile,
            oid,
            *(
                (name.format(part=part), value.replace(b"{part}", said) if isinstance(value, bytes) else value)
                for name, value in varbinds
            ),
        )

    began, other, ended = of(hot, 1), of(hot, 2), of(cool, 1)
    assert began.instance != other.instance
    assert (began.kind, began.instance) == (ended_kind(ended.kind), ended.instance)
    assert (began.severity, ended.severity) == (Severity.MINOR, Severity.INFO)


def test_where_temperatures_are_read_the_readings_raise_the_alert() -> None:
    for profile, oid in (
        ("huawei/vrp", "1.3.6.1.4.1.2011.5.25.129.2.2.1"),
        ("h3c/comware", "1.3.6.1.4.1.25506.2.6.2.0.1"),
        ("cisco/ios", "1.3.6.1.4.1.9.9.13.3.0.3"),
    ):
        event = told(profile, oid)
        assert (event.kind, event.severity) == ("temperature_ok_down", Severity.INFO)
