"""A site as built: its rooms, devices, cables and what its life depends on."""

from dataclasses import dataclass, field

from campus.samples import DeviceKind
from simulator.district.device import Cable, SimDevice, SimRoom
from simulator.district.names import Stage
from simulator.district.timetable import PERIODS, SimLesson


@dataclass(frozen=True)
class SimSite:
    """A school, or the district centre (`stage` None).

    `wired` maps each end device to the switch port it hangs on: (switch, port name). `demand` scales the school's traffic.
    """

    id: str
    name_en: str
    name_zh: str
    stage: Stage | None
    pupils: int
    rooms: tuple[SimRoom, ...]
    devices: tuple[SimDevice, ...]
    cables: tuple[Cable, ...]
    lessons: tuple[SimLesson, ...] = ()
    wired: dict[str, tuple[str, str]] = field(default_factory=dict)
    demand: float = 1.0
    is_old: bool = False
    """Its gateway is an old one that is soon overtaxed."""
    is_rural: bool = False

    @property
    def periods(self) -> tuple[str, ...]:
        """Bells, ``HH:MM-HH:MM``; none at the centre."""
        return PERIODS[self.stage] if self.stage else ()

    def device(self, device_id: str) -> SimDevice:
        """The device of that id; `KeyError` when there is none."""
        for device in self.devices:
            if device.id == device_id:
                return device
        raise KeyError(f"{self.id} has no device {device_id}")

    def of_kind(self, kind: DeviceKind) -> tuple[SimDevice, ...]:
        """Devices of one kind, in order."""
        return tuple(device for device in self.devices if device.kind is kind)

    @property
    def gateway(self) -> SimDevice:
        """The device with the link into the metro network."""
        return self.of_kind(DeviceKind.GATEWAY)[0]
