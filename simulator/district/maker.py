"""Makes devices of one site: the same identity for the same seed, whoever asks in which order."""

from dataclasses import dataclass

from campus.samples import DeviceKind
from simulator.district.device import Family, Port, SimDevice
from simulator.district.dice import dice
from simulator.district.hardware import Model, Publisher
from simulator.district.identity import mac_address, serial_number


@dataclass(frozen=True)
class Place:
    """What people call a device, and the room it stands in."""

    name_zh: str
    room: str


@dataclass(frozen=True)
class Maker:
    """For the site `site` of the district `seed`."""

    seed: int
    site: str

    def polled(
        self, device: str, kind: DeviceKind, model: Model, place: Place, ports: tuple[Port, ...] = ()
    ) -> SimDevice:
        """A device that answers SNMP; its last port, if it has any, leads towards the metro network."""
        firmware = dice(self.seed, self.site, device, "firmware").choice(model.firmware)
        return SimDevice(
            id=device,
            kind=kind,
            family=model.family,
            name_zh=place.name_zh,
            system_name=f"{self.site}-{device}",
            room=place.room,
            vendor=model.vendor,
            model=model.name,
            serial=serial_number(self.seed, self.site, device, model.serial_prefix),
            firmware=firmware,
            mac=mac_address(self.seed, self.site, device, model.family),
            sys_object_id=model.sys_object_id,
            ports=ports,
            uplink=ports[-1].name if ports else "",
        )

    def labelled(
        self, device: str, kind: DeviceKind, family: Family, models: tuple[Publisher, ...], place: Place
    ) -> SimDevice:
        """A device that publishes over MQTT, or answers something else than SNMP, of one of `models`."""
        model = dice(self.seed, self.site, device, "model").choice(models)
        return SimDevice(
            id=device,
            kind=kind,
            family=family,
            name_zh=place.name_zh,
            system_name=device,
            room=place.room,
            vendor=model.vendor,
            model=model.name,
            serial=serial_number(self.seed, self.site, device, model.vendor[:2].upper()),
            firmware=model.firmware,
            mac=mac_address(self.seed, self.site, device, family),
        )
