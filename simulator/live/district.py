"""The district now. One object, used from one thread (the event loop's)."""

from collections.abc import Callable

import numpy as np

from simulator.life.columns import ColumnName, Quantity
from simulator.life.demand import CELL_MS
from simulator.life.fault import FOREVER, Fault, FaultName, FaultSet
from simulator.life.incidents import incidents
from simulator.life.noise import Floats
from simulator.life.scene import BATTERY_S
from simulator.life.site_life import DistrictLife
from simulator.life.uptime import REMEMBERED_MS, started_at
from simulator.live.ledger import add_cells, sums_at

_OF_THE_WAY = frozenset({FaultName.CUT_UPLINK, FaultName.GATEWAY_DEAD, FaultName.GATEWAY_HANGS, FaultName.AGENT_STOPS})
"""What interrupts a school's way to the centre at once."""


class LiveDistrict:
    """Values, sums and faults. Life: constructed inert, `start` works out where counters stand, then ask at will.

    Asked for an instant, it moves there; instants must not go back by more than a cell (what is asked then is as of now).
    """

    def __init__(self, life: DistrictLife, clock: Callable[[], int]) -> None:
        self.life = life
        self.clock = clock
        self._faults: list[Fault] = []
        self._sets: dict[str, FaultSet] = {}
        self._sums: dict[str, Floats] = {}
        self._rows: dict[str, Floats] = {}
        self._at = 0
        self._until = 0
        self._restarted: dict[str, int] = {}
        self._troubles: dict[str, tuple[Fault, ...]] = {}

    def start(self) -> None:
        """Work out the counters' sums (a second or two of computing for a full month)."""
        now = self.clock()
        self._troubles = incidents(self.life.district, now - REMEMBERED_MS, now, now)
        self._sums = sums_at(self.life, now)
        self._look(now)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Faults that are on."""
        return tuple(self._faults)

    def value(self, site: str, column: int, now: int) -> float:
        """A quantity at `now`."""
        if now >= self._until:
            self._advance(now)
        return float(self._rows[site][column])

    def sum(self, site: str, column: int, now: int) -> float:
        """What a rate has summed up to at `now`."""
        if now >= self._until:
            self._advance(now)
        return float(self._sums[site][column] + self._rows[site][column] * max(now - self._at, 0) / 1000)

    def row(self, site: str, now: int) -> Floats:
        """All quantities of a site at `now`."""
        if now >= self._until:
            self._advance(now)
        return self._rows[site]

    def uptime_ms(self, site: str, device: str, now: int) -> int:
        """How long a device has been running."""
        past = started_at(self.life.district.seed, site, device, np.array([now]), self._troubles.get(site, ()))
        return max(now - max(int(past[0]), self._restarted.get(site, 0)), 0)

    def is_alive(self, site: str, device: str, now: int) -> bool:
        """Whether a device has power and wits."""
        column = self.life.sites[site].columns[ColumnName(device, Quantity.ALIVE)]
        return self.value(site, column, now) > 0

    def is_cut(self, site: str, now: int) -> bool:
        """Whether a school's way to the centre is interrupted."""
        power = [f for f in self._faults if f.site == site and f.name is FaultName.POWER_LOSS]
        if any(f.site == site and f.name in _OF_THE_WAY for f in self._faults):
            return True
        return any(now - f.start >= BATTERY_S * 1000 for f in power)

    def has(self, name: FaultName, site: str, device: str = "") -> bool:
        """Whether a fault is on."""
        return any(f.name is name and f.site == site and f.device == device for f in self._faults)

    def break_down(self, name: FaultName, site: str, device: str) -> None:
        """Switch a fault on, now; nothing happens when it is on already."""
        now = self.clock()
        if not self.has(name, site, device):
            self._settle(now)
            self._faults.append(Fault(name, site, device, now, FOREVER))
            self._look(now)

    def heal(self, site: str = "") -> int:
        """Switch off the faults of a site, or all; how many there were. Devices that were dark start anew."""
        now = self.clock()
        self._settle(now)
        healed = [fault for fault in self._faults if not site or fault.site == site]
        for fault in healed:
            if fault.name is FaultName.POWER_LOSS and now - fault.start >= BATTERY_S * 1000:
                self._restart(fault.site, now)
        self._faults = [fault for fault in self._faults if fault not in healed]
        self._look(now)
        return len(healed)

    def _restart(self, site: str, now: int) -> None:
        self._sums[site] = np.zeros_like(self._sums[site])
        self._restarted[site] = now

    def _advance(self, now: int) -> None:
        self._settle(now)
        self._look(now)

    def _settle(self, now: int) -> None:
        """Add to the sums what passed until `now`."""
        if now > self._at:
            add_cells(self.life, self._sums, self._at, now, self._sets)
            self._at = now

    def _look(self, now: int) -> None:
        """Work out the quantities of `now`, good until the cell ends."""
        by_site: dict[str, list[Fault]] = {}
        for fault in self._faults:
            by_site.setdefault(fault.site, []).append(fault)
        self._sets = {site: FaultSet(tuple(faults)) for site, faults in by_site.items()}
        at = np.array([now], dtype=np.int64)
        self._rows = {site: matrix[0] for site, matrix in self.life.evaluate(at, self._sets).items()}
        self._at, self._until = now, now - now % CELL_MS + CELL_MS
