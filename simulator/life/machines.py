"""What network equipment, servers, printers and UPSes say of themselves besides traffic."""

import numpy as np

from campus.samples import DeviceKind
from simulator.district.device import SimDevice
from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.boards import alive_of
from simulator.life.columns import ColumnName, Quantity
from simulator.life.moment import DAY_MS, MINUTE_MS
from simulator.life.noise import Floats, chance, keys_for, wander
from simulator.life.scene import BATTERY_S, Scene
from simulator.life.watchers import school_days

_COMMON = (Quantity.ALIVE, Quantity.CPU, Quantity.MEMORY, Quantity.TEMPERATURE)
UPS_NORMAL, UPS_BATTERY = 3.0, 5.0
BATTERY_NORMAL, BATTERY_LOW = 2.0, 3.0
PRINTER_IDLE, PRINTER_PRINTING = 3.0, 4.0
SUPPLIES = ("black",)
USED_OF_SUPPLY = 88.0
"""Per cent of a cartridge after which the office changes it: before it is called low."""
RATED_W = 2700.0
STORAGE_PARTS = ("/", "/data")


class NetworkPanel:
    """Gateways, switches, access points: load follows traffic, clients follow people."""

    def __init__(self, seed: int, site: SimSite, devices: tuple[SimDevice, ...]) -> None:
        self._ids = [device.id for device in devices]
        self._keys = keys_for([key_of(seed, site.id, device.id) for device in devices])
        kinds = [device.kind for device in devices]
        self._base = np.array([_base_load(kind, is_old=site.is_old) for kind in kinds])
        self._per_use = np.array([_load_per_use(kind, is_old=site.is_old) for kind in kinds])
        self._used = 32 + (self._keys % np.uint64(38)).astype(np.float64)
        self._radio = [index for index, kind in enumerate(kinds) if kind is DeviceKind.ACCESS_POINT]
        self._room_for = 22 + (self._keys[self._radio] % np.uint64(26)).astype(np.float64)
        self.names = [ColumnName(device, quantity) for quantity in _COMMON for device in self._ids]
        self.names += [ColumnName(self._ids[index], Quantity.CLIENTS) for index in self._radio]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        now = scene.now
        restless = wander(self._keys ^ np.uint64(1), now.at, 2 * MINUTE_MS)
        slow = wander(self._keys ^ np.uint64(2), now.at, DAY_MS // 4)
        use = scene.use.max(axis=1, initial=0.0)[:, np.newaxis]
        cpu = np.clip(self._base + self._per_use * use + 3 * restless, 1, 99)
        memory = self._used + 4 * slow
        temperature = 34 + 0.12 * cpu + 3 * slow + 2 * now.presence[:, np.newaxis]
        clients = np.floor(self._room_for * now.presence[:, np.newaxis] * (1 + 0.2 * slow[:, self._radio]) + 0.4)
        return np.hstack((alive_of(scene, self._ids), cpu, memory, temperature, clients))


class ServerPanel:
    """Servers at the centre: busy when schools are."""

    def __init__(self, seed: int, site: SimSite, servers: tuple[SimDevice, ...]) -> None:
        self._ids = [server.id for server in servers]
        self._keys = keys_for([key_of(seed, site.id, server.id) for server in servers])
        self.names = [
            ColumnName(device, quantity)
            for quantity in (Quantity.ALIVE, Quantity.CPU, Quantity.MEMORY, Quantity.PROCESSES)
            for device in self._ids
        ]
        self.names += [ColumnName(device, Quantity.STORAGE, part) for part in STORAGE_PARTS for device in self._ids]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`. Data disks fill by the day and are tidied after some weeks."""
        now = scene.now
        restless = wander(self._keys ^ np.uint64(1), now.at, 3 * MINUTE_MS)
        busy = (0.15 + 0.85 * now.presence)[:, np.newaxis]
        cpu = np.clip(6 + 44 * busy + 9 * restless, 0, 100)
        memory = 46 + 14 * busy + 2 * restless
        processes = np.floor(212 + 60 * busy + 8 * restless)
        age = ((now.local / DAY_MS)[:, np.newaxis] + (self._keys % np.uint64(60)).astype(np.float64)) % 60
        return np.hstack((alive_of(scene, self._ids), cpu, memory, processes, 31 + 0.02 * age, 38 + 0.7 * age))


class UpsPanel:
    """UPSes: on mains, mostly; on battery the charge falls to nothing within `BATTERY_S`."""

    def __init__(self, seed: int, site: SimSite, devices: tuple[SimDevice, ...]) -> None:
        self._ids = [device.id for device in devices]
        self._keys = keys_for([key_of(seed, site.id, device.id) for device in devices])
        quantities = (
            Quantity.ALIVE, Quantity.UPS_SOURCE, Quantity.UPS_ON_BATTERY, Quantity.BATTERY_STATUS, Quantity.BATTERY,
            Quantity.BATTERY_MINUTES, Quantity.LOAD, Quantity.INPUT_VOLTAGE, Quantity.POWER_W, Quantity.TEMPERATURE,
        )  # fmt: skip
        self.names = [ColumnName(device, quantity) for quantity in quantities for device in self._ids]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        now = scene.now
        lasted = scene.on_battery_s[:, np.newaxis] + np.zeros(len(self._ids))
        on = lasted >= 0
        left = np.where(on, np.clip(1 - lasted / BATTERY_S, 0, 1), 1.0)
        restless = wander(self._keys, now.at, 4 * MINUTE_MS)
        load = 28 + 9 * now.presence[:, np.newaxis] + 1.5 * restless
        voltage = np.where(on, 0.0, 226 + 4 * restless)
        return np.hstack(
            (
                alive_of(scene, self._ids),
                np.where(on, UPS_BATTERY, UPS_NORMAL),
                np.maximum(lasted, 0),
                np.where(on & (left < 0.4), BATTERY_LOW, BATTERY_NORMAL),
                100 * left,
                np.floor(38 * left),
                load,
                voltage,
                np.round(RATED_W * load / 100),
                29 + 2 * restless + 3 * on,
            )
        )


class PrinterPanel:
    """Printers: busy when people are in, toner sinks and is renewed."""

    def __init__(self, seed: int, site: SimSite, printers: tuple[SimDevice, ...]) -> None:
        self._ids = [printer.id for printer in printers]
        self._keys = keys_for([key_of(seed, site.id, printer.id) for printer in printers])
        self._start = 2000 + (self._keys % np.uint64(40_000)).astype(np.float64)
        self._a_day = 60 + (self._keys % np.uint64(90)).astype(np.float64)
        self.names = [
            ColumnName(device, quantity)
            for quantity in (Quantity.ALIVE, Quantity.PRINTER_STATUS, Quantity.PAGES, Quantity.SUPPLY)
            for device in self._ids
        ]

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        now = scene.now
        printing = chance(self._keys, now.at // MINUTE_MS) < 0.14 * now.presence[:, np.newaxis]
        so_far = np.clip((now.minute - 480) / 540, 0, 1) * (now.weekday < 5)
        days = (school_days(now.day) + so_far)[:, np.newaxis]
        pages = np.floor(self._start + self._a_day * days)
        supply = 100 - np.floor(((self._a_day * days + self._start) / 3000 % 1) * USED_OF_SUPPLY)
        status = np.where(printing, PRINTER_PRINTING, PRINTER_IDLE)
        return np.hstack((alive_of(scene, self._ids), status, pages, supply))


def _base_load(kind: DeviceKind, *, is_old: bool) -> float:
    if kind is DeviceKind.GATEWAY:
        return 31.0 if is_old else 9.0
    return 11.0


def _load_per_use(kind: DeviceKind, *, is_old: bool) -> float:
    if kind is DeviceKind.GATEWAY:
        return 62.0 if is_old else 38.0
    return 14.0
