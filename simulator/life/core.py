"""Traffic at the district centre: each school's uplink seen from the other end of the fibre, the servers, the backbone."""

import numpy as np

from simulator.district.centre import CORE
from simulator.district.site import SimSite
from simulator.life.columns import ColumnName, Quantity
from simulator.life.noise import Floats
from simulator.life.scene import Scene
from simulator.life.traffic import DOWN, OCTET_BITS, UP, UplinkTraffic

FROM_PLATFORM = 0.22
"""Share of the schools' down traffic that the district's own teaching platform answers."""
TO_PLATFORM = 0.3


class CorePanel:
    """The core's ports and those of the servers."""

    def __init__(self, centre: SimSite, core_port_of: dict[str, str]) -> None:
        core = centre.device(CORE)
        self._schools = list(core_port_of)
        servers = [device for device in centre.devices if device.id in centre.wired]
        ports = [core.port(name) for name in core_port_of.values()]
        ports += [core.port(centre.wired[server.id][1]) for server in servers]
        places = [(CORE, port) for port in (*ports, core.port(core.uplink))]
        places += [(server.id, server.ports[0]) for server in servers]
        self._backbone = len(ports)
        self._capacity = float(core.port(core.uplink).speed_bps)
        self.names = [
            ColumnName(device, quantity, port.name)
            for quantity in (
                Quantity.IN_OCTETS, Quantity.OUT_OCTETS, Quantity.IN_ERRORS, Quantity.OUT_DISCARDS, Quantity.OPER_STATUS
            )
            for device, port in places
        ]  # fmt: skip
        self._count = len(places)
        self.passing: dict[str, UplinkTraffic] = {}
        """Set before each `fill`: what passes each school's uplink at the same instants."""

    def lit(self, _scene: Scene) -> Floats:
        """Whether light comes from each school, at the instants that `passing` tells of."""
        return np.stack([self.passing[school].is_up for school in self._schools], axis=1)

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`. What enters the core leaves it: the backbone carries what servers neither send nor take."""
        shape = (len(scene.now), self._count)
        into, out, lost, status = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.full(shape, UP)
        for index, school in enumerate(self._schools):
            passing = self.passing[school]
            into[:, index], out[:, index] = passing.up, passing.down
            lost[:, index] = passing.lost_down
            status[:, index] = np.where(passing.is_up > 0, UP, DOWN)
        n = len(self._schools)
        down, up = out[:, :n].sum(axis=1), into[:, :n].sum(axis=1)
        video = np.sum([self.passing[school].video for school in self._schools], axis=0)
        platform, storage = n, n + 1
        into[:, platform], out[:, platform] = FROM_PLATFORM * down, TO_PLATFORM * (up - video)
        into[:, storage], out[:, storage] = np.minimum(0.01 * video, 0.01 * down), video
        into[:, self._backbone] = down - into[:, platform] - into[:, storage]
        out[:, self._backbone] = up - out[:, platform] - video
        for offset, port in ((1, platform), (2, storage)):
            into[:, self._backbone + offset], out[:, self._backbone + offset] = out[:, port], into[:, port]
        scene.use = np.stack((into[:, self._backbone], out[:, self._backbone]), axis=1) / self._capacity
        return np.hstack((into / OCTET_BITS, out / OCTET_BITS, np.zeros(shape), lost, status))
