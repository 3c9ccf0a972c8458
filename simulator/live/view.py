"""A device's MIB, live: leaves bound to the district, and the view of a device that lost half of its tables."""

from simulator.life.columns import Columns
from simulator.live.district import LiveDistrict
from simulator.mib.leaf import DeviceMib, Fixed, Gauge, Leaf, Sum, Uptime
from simulator.mib.standard import IF_TABLE, IF_X_TABLE
from simulator.snmp import ber
from simulator.snmp.ber import Oid, parse_oid
from simulator.snmp.tree import Binding, MibTree, MibView, Source

_TABLES = (parse_oid(IF_TABLE), parse_oid(IF_X_TABLE))
_WRAP = {ber.COUNTER32: 1 << 32, ber.COUNTER64: 1 << 64}
_TICKS_WRAP = 1 << 32


def live_view(live: LiveDistrict, site: str, device: str, mib: DeviceMib) -> MibTree:
    """The device's objects, each giving its value of the moment it is asked for."""
    columns = live.life.sites[site].columns
    return MibTree({oid: _source(live, site, device, columns, leaf) for oid, leaf in mib.items()})


def _source(live: LiveDistrict, site: str, device: str, columns: Columns, leaf: Leaf) -> Source:
    match leaf:
        case Fixed(encoded=encoded):
            return encoded
        case Gauge(column=name, tag=tag, scale=scale, offset=offset):
            place = columns[name]
            return lambda now: ber.encode_integer(round(live.value(site, place, now) * scale + offset), tag)
        case Sum(column=name, tag=tag, share=share):
            place, wrap = columns[name], _WRAP[tag]
            return lambda now: ber.encode_integer(int(live.sum(site, place, now) * share) % wrap, tag)
        case Uptime():
            return lambda now: ber.encode_integer(live.uptime_ms(site, device, now) // 10 % _TICKS_WRAP, ber.TIME_TICKS)


class HalfTable:
    """A view that hides the second half of the rows of the interface tables."""

    def __init__(self, whole: MibTree) -> None:
        self._whole: MibView = whole
        indices = sorted({oid[-1] for oid in whole.oids() if oid[: len(_TABLES[0])] == _TABLES[0]})
        self._hidden = frozenset(indices[len(indices) // 2 :])

    def value(self, oid: Oid, now: int) -> bytes | None:
        """See `MibView`."""
        return None if self._hides(oid) else self._whole.value(oid, now)

    def successor(self, oid: Oid, now: int) -> Binding | None:
        """See `MibView`."""
        following = self._whole.successor(oid, now)
        while following is not None and self._hides(following.oid):
            following = self._whole.successor(following.oid, now)
        return following

    def has_object(self, oid: Oid) -> bool:
        """See `MibView`."""
        return self._whole.has_object(oid)

    def _hides(self, oid: Oid) -> bool:
        return oid[-1] in self._hidden and any(oid[: len(table)] == table for table in _TABLES)
