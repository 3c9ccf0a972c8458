"""Is what a profile says of forwarding and address tables right?"""

from firmware_profiles.check_words import check_oid
from firmware_profiles.finding import Place
from firmware_profiles.model import ForwardingColumns, Profile

MAC_OCTETS = 6


def check_stations(place: Place, profile: Profile) -> None:
    """Everything under `forwarding` and `addresses`."""
    for index, forwarding in enumerate(profile.forwarding):
        _check_forwarding(place.at("forwarding", index), forwarding)
    for index, addresses in enumerate(profile.addresses):
        check_oid(place.at("addresses", index, "mac"), addresses.mac)


def _check_forwarding(place: Place, columns: ForwardingColumns) -> None:
    for key in ("port", "vlans", "interfaces", "per_vlan"):
        if getattr(columns, key):
            check_oid(place.at(key), getattr(columns, key))
    if columns.mac_at < 0:
        place.at("mac_at").say("an index begins at 0", "count its numbers from the left, the first is 0")
    if columns.mac_at <= columns.vlan_at < columns.mac_at + MAC_OCTETS:
        place.at("vlan_at").say(
            "the VLAN would be one of the six octets of the MAC address",
            "look where the index has the one and the other",
        )
    if columns.vlans and columns.vlan_at < 0:
        place.at("vlans").say("nothing in the index stands for a VLAN", "say where under `vlan_at`")
    if columns.per_vlan and columns.vlan_at >= 0:
        place.at("per_vlan").say("the VLAN is told twice", "keep `per_vlan` or `vlan_at`")
