"""Tables of stations: written and read again, refused when they are none, and what of them counts as a change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import Poison
from campus.stations import MAX_STATIONS, Heard, Resolved, StationTables, decoded, encoded, mac_of, substance

MAC, PHONE = "00e0fc123456", "da10b2c3d4e5"
macs = st.binary(min_size=6, max_size=6).map(bytes.hex)
heard = st.builds(Heard, st.text(max_size=9), st.integers(0, 4094), st.lists(macs, max_size=4).map(tuple))
resolved = st.builds(Resolved, st.text(max_size=40), macs, st.text(max_size=9))


@given(st.builds(StationTables, st.lists(heard).map(tuple), st.lists(resolved).map(tuple), st.integers(0, 9)))
def test_what_was_told_is_heard(tables: StationTables) -> None:
    assert decoded(encoded(tables)) == tables


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"forwarding":[["GE0/1",1,["00:e0:fc:12:34:56"]]]}',
        b'{"addresses":[["10.0.0.1",""]]}',
        b'{"forwarding":' + b"[" * 5000,
        encoded(StationTables((Heard("GE0/1", 1, (MAC,) * (2 * MAX_STATIONS + 1)),))),
    ],
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Poison, match=r"station|table"):
        decoded(content)


@given(macs, st.sampled_from(":-. "))
def test_an_address_is_known_however_it_is_parted(mac: str, mark: str) -> None:
    parts = [mac[i : i + 2] for i in range(0, 12, 2)]
    wanted = mac if mac != "0" * 12 else ""
    assert mac_of(mark.join(parts).upper()) == wanted
    assert mac_of(mark.join(part.lstrip("0") or "0" for part in parts)) == wanted


def test_phones_with_made_up_addresses_come_and_go_without_a_change() -> None:
    quiet = StationTables((Heard("GE0/1", 1, (MAC,)),), (Resolved("10.0.0.5", MAC),))
    noisy = StationTables((Heard("GE0/1", 1, (MAC, PHONE)),), (Resolved("10.0.0.5", MAC), Resolved("10.0.0.6", PHONE)))
    moved = StationTables((Heard("GE0/2", 1, (MAC,)),), (Resolved("10.0.0.5", MAC),))
    assert list(substance(quiet)) == list(substance(noisy)) != list(substance(moved))


@pytest.mark.parametrize(
    "tables",
    [
        StationTables((Heard("p" * 129, 1, ("00e0fc123456",)),)),
        StationTables((), (Resolved("1" * 129, "00e0fc123456"),)),
        StationTables((), (Resolved("10.1.1.1", "00e0fc123456", "p" * 129),)),
    ],
)
def test_no_name_is_longer_than_a_port_may_be_called(tables: StationTables) -> None:
    with pytest.raises(Poison, match="longer"):
        decoded(encoded(tables))
