"""A site's matrix: all quantities of all its devices at any instants."""

import numpy as np

from campus.samples import DeviceKind
from simulator.district.centre import CORE
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.life.air import AirPanel
from simulator.life.boards import BoardPanel
from simulator.life.columns import ColumnName, Columns, Quantity
from simulator.life.core import CorePanel
from simulator.life.demand import BLOCK_MS, Demand
from simulator.life.fault import FaultSet
from simulator.life.kitchens import KitchenPanel
from simulator.life.light import LightPanel
from simulator.life.machines import NetworkPanel, PrinterPanel, ServerPanel, UpsPanel
from simulator.life.moment import Bells, Moments
from simulator.life.noise import Floats, Longs
from simulator.life.outage import Reach
from simulator.life.scene import Panel, Scene
from simulator.life.traffic import TrafficPanel, UplinkTraffic
from simulator.life.watchers import CameraPanel, GatePanel, ProjectorPanel, RecorderPanel

_NETWORK = (DeviceKind.GATEWAY, DeviceKind.SWITCH, DeviceKind.ACCESS_POINT)


class SiteLife:
    """One site. Pure: equal arguments give equal matrices, and no row depends on another."""

    def __init__(self, district: District, site: SimSite, holidays: frozenset[int]) -> None:
        self.site = site
        self._bells = Bells.of(site.periods)
        self._reach = Reach(site)
        self._holidays = holidays
        self._panels: list[Panel] = []
        self.traffic: TrafficPanel | CorePanel
        seed = district.seed
        if site.stage:
            boards = BoardPanel(seed, site, site.of_kind(DeviceKind.BOARD))
            self.traffic = school = TrafficPanel(seed, site, Demand(seed, site, boards))
            fibres = {(site.gateway.id, site.gateway.uplink): site.id}
            light = LightPanel(seed, fibres, school.lit)
            self._panels = [
                boards,
                KitchenPanel(seed, site, site.of_kind(DeviceKind.KITCHEN_MONITOR)),
                CameraPanel(seed, site, site.of_kind(DeviceKind.CAMERA)),
                RecorderPanel(site.of_kind(DeviceKind.RECORDER)),
                ProjectorPanel(seed, site, site.of_kind(DeviceKind.PROJECTOR)),
                GatePanel(seed, site, site.of_kind(DeviceKind.GATE)),
                PrinterPanel(seed, site, site.of_kind(DeviceKind.PRINTER)),
            ]
        else:
            self.traffic = core = CorePanel(site, district.core_port_of)
            ports = district.core_port_of
            light = LightPanel(seed, {(CORE, ports[school]): school for school in ports}, core.lit)
            self._panels = [ServerPanel(seed, site, site.of_kind(DeviceKind.SERVER))]
        network = tuple(device for device in site.devices if device.kind in _NETWORK)
        self._panels += [
            self.traffic,
            light,
            NetworkPanel(seed, site, network),
            AirPanel(seed, site, site.of_kind(DeviceKind.ACCESS_POINT)),
            UpsPanel(seed, site, site.of_kind(DeviceKind.UPS)),
        ]
        self.columns = Columns()
        for panel in self._panels:
            self.columns.add(panel.names)

    def evaluate(self, at: Longs, faults: FaultSet) -> Floats:
        """Instants as they are read live: traffic is that of the five seconds each lies in."""
        return self._matrix(self._scene(at, at - at % BLOCK_MS, faults, is_live=True))

    def evaluate_means(self, at: Longs, faults: FaultSet) -> Floats:
        """Instants as a reader at the end of each five minutes sees them: traffic is the mean of those that end at `at`."""
        return self._matrix(self._scene(at, (at - 1) // BLOCK_MS * BLOCK_MS, faults, is_live=False))

    def alive_column(self, device: str) -> int:
        """The column that says whether a device has power and wits."""
        return self.columns[ColumnName(device, Quantity.ALIVE)]

    def _scene(self, at: Longs, block: Longs, faults: FaultSet, *, is_live: bool) -> Scene:
        now = Moments(at, self._bells, self._holidays)
        begin = now if at is block else Moments(block, self._bells, self._holidays)
        return Scene(now, begin, faults, self._reach, is_live)

    def _matrix(self, scene: Scene) -> Floats:
        matrix = np.hstack([panel.fill(scene) for panel in self._panels])
        if matrix.shape != (len(scene.now), len(self.columns)):
            raise AssertionError(f"{self.site.id}: {matrix.shape} values for {len(self.columns)} columns")
        return matrix


class DistrictLife:
    """All sites, evaluated together: the centre sees what passes the schools' uplinks."""

    def __init__(self, district: District, holidays: frozenset[int]) -> None:
        self.district = district
        self.schools = [SiteLife(district, site, holidays) for site in district.schools]
        self.centre = SiteLife(district, district.centre, holidays)
        self.sites = {life.site.id: life for life in (self.centre, *self.schools)}

    def evaluate(self, at: Longs, faults: dict[str, FaultSet]) -> dict[str, Floats]:
        """Live rows of every site, by site id; `faults` by site id, sites without any may be missing."""
        none = FaultSet()
        rows = {life.site.id: life.evaluate(at, faults.get(life.site.id, none)) for life in self.schools}
        self._tell_core()
        rows[self.centre.site.id] = self.centre.evaluate(at, faults.get(self.centre.site.id, none))
        return rows

    def evaluate_means(self, at: Longs, faults: dict[str, FaultSet]) -> dict[str, Floats]:
        """As `evaluate`, with traffic as means of five minutes."""
        none = FaultSet()
        rows = {life.site.id: life.evaluate_means(at, faults.get(life.site.id, none)) for life in self.schools}
        self._tell_core()
        rows[self.centre.site.id] = self.centre.evaluate_means(at, faults.get(self.centre.site.id, none))
        return rows

    def _tell_core(self) -> None:
        passing: dict[str, UplinkTraffic] = {}
        for life in self.schools:
            if isinstance(life.traffic, TrafficPanel) and life.traffic.passing is not None:
                passing[life.site.id] = life.traffic.passing
        if isinstance(self.centre.traffic, CorePanel):
            self.centre.traffic.passing = passing
