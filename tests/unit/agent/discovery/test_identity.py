"""One device however many told of it, and never two for one: whatever is observed, in whatever order."""

import random

from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.identity import merge
from agent.discovery.observation import Observation, Source
from campus.newcomers import serial_key

MACS = [f"00e0fc0000{number:02x}" for number in range(1, 5)]
observations = st.lists(
    st.builds(
        Observation,
        source=st.sampled_from(Source),
        serial=st.sampled_from(["", "", "SN-A", "SN-B", "sn-a ", "0000"]),
        macs=st.lists(st.sampled_from(MACS), max_size=2, unique=True).map(lambda macs: tuple(sorted(macs))),
        chassis=st.sampled_from(["", "", "chassis-1", "chassis-2"]),
        address=st.sampled_from(["", "10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        name=st.sampled_from(["", "sw-1", "SW-1.school.example", "sw-2"]),
        device=st.sampled_from(["", "", "", "sw-1", "cam-1"]),
    ),
    max_size=12,
)


@given(observations, st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter(told: list[Observation], dice: random.Random) -> None:
    shuffled = list(told)
    dice.shuffle(shuffled)
    assert merge(told) == merge(shuffled)


@given(observations)
def test_no_two_serial_numbers_are_ever_one_device_and_nothing_is_lost(told: list[Observation]) -> None:
    merged = merge(told)
    assert all(len({key for one in device if (key := serial_key(one.serial))}) <= 1 for device in merged.devices)
    assert sorted(map(repr, (one for device in merged.devices for one in device))) == sorted(map(repr, set(told)))


@given(observations)
def test_no_two_devices_of_the_configuration_are_ever_one(told: list[Observation]) -> None:
    by_serial = {key: {one.device for one in told if serial_key(one.serial) == key} for key in ("SN-A", "SN-B")}
    for device in merge(told).devices:
        ids = {one.device for one in device if one.source is Source.CONFIGURED and one.device}
        assert len(ids) <= 1 or any(ids <= shared for shared in by_serial.values())


SNMP = Observation(source=Source.SNMP, serial="SN-A", macs=(MACS[0], MACS[1]), address="10.0.0.1", name="gw-1")


def test_one_device_seen_by_snmp_lldp_arp_and_mqtt_is_one_device() -> None:
    others = [
        Observation(source=Source.LLDP, macs=(MACS[1],), name="gw-1"),
        Observation(source=Source.ARP, macs=(MACS[2],), address="10.0.0.1"),
        Observation(source=Source.BRIDGE, macs=(MACS[2],)),
        Observation(source=Source.MQTT, serial=" sn-a", device="gateway"),
        Observation(source=Source.CDP, name="GW-1.school.example"),
    ]
    assert len(merge([SNMP, *others]).devices) == 1


def test_conflicting_evidence_keeps_devices_apart_and_says_why() -> None:
    other = Observation(source=Source.SNMP, serial="SN-B", address="10.0.0.1")
    merged = merge([SNMP, other, Observation(source=Source.TCP, address="10.0.0.1")])
    assert len(merged.devices) == 3
    assert merged.conflicts == ("address 10.0.0.1: borne by devices with the serial numbers SN-A, SN-B",)


def test_a_chain_that_would_join_two_serial_numbers_joins_nothing() -> None:
    other = Observation(source=Source.SNMP, serial="SN-B", macs=(MACS[3],))
    between = Observation(source=Source.LLDP, macs=(MACS[1], MACS[3]))
    merged = merge([SNMP, other, between])
    assert len(merged.devices) == 3
    assert merged.conflicts


def test_a_name_joins_only_what_nothing_else_is_known_of() -> None:
    twin = Observation(source=Source.SNMP, serial="SN-B", address="10.0.0.2", name="gw-1")
    told = Observation(source=Source.CDP, name="gw-1")
    merged = merge([SNMP, twin, told])
    assert len(merged.devices) == 3
    assert merged.conflicts == ("name gw-1: borne by 2 devices",)


def test_serials_that_makers_leave_in_join_nobody() -> None:
    told = [
        Observation(source=Source.SNMP, serial=serial, address=f"10.0.0.{number}")
        for number, serial in enumerate(
            ["0000", "0000", "N/A", "n/a", "To be filled by O.E.M.", "To be filled by O.E.M."]
        )
    ]
    assert len(merge(told).devices) == 6


def test_addresses_that_routers_share_join_nobody() -> None:
    told = [Observation(source=Source.LLDP, macs=("00005e000107",), chassis=name) for name in ("a", "b")]
    assert len(merge(told).devices) == 2
