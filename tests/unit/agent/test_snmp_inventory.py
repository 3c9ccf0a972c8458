"""Modules, licences and addresses out of columns: what tells nothing is left out, what is odd costs itself alone."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collect.snmp_inventory import Inventory, address_of, deadline_ms, inventory
from campus.samples import Licence, Module
from firmware_profiles.model import Filter, LicenceColumns, ModuleColumns, Profile
from firmware_profiles.raw import Raw

NOW = 1_790_000_000_000
DAY_MS = 86_400_000
PARTS = ModuleColumns(
    "1.1", ("1.2", "1.3"), (Filter("1.1", any_of=(9, 10)),), model="1.4", serial="1.5", firmware=("1.6",)
)


class Device:
    """Columns out of a dictionary."""

    def __init__(self, columns: dict[str, dict[str, Raw]]) -> None:
        self._columns = columns

    async def column(self, oid: str) -> dict[str, Raw]:
        return self._columns.get(oid, {})


def read(profile: Profile, columns: dict[str, dict[str, Raw]], serial: str = "") -> Inventory:
    return asyncio.run(inventory(profile, Device(columns), serial, NOW))


def test_modules_are_the_parts_with_a_plate_of_their_own() -> None:
    columns: dict[str, dict[str, Raw]] = {
        "1.1": {"1": 9, "2": 9, "3": 10, "4": 7, "5": 9},
        "1.2": {"1": b"Slot 1", "3": b"", "5": b"Slot 5"},
        "1.3": {"3": b"SFP in GE0/0/1"},
        "1.4": {"1": b"LS-24T", "3": b"SFP-LX", "4": b"FAN"},
        "1.5": {"1": b"SW1", "2": b"", "3": b"OPT7", "5": b"SW-ITSELF"},
        "1.6": {"1": b"2.1"},
    }
    found = read(Profile("switch", modules=(PARTS,)), columns, serial="SW-ITSELF").modules
    assert found == (Module("Slot 1", "LS-24T", "SW1", "2.1"), Module("SFP in GE0/0/1", "SFP-LX", "OPT7"))


def test_licences_tell_when_they_end_in_any_of_the_ways_there_are() -> None:
    profile = Profile(
        "firewall", licences=(LicenceColumns("2.1", expires="2.2"), LicenceColumns("3.1", seconds_left="3.2"))
    )
    columns: dict[str, dict[str, Raw]] = {
        "2.1": {"1": b"AntiVirus", "2": b"Support", "3": b"", "4": b"Web filter"},
        "2.2": {"1": b"Sat Jul 26 01:00:00 2025", "2": b"n/a", "4": b"9999-99-99"},
        "3.1": {"1": b"eval", "2": b"permanent"},
        "3.2": {"1": 86_400, "2": 0},
    }
    assert read(profile, columns).licences == (
        Licence("AntiVirus", 1_753_491_600_000),
        Licence("Support"),
        Licence("Web filter"),
        Licence("eval", (NOW + DAY_MS + 1_800_000) // 3_600_000 * 3_600_000),
        Licence("permanent"),
    )


@pytest.mark.parametrize(
    ("index", "address"),
    [
        ("10.20.1.5", "10.20.1.5"),
        ("1.4.10.20.1.5", "10.20.1.5"),
        ("2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7", "2001:db8::7"),
        ("2.16.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.7", ""),
        ("127.0.0.1", ""),
        ("0.0.0.0", ""),
        ("10.20.1", ""),
        ("300.1.1.1", ""),
        ("no.index.at.all", ""),
    ],
)
def test_own_addresses_are_those_by_which_others_know_the_device(index: str, address: str) -> None:
    assert address_of(index) == address


def test_the_same_address_of_two_tables_is_one() -> None:
    columns: dict[str, dict[str, Raw]] = {"4.1": {"1.4.10.0.0.1": 1}, "4.2": {"10.0.0.1": 1, "127.0.0.1": 2}}
    assert read(Profile("switch", own_addresses=("4.1", "4.2")), columns).addresses == ("10.0.0.1",)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (b"2026-11-22 08:00:00", 1_795_334_400_000),
        (b"Nov  22 2026", 1_795_305_600_000),
        (bytes.fromhex("07ea0b1608000000"), 1_795_334_400_000),
        (bytes.fromhex("07ea0b16080000002b0800"), 1_795_305_600_000),
        (bytes.fromhex("0000000000000000"), 0),
        (b"perpetual", 0),
        (None, 0),
    ],
)
def test_ends_are_read_as_devices_write_them(raw: Raw, moment: int) -> None:
    assert deadline_ms(raw) == moment


@given(st.one_of(st.binary(max_size=20), st.integers(), st.none()))
def test_whatever_stands_there_is_a_moment_or_none(raw: Raw) -> None:
    assert isinstance(deadline_ms(raw), int)
