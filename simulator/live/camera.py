"""One camera or recorder of the running district that is asked over HTTP: what answers for it, and what faults make of it."""

from simulator.camera.dialects import dahua, hikvision
from simulator.camera.proof import Account
from simulator.camera.scene import Trouble, View
from simulator.camera.sight import Disk, Label, Sight
from simulator.camera.web import CameraDoors
from simulator.district.device import Family, SimDevice
from simulator.district.dice import key_of
from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.plan.shape import CAMERA_USER, SimulatorPlan

WRONG_CLOCK_S = 754.0
_TROUBLES = {
    FaultName.CAMERA_BLACK: Trouble.BLACK,
    FaultName.CAMERA_FROZEN: Trouble.FROZEN,
    FaultName.CAMERA_COVERED: Trouble.COVERED,
    FaultName.CAMERA_BLURRED: Trouble.BLURRED,
}
_CHANNELS = 8


class LiveCamera:
    """Inert until its `doors` are started; `obey_faults` is called a few times a second."""

    def __init__(
        self, live: LiveDistrict, site: str, device: SimDevice, host: str, plan: SimulatorPlan, *, is_recorder: bool
    ) -> None:
        self._live = live
        self._site = site
        self._device = device.id
        label = Label(device.vendor, device.model, device.serial, device.firmware, device.name_zh, device.mac.hex(":"))
        self.sight = Sight(
            label,
            live.clock,
            View(key_of(plan.seed, site, device.id, "view") % 10_000),
            is_recorder=is_recorder,
            disks=[Disk("hdda"), Disk("hddb", free_mb=96_000)] if is_recorder else [],
            channels=dict.fromkeys(range(1, _CHANNELS + 1), True) if is_recorder else {},
        )
        speak = dahua if device.family is Family.DAHUA else hikvision
        realm = f"Login to {device.serial}" if device.family is Family.DAHUA else f"IP Camera({device.serial})"
        self.doors = CameraDoors(
            host,
            plan.camera_port,
            plan.rtsp_port,
            "webserver",
            Account(CAMERA_USER, plan.camera_password, realm),
            lambda asked: speak(self.sight, asked),
            codec="H265",
        )

    def obey_faults(self, now: int) -> None:
        """See, tell and count as the faults of now demand."""
        has = {name for name in FaultName if self._live.has(name, self._site, self._device)}
        self.doors.is_silent = FaultName.SILENT in has or not self._live.is_alive(self._site, self._device, now)
        self.doors.babbles = FaultName.GARBAGE in has
        self.sight.suffer(next((trouble for name, trouble in _TROUBLES.items() if name in has), Trouble.NONE))
        self.sight.ahead_s = WRONG_CLOCK_S if FaultName.WRONG_CLOCK in has else 0.0
        if self.sight.is_recorder:
            self.sight.disks[-1].is_failing = FaultName.DISK_FAILING in has
            self.sight.channels[_CHANNELS] = FaultName.CHANNEL_LOST not in has
