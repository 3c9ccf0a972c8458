"""Ranges as people write them: what is asked, and above all what is not."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.ranges import Range, addresses, is_allowed, is_within, parse_range
from campus.errors import Poison

ranges = st.tuples(st.integers(0, 500), st.integers(0, 60)).map(lambda pair: Range(pair[0], pair[0] + pair[1]))


@pytest.mark.parametrize(
    ("text", "first", "last", "count"),
    [
        ("10.20.1.0/24", "10.20.1.1", "10.20.1.254", 254),
        ("10.20.1.77/24", "10.20.1.1", "10.20.1.254", 254),
        ("10.20.1.0/31", "10.20.1.0", "10.20.1.1", 2),
        ("10.20.1.9/32", "10.20.1.9", "10.20.1.9", 1),
        ("10.20.1.250-10.20.2.3", "10.20.1.250", "10.20.2.3", 10),
        (" 10.20.1.10 - 50 ", "10.20.1.10", "10.20.1.50", 41),
    ],
)
def test_a_range_is_read_without_network_and_broadcast_address(text: str, first: str, last: str, count: int) -> None:
    found = list(addresses([parse_range(text)]))
    assert (found[0], found[-1], len(found)) == (first, last, count)


@pytest.mark.parametrize(
    "text",
    ["", "school", "10.20.1.0/33", "10.20.1.9-10.20.1.1", "10.0.0.0/8", "fd00::/120", "10.20.1.10-300", "10.20.1.-5"],
)
def test_what_is_no_range_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Poison) as caught:
        parse_range(text)
    assert caught.value.reason == "bad_range"


@given(st.lists(ranges, max_size=6))
def test_every_address_comes_once_and_only_those_that_are_allowed(chosen: list[Range]) -> None:
    found = list(addresses(chosen))
    numbers = {number for each in chosen for number in range(each.first, each.last + 1)}
    assert [int(ipaddress.IPv4Address(each)) for each in found] == sorted(numbers)
    assert all(is_allowed(each, chosen) for each in found)


@given(ranges, st.lists(ranges, max_size=6))
def test_a_range_is_within_others_when_each_of_its_addresses_is(inner: Range, outer: list[Range]) -> None:
    assert is_within(inner, outer) == all(is_allowed(each, outer) for each in addresses([inner]))


@pytest.mark.parametrize("text", ["", "sw-1", "fd00::1", "10.20.1", "10.20.1.1.1"])
def test_what_is_no_address_is_never_allowed(text: str) -> None:
    assert not is_allowed(text, [Range(0, 2**32 - 1)])
