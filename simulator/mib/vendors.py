"""Vendor MIBs for processor, memory and temperature: Huawei (HUAWEI-ENTITY-EXTENT-MIB), H3C (HH3C-ENTITY-EXT-MIB), Ruijie."""

from campus.samples import DeviceKind
from simulator.district.device import Family, SimDevice
from simulator.life.air import RADIOS
from simulator.life.columns import Quantity
from simulator.mib.leaf import DeviceMib, Leaf, at, fixed_integer, fixed_text, gauge
from simulator.mib.standard import CLASS_CHASSIS, CLASS_MODULE, entity
from simulator.snmp import ber

HUAWEI_STATE = "1.3.6.1.4.1.2011.5.25.31.1.1.1.1"
HUAWEI_SSID = "1.3.6.1.4.1.2011.6.139.17.1.2.1"
HUAWEI_RADIO = "1.3.6.1.4.1.2011.6.139.16.1.2.1"
H3C_STATE = "1.3.6.1.4.1.25506.2.6.1.1.1.1"
RUIJIE = "1.3.6.1.4.1.4881.1.1.10.2"
SSID = "campus"
_RADIO_UP = 1
_EIRP_DBM = (17, 20)
_HUAWEI_CHASSIS, _HUAWEI_BOARD = 67_108_867, 67_108_873
_H3C_CHASSIS, _H3C_BOARD = 2, 65


def vendor_mib(device: SimDevice) -> DeviceMib:
    """What the device's family adds to the standard MIBs; empty for families without a vendor MIB."""
    match device.family:
        case Family.HUAWEI:
            return _huawei(device)
        case Family.H3C:
            return _h3c(device)
        case Family.RUIJIE:
            return _ruijie(device)
        case _:
            return {}


def _huawei(device: SimDevice) -> DeviceMib:
    mib = entity(device, _HUAWEI_CHASSIS, CLASS_CHASSIS, device.model)
    mib |= entity(device, _HUAWEI_BOARD, CLASS_MODULE, "MPU Board 0")
    cells: dict[int, Leaf] = {
        5: gauge(device.id, Quantity.CPU),
        6: fixed_integer(80),
        7: gauge(device.id, Quantity.MEMORY),
        8: fixed_integer(90),
        11: gauge(device.id, Quantity.TEMPERATURE),
        12: fixed_integer(65),
    }
    mib |= {at(HUAWEI_STATE, column, _HUAWEI_BOARD): leaf for column, leaf in cells.items()}
    if device.kind is DeviceKind.ACCESS_POINT:
        name = (len(SSID), *SSID.encode())
        mib[at(HUAWEI_SSID, 2, *name)] = gauge(device.id, Quantity.CLIENTS, scale=0.25)
        mib[at(HUAWEI_SSID, 3, *name)] = gauge(device.id, Quantity.CLIENTS, scale=0.75)
        mib |= _radios(device)
    return mib


def _radios(device: SimDevice) -> DeviceMib:
    """Of hwWlanRadioInfoTable what a profile asks: index MAC address.radio."""
    mib: DeviceMib = {}
    for radio, power_dbm in zip(RADIOS, _EIRP_DBM, strict=True):
        cells: dict[int, Leaf] = {
            6: fixed_integer(_RADIO_UP),
            24: gauge(device.id, Quantity.NOISE, radio),
            25: gauge(device.id, Quantity.CHANNEL_USE, radio, tag=ber.GAUGE32),
            29: gauge(device.id, Quantity.CHANNEL_OTHERS, radio, tag=ber.GAUGE32),
            45: fixed_integer(power_dbm, ber.GAUGE32),
        }
        mib |= {at(HUAWEI_RADIO, column, *device.mac, int(radio)): leaf for column, leaf in cells.items()}
    return mib


def _h3c(device: SimDevice) -> DeviceMib:
    mib = entity(device, _H3C_CHASSIS, CLASS_CHASSIS, device.model) | entity(device, _H3C_BOARD, CLASS_MODULE, "Board")
    cells: dict[int, Leaf] = {
        6: gauge(device.id, Quantity.CPU),
        8: gauge(device.id, Quantity.MEMORY),
        12: gauge(device.id, Quantity.TEMPERATURE),
    }
    return mib | {at(H3C_STATE, column, _H3C_BOARD): leaf for column, leaf in cells.items()}


def _ruijie(device: SimDevice) -> DeviceMib:
    cpu = gauge(device.id, Quantity.CPU, tag=ber.GAUGE32)
    return entity(device, 1, CLASS_CHASSIS, device.model) | {
        at(RUIJIE, 1, 1, 1, 0): fixed_text("1.00"),
        at(RUIJIE, 1, 1, 2, 0): fixed_text(device.firmware),
        at(RUIJIE, 1, 1, 24, 0): fixed_text(device.serial),
        at(RUIJIE, 1, 1, 23, 1, 2, 1): fixed_text("Main board"),
        at(RUIJIE, 1, 1, 23, 1, 3, 1): gauge(device.id, Quantity.TEMPERATURE),
        at(RUIJIE, 35, 1, 1, 1, 1, 1): fixed_integer(1),
        at(RUIJIE, 35, 1, 1, 1, 2, 1): fixed_text("Processor"),
        at(RUIJIE, 35, 1, 1, 1, 3, 1): gauge(device.id, Quantity.MEMORY, tag=ber.GAUGE32),
        at(RUIJIE, 36, 1, 1, 1, 0): cpu,
        at(RUIJIE, 36, 1, 1, 2, 0): cpu,
        at(RUIJIE, 36, 1, 1, 3, 0): cpu,
    }
