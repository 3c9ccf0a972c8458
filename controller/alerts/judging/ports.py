"""Where ports lead, for a whole district in a few sorted arrays: which are uplinks, which have a neighbour. Pure.

Neighbours are only ever added: a link that went down shows none any more.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from controller.alerts.judging.columns import Mask
from controller.alerts.judging.layers import Numbers, grown
from controller.alerts.judging.names import NONE, Keys, is_in, part_keys
from controller.alerts.model import Ports
from controller.registry.model import PortUse
from controller.store.port import Values


class PortMap:
    """By device number and instance number, as the columns of series names count them. Not thread-safe.

    Facts may name ports that no series has spoken of yet, so port names have numbers of their own here.
    """

    def __init__(self) -> None:
        self._ports: dict[str, int] = {}
        self._instances: Sequence[str] = ()
        self._port_of_instance: Numbers = np.empty(0, dtype=np.int32)
        self._translated = 0
        """How many ports `_port_of_instance` knows."""
        self._uplinks: Keys = np.empty(0, dtype=np.int64)
        self._linked: Keys = np.empty(0, dtype=np.int64)
        self._capacity_bps: Values = np.empty(0, dtype=np.float64)

    def know(self, devices: int, instances: Sequence[str]) -> None:
        """Be ready for device numbers below `devices` and for these instances, a list that grows at its end."""
        self._instances = instances
        if devices > len(self._capacity_bps):
            self._capacity_bps = grown(self._capacity_bps, devices + devices // 4)

    def take(self, uses: Mapping[int, PortUse]) -> set[int]:
        """Put what is newly known in place, by device number; the devices for which that changes anything."""
        devices = np.array(list(uses), dtype=np.int32)
        uplinks = self._keys((device, port) for device, use in uses.items() for port in use.uplinks)
        linked = self._keys((device, port) for device, use in uses.items() for port in use.linked)
        is_of_these = np.isin(self._uplinks >> 32, devices)
        moved = np.setxor1d(self._uplinks[is_of_these], uplinks)
        added = linked[~is_in(self._linked, linked)]
        capacity = np.array([use.uplink_capacity_bps for use in uses.values()])
        is_other = capacity != self._capacity_bps[devices]
        self._uplinks = np.union1d(self._uplinks[~is_of_these], uplinks)
        self._linked = np.union1d(self._linked, added)
        self._capacity_bps[devices] = capacity
        changed = np.concatenate([moved >> 32, added >> 32, devices[is_other]])
        return set(changed.tolist())

    def leads(self, device: Numbers, instance: Numbers, ports: Ports) -> Mask:
        """Which parts of devices are ports of the kind a rule is about."""
        match ports:
            case Ports.ANY:
                return np.ones(len(device), dtype=np.bool_)
            case Ports.UPLINK:
                return is_in(self._uplinks, self._part(device, instance))
            case Ports.LINKED:
                part = self._part(device, instance)
                return is_in(self._linked, part) & ~is_in(self._uplinks, part)

    def capacity_bps(self, device: Numbers, instance: Numbers) -> Values:
        """What each may carry as contracted; 0 where the port's own speed is the limit."""
        is_uplink = is_in(self._uplinks, self._part(device, instance))
        return np.where(is_uplink, self._capacity_bps[device], 0.0)

    def _keys(self, ports: Iterable[tuple[int, str]]) -> Keys:
        keys = {device << 32 | self._ports.setdefault(port, len(self._ports)) for device, port in ports}
        return np.array(sorted(keys), dtype=np.int64)

    def _part(self, device: Numbers, instance: Numbers) -> Keys:
        first = len(self._port_of_instance) if self._translated == len(self._ports) else 0
        if first < len(self._instances):
            numbers = [self._ports.get(name, NONE) for name in self._instances[first : len(self._instances)]]
            fresh = np.array(numbers, dtype=np.int32)
            self._port_of_instance = np.concatenate([self._port_of_instance[:first], fresh])
            self._translated = len(self._ports)
        return part_keys(device, self._port_of_instance[instance])
