"""One polled device of the running district: its responder, and what faults make of it."""

from dataclasses import replace

from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.live.view import HalfTable, live_view
from simulator.mib.leaf import DeviceMib
from simulator.plan.shape import SimulatorPlan
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder


class LiveDevice:
    """Inert until its `responder` is started; `obey_faults` is called a few times a second."""

    def __init__(
        self, live: LiveDistrict, site: str, device: str, mib: DeviceMib, host: str, plan: SimulatorPlan
    ) -> None:
        self._live = live
        self._site = site
        self._device = device
        self._whole = live_view(live, site, device, mib)
        self._half = HalfTable(self._whole)
        self.responder = Responder(self._whole, host, plan.snmp_port, plan.community, Quirks(), live.clock)

    def obey_faults(self, now: int) -> None:
        """Fall silent, babble or forget as the faults of now demand."""
        has = self._live.has
        dead = not self._live.is_alive(self._site, self._device, now) or has(FaultName.SILENT, self._site, self._device)
        garbage = has(FaultName.GARBAGE, self._site, self._device)
        self.responder.quirks = replace(self.responder.quirks, silent=dead, garbage=garbage)
        half = has(FaultName.HALF_TABLE, self._site, self._device)
        self.responder.view = self._half if half else self._whole
