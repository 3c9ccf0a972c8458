"""What panels of a site share while one stretch of time is worked out."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.life.columns import ColumnName
from simulator.life.fault import FaultName, FaultSet
from simulator.life.moment import Moments
from simulator.life.noise import Floats
from simulator.life.outage import Reach

BATTERY_S = 60.0
"""How long a school's tired UPS carries it. Real ones last longer; a demonstration cannot wait."""


@dataclass
class Scene:
    """Instants with their faults. `now` is for what is read, `block` for traffic: the five minutes each instant lies in."""

    now: Moments
    block: Moments
    faults: FaultSet
    reach: Reach
    is_live: bool = False
    """Whether instants are seconds (five of them, a cell) rather than means of five minutes."""
    use: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    """How much of its possible traffic the school's uplink carries, 0 to 1, in and out; set by the traffic panel."""

    @property
    def on_battery_s(self) -> Floats:
        """Seconds on battery, -1 with mains."""
        return self.faults.since(FaultName.POWER_LOSS, self.now.at)

    @property
    def dark(self) -> NDArray[np.bool_]:
        """No power: the battery is empty."""
        empty: NDArray[np.bool_] = self.on_battery_s >= BATTERY_S
        return empty

    @property
    def cut(self) -> NDArray[np.bool_]:
        """The link into the metro network is down, by a cut fibre or for want of power."""
        return (
            self.faults.during(FaultName.CUT_UPLINK, self.now.at) | self.dark | self._gateways(FaultName.GATEWAY_DEAD)
        )

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Nothing passes the gateway, whatever its lights show."""
        return self.cut | self._gateways(FaultName.GATEWAY_HANGS)

    def silent(self, device: str) -> NDArray[np.bool_]:
        """A device is not heard for something that befell another, or its feed or cable."""
        return self.reach.silent(device, self.faults, self.now.at)

    def has_no_light(self, device: str, port: str) -> NDArray[np.bool_]:
        """A port is down because of what befell its cable or the other end."""
        return self.reach.has_no_light(device, port, self.faults, self.now.at)

    def _gateways(self, name: FaultName) -> NDArray[np.bool_]:
        on = np.zeros(len(self.now), dtype=np.bool_)
        for device in self.faults.devices(name):
            on |= self.faults.during(name, self.now.at, device)
        return on


class Panel(Protocol):
    """Some columns of a site. `names` are its columns in order; `fill` gives their values, shape (instants, columns)."""

    names: list[ColumnName]

    def fill(self, scene: Scene) -> Floats:
        """Work out the columns. Panels run in a fixed order; traffic comes before what depends on load."""
