"""One projector of the running district: what answers for it, and what faults make of it."""

from simulator.district.device import SimDevice
from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.pjlink.appearance import live_sight, plate_of
from simulator.pjlink.projector import PjlinkProjector
from simulator.plan.shape import SimulatorPlan


class LiveProjector:
    """Inert until its `answers` are started; `obey_faults` is called a few times a second."""

    def __init__(self, live: LiveDistrict, site: str, device: SimDevice, host: str, plan: SimulatorPlan) -> None:
        self._live = live
        self._site = site
        self._device = device.id
        plate = plate_of(device, plan.projector_password)
        self.answers = PjlinkProjector(host, plan.pjlink_port, plate, live_sight(live, site, device.id))

    def obey_faults(self, now: int) -> None:
        """Fall silent or babble as the faults of now demand."""
        has = self._live.has
        dead = not self._live.is_alive(self._site, self._device, now) or has(FaultName.SILENT, self._site, self._device)
        self.answers.is_silent = dead
        self.answers.babbles = has(FaultName.GARBAGE, self._site, self._device)
