"""An anonymised recording names nobody, and its device reads as before."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_profiles.anonymise import anonymised
from firmware_profiles.mask_address import masked_macs, masked_v4, masked_v6
from firmware_profiles.walk import ADDRESS, INTEGER, OCTETS, Row, Walk, dotted, parse_walk, read_walk, written
from tests.profiles.alike import nameless
from tests.profiles.test_recordings import READ_BY, probed
from tests.support.snmp import SHIPPED

SMALL = Path(__file__).parents[1] / "recordings"
PROFILES = list(SHIPPED.profiles.values())
KEY = b"0123456789abcdef"
NAMES = st.from_regex(r"[A-Z][a-z]{4,9}q[a-z]{2}", fullmatch=True)
"""Names with a q in their midst, which no word of the trade is."""
SERIALS = st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Z][0-9]{3}", fullmatch=True)
MACS = st.integers(1, (1 << 24) - 1).map(lambda low: bytes.fromhex("488eef") + low.to_bytes(3, "big"))
V4 = st.one_of(
    st.integers(0x0A000001, 0x0AFFFFFE), st.integers(0xC0A80001, 0xC0A8FFFE), st.integers(0x32000000, 0x7EFFFFFF)
).map(lambda number: IPv4Address(number).packed)


def masked(walk: Walk) -> Walk:
    return anonymised(walk, PROFILES, KEY)


def oid(text: str) -> tuple[int, ...]:
    return tuple(int(arc) for arc in text.split("."))


@given(
    names=st.lists(NAMES, min_size=5, max_size=5, unique=True),
    serial=SERIALS,
    macs=st.lists(MACS, min_size=2, max_size=12, unique=True),
    addresses=st.lists(V4, min_size=2, max_size=12, unique=True),
)
def test_nothing_that_names_anybody_survives_and_tables_still_join(
    names: list[str], serial: str, macs: list[bytes], addresses: list[bytes]
) -> None:
    host, person, place, label, neighbour = names
    rows = [
        Row(oid("1.3.6.1.2.1.1.1.0"), OCTETS, f"Linux {host} 5.10".encode()),
        Row(oid("1.3.6.1.2.1.1.4.0"), OCTETS, f"{person} <{person}@school.cn>".encode()),
        Row(oid("1.3.6.1.2.1.1.5.0"), OCTETS, host.encode()),
        Row(oid("1.3.6.1.2.1.1.6.0"), OCTETS, f"{place} 教学楼 3".encode()),
        Row(oid("1.3.6.1.2.1.31.1.1.1.18.1"), OCTETS, label.encode()),
        Row(oid("1.3.6.1.2.1.47.1.1.1.1.11.1"), OCTETS, serial.encode()),
        Row(oid("1.0.8802.1.1.2.1.4.1.1.9.0.1.1"), OCTETS, f"{neighbour}.school.cn".encode()),
        Row(oid("1.3.6.1.4.1.99999.1.0"), OCTETS, f"{serial}, {label} by {person} at {dotted(addresses[0])}".encode()),
        Row(oid("1.3.6.1.4.1.99999.2.0"), OCTETS, macs[0].hex("-").upper().encode()),
        Row(oid("1.3.6.1.4.1.99999.3.0"), OCTETS, b"\x80\x00" + macs[1]),
        Row((*oid("1.3.6.1.4.1.99999.4.1.2"), len(label), *label.encode()), INTEGER, 7),
        Row((*oid("1.3.6.1.4.1.99999.4.1.3"), len(label), *label.encode()), INTEGER, 8),
        Row(oid("1.3.6.1.6.3.18.1.1.1.2.1"), OCTETS, b"secretword"),
        *(Row((*oid("1.3.6.1.2.1.2.2.1.6"), n), OCTETS, mac) for n, mac in enumerate(macs, 1)),
        *(Row((*oid("1.3.6.1.2.1.17.4.3.1.2"), *mac), INTEGER, n) for n, mac in enumerate(macs, 1)),
        *(Row((*oid("1.3.6.1.2.1.4.20.1.1"), *ip), ADDRESS, dotted(ip)) for ip in addresses),
        *(Row((*oid("1.3.6.1.2.1.4.22.1.2.5"), *ip), OCTETS, macs[0]) for ip in addresses),
    ]
    walk = Walk(rows)
    other = masked(walk)
    told = "\n".join(f"{dotted(row.oid)}|{row.value!r}" for row in other.rows)
    assert not [word for word in (*names, serial, "secretword") if word.lower() in told.lower()]
    assert not [
        ip for ip in addresses if f".{dotted(ip)}|" in told or f"'{dotted(ip)}'" in told or f" {dotted(ip)}" in told
    ]
    octets = b"".join(row.value for row in other.rows if isinstance(row.value, bytes))
    indices = b"".join(bytes(arc % 256 for arc in row.oid) + b"\0\0" for row in other.rows)
    assert not [mac for mac in macs if mac in octets or mac in indices or mac.hex("-").upper().encode() in octets]
    assert len(other) == len(walk) - 1, "SNMP's own communities are left out"
    assert sorted(row.tag for row in other.rows) == sorted(row.tag for row in walk.rows[:-1])
    ports = {n: other.value(f"1.3.6.1.2.1.2.2.1.6.{n}") for n in range(1, len(macs) + 1)}
    assert {bytes(row.oid[11:]): row.value for row in other.rows if row.oid[:11] == oid("1.3.6.1.2.1.17.4.3.1.2")} == {
        mac: n for n, mac in ports.items()
    }
    own = {str(row.value) for row in other.rows if row.oid[:10] == oid("1.3.6.1.2.1.4.20.1.1")}
    assert own == {dotted(row.oid[11:]) for row in other.rows if row.oid[:10] == oid("1.3.6.1.2.1.4.22.1.2")}
    label_now = other.value("1.3.6.1.2.1.31.1.1.1.18.1")
    assert isinstance(label_now, bytes)
    assert {bytes(row.oid[11:]) for row in other.rows if row.oid[:9] == oid("1.3.6.1.4.1.99999.4.1")} == {label_now}
    assert len(str(label_now, "ascii")) == len(label)


@given(st.sets(V4, max_size=40), st.sets(MACS, max_size=40), st.sets(st.binary(min_size=16, max_size=16), max_size=20))
def test_no_address_stands_for_one_that_was_there(v4: set[bytes], macs: set[bytes], v6: set[bytes]) -> None:
    for originals, masks in ((v4, masked_v4(v4)), (macs, masked_macs(macs)), (v6, masked_v6(v6))):
        assert len(set(masks.values())) == len(masks)
        assert not set(masks.values()) & originals
    fakes = masked_macs(macs)
    assert sorted(macs, key=lambda mac: fakes[mac]) == sorted(macs), "rows stay in their order"
    assert {mac[:3] for mac in macs} == {mac[:3] for mac in fakes.values()}


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=24)), max_size=12))
def test_whatever_the_octets_the_objects_and_types_stay(values: list[tuple[int, bytes]]) -> None:
    rows = [
        Row((*oid("1.3.6.1.4.1.99999.1.1.2"), at, index), OCTETS, value) for at, (index, value) in enumerate(values)
    ]
    walk = Walk(rows)
    assert [(row.oid, row.tag) for row in masked(walk).rows] == [(row.oid, row.tag) for row in walk.rows]


def test_words_of_the_trade_versions_and_numbers_stay() -> None:
    text = "1.3.6.1.2.1.1.1.0|4|Box\n1.3.6.1.4.1.99999.1.0|4|fan speed 4711 rpm\n1.3.6.1.4.1.99999.2.0|4|56.7142857\n"
    assert masked(parse_walk("w", text)).rows == parse_walk("w", text).rows


def test_a_name_from_the_factory_does_not_hide_the_model() -> None:
    text = "1.3.6.1.2.1.1.1.0|4|RouterOS RB760iGS\n1.3.6.1.2.1.1.5.0|4|RouterOS\n"
    assert masked(parse_walk("w", text)).value("1.3.6.1.2.1.1.1.0") == b"RouterOS RB760iGS"


def test_a_version_that_looks_like_an_address_stays() -> None:
    text = "1.3.6.1.2.1.1.1.0|4|Switch, Version 10.1.2.3\n1.3.6.1.2.1.4.20.1.1.10.9.9.9|64|10.9.9.9\n"
    assert masked(parse_walk("w", text)).value("1.3.6.1.2.1.1.1.0") == b"Switch, Version 10.1.2.3"


def reread(tmp_path: Path, path: Path) -> Path:
    copy = tmp_path / path.name
    copy.write_text("".join(f"{written(row)}\n" for row in masked(read_walk(path)).rows))
    return copy


@pytest.mark.parametrize("name", sorted(path.stem for path in SMALL.glob("*.snmprec")))
def test_the_device_reads_as_before(tmp_path: Path, name: str) -> None:
    path = SMALL / f"{name}.snmprec"
    assert nameless(probed(reread(tmp_path, path))) == nameless(probed(path))


@pytest.mark.slow
@pytest.mark.parametrize("name", READ_BY)
def test_so_does_every_real_one(tmp_path: Path, recordings: Path, name: str) -> None:
    path = recordings / f"{name}.snmprec"
    assert nameless(probed(reread(tmp_path, path))) == nameless(probed(path))
