"""Traffic of a school's ports: end devices' demands, squeezed through the uplink, summed up port by port.

The sum of the switches' uplinks is the gateway's LAN is the gateway's uplink, at every instant and in both directions,
because all of them are sums of the same flows.
"""

from dataclasses import dataclass

import numpy as np

from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.columns import ColumnName, Quantity
from simulator.life.demand import Demand
from simulator.life.fault import FaultName
from simulator.life.noise import Floats
from simulator.life.scene import Scene

FULLEST = 0.94
"""Share of a link's capacity that arrives at most, as the mean of five minutes."""
FLOOD_BPS = 900e6
OCTET_BITS = 8.0
PACKET_OCTETS = 820.0
BAD_CABLE_ERRORS = 3e-5
"""Damaged packets among those a bad cable carries."""
MOST_RIPPLE = 0.4
"""How far five seconds stray from their five minutes."""
LOSS = 0.02
"""Of what does not fit, the share that is dropped rather than never sent."""
UP, DOWN = 1.0, 2.0


@dataclass(frozen=True)
class UplinkTraffic:
    """What passes a school's uplink, bit/s per instant: `down` from the metro network, `up` into it, `video` the part of up
    that cameras send; `lost_down` is what the core had to drop, in packets per second; `is_up` is 0 or 1."""

    down: Floats
    up: Floats
    video: Floats
    lost_down: Floats
    is_up: Floats


class TrafficPanel:
    """All ports of a school."""

    def __init__(self, seed: int, site: SimSite, demand: Demand) -> None:
        self._demand = demand
        self._site = site
        self._ports = [(device, port) for device in site.devices for port in device.ports]
        self.names = [
            ColumnName(device.id, quantity, port.name)
            for quantity in (
                Quantity.IN_OCTETS, Quantity.OUT_OCTETS, Quantity.IN_ERRORS, Quantity.OUT_DISCARDS, Quantity.OPER_STATUS
            )
            for device, port in self._ports
        ]  # fmt: skip
        self._place = {(device.id, port.name): index for index, (device, port) in enumerate(self._ports)}
        self._uplink = self._place[(site.gateway.id, site.gateway.uplink)]
        self._capacity = site.gateway.uplink_capacity_bps
        self._toward, self._away = self._matrices()
        self._plugged = np.array([UP if port.plugged else DOWN for _, port in self._ports])
        self._error_rate = np.zeros(len(self._ports))
        bad = site.wired[demand.leaves[key_of(seed, site.id, "bad-cable") % len(demand.leaves)]]
        self._error_rate[self._place[bad]] = BAD_CABLE_ERRORS
        self._office = demand.leaves.index("office")
        self.passing: UplinkTraffic | None = None

    @staticmethod
    def lit(scene: Scene) -> Floats:
        """Whether light comes over the fibre to the centre."""
        return (~scene.cut[:, np.newaxis]).astype(np.float64)

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`. Leaves `passing` behind for the centre and `scene.use` for those whose load follows traffic."""
        down, up, lost_down, lost_up = self._flows(scene)
        if scene.is_live:
            ripple = self._demand.cell_weights(scene) - 1
            down, up = self._rippled(down, ripple), self._rippled(up, ripple)
        into = down @ self._away + up @ self._toward
        out = down @ self._toward + up @ self._away
        status = np.repeat(self._plugged[np.newaxis, :], len(scene.now), axis=0)
        status[scene.cut, self._uplink] = DOWN
        if scene.faults.faults:
            for place, (device, port) in enumerate(self._ports):
                status[scene.has_no_light(device.id, port.name), place] = DOWN
        total_down, total_up = down.sum(axis=1), up.sum(axis=1)
        self.passing = UplinkTraffic(
            total_down, total_up, up[:, self._demand.is_camera].sum(axis=1), lost_down, (~scene.cut).astype(np.float64)
        )
        scene.use = np.stack((total_down, total_up), axis=1) / self._capacity
        discards = np.zeros_like(into)
        discards[:, self._uplink] = lost_up
        errors = into / OCTET_BITS / PACKET_OCTETS * self._error_rate
        return np.hstack((into / OCTET_BITS, out / OCTET_BITS, errors, discards, status))

    def _flows(self, scene: Scene) -> tuple[Floats, Floats, Floats, Floats]:
        """(down, up, lost down, lost up): flows per leaf in bit/s, losses at the uplink in packets per second."""
        down, up = self._demand.asked(scene)
        flooding = scene.faults.during(FaultName.FLOOD_LINK, scene.now.at)
        up[flooding, self._office] += FLOOD_BPS
        flowing = (~scene.stuck).astype(np.float64)[:, np.newaxis]
        if scene.faults.faults:
            for leaf, name in enumerate(self._demand.leaves):
                lost = scene.silent(name)
                down[lost, leaf] = up[lost, leaf] = 0.0
        for device in scene.faults.devices(FaultName.HANG_BOARD) | scene.faults.devices(FaultName.CAMERA_BLACK):
            if device not in self._demand.leaves:
                continue  # a camera on its recorder's own ports
            leaf = self._demand.leaves.index(device)
            stopped = scene.faults.during(FaultName.HANG_BOARD, scene.now.at, device)
            stopped |= scene.faults.during(FaultName.CAMERA_BLACK, scene.now.at, device)
            down[stopped, leaf] = up[stopped, leaf] = 0.0
        down, lost_down = _squeezed(down * flowing, self._capacity)
        up, lost_up = _squeezed(up * flowing, self._capacity)
        return down, up, lost_down, lost_up

    def _rippled(self, flows: Floats, ripple: Floats) -> Floats:
        """Means of five minutes to those of five seconds; the fuller the link, the less room there is to ripple."""
        total = np.maximum(flows.sum(axis=1), 1.0)
        room = np.clip((self._capacity / total - 1) / MOST_RIPPLE, 0, 1)
        rippled: Floats = flows * (1 + ripple * room[:, np.newaxis])
        return rippled

    def _matrices(self) -> tuple[Floats, Floats]:
        """(toward, away), each (leaves, ports): which ports send towards the leaf, and which send away from it.

        Down-flow leaves by ports that face the leaf and enters by ports that face the metro network; up-flow the reverse.
        """
        leaves = self._demand.leaves
        toward = np.zeros((len(leaves), len(self._ports)))
        away = np.zeros_like(toward)
        gateway = self._site.gateway
        lan_of = {
            cable.remote_device: cable.port
            for cable in self._site.cables
            if cable.device == gateway.id and cable.port != gateway.uplink
        }
        own = {
            device.id: device.ports[0].name
            for device in self._site.devices
            if device.id in self._site.wired and device.ports
        }
        for row, leaf in enumerate(leaves):
            switch_id, port = self._site.wired[leaf]
            switch = self._site.device(switch_id)
            toward[row, [self._place[(switch_id, port)], self._place[(gateway.id, lan_of[switch_id])]]] = 1.0
            away[row, [self._place[(switch_id, switch.uplink)], self._uplink]] = 1.0
            if leaf in own:
                away[row, self._place[(leaf, own[leaf])]] = 1.0
        return toward, away


def _squeezed(flows: Floats, capacity_bps: float) -> tuple[Floats, Floats]:
    """Flows as they fit through the link, each losing the same share, and the packets per second lost to it."""
    total = flows.sum(axis=1)
    room = FULLEST * capacity_bps
    share = np.where(total > room, room / np.maximum(total, 1.0), 1.0)
    lost: Floats = total * (1 - share) * LOSS / OCTET_BITS / PACKET_OCTETS
    return flows * share[:, np.newaxis], lost
