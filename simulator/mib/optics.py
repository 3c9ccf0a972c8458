"""Fibre modules and their light, as each vendor tells it: Huawei (HUAWEI-ENTITY-EXTENT-MIB), H3C (HH3C-TRANSCEIVER-INFO-MIB),
Ruijie (RUIJIE-FIBER-MIB). All of them count light in hundredths of dBm."""

from simulator.district.device import Family, Port, SimDevice
from simulator.life.columns import ColumnName, Quantity
from simulator.mib.leaf import DeviceMib, Gauge, Leaf, at, fixed_integer, fixed_text
from simulator.mib.standard import ENTITY
from simulator.snmp import ber

HUAWEI_OPTICS = "1.3.6.1.4.1.2011.5.25.31.1.1.3.1"
H3C_OPTICS = "1.3.6.1.4.1.25506.2.70.1.1.1"
RUIJIE_OPTICS = "1.3.6.1.4.1.4881.1.1.10.2.105.1.1.1"
CLASS_PORT = 10
_HUAWEI_FIRST = 67_240_000
"""Entities of ports are numbered from here."""
_MODULES = {1: "SFP-GE-LX-SM1310", 10: "SFP-10G-LR"}
"""By Gbit/s."""
_WARMER_CEL = 6.0
"""A module is warmer than the board it is plugged into."""


def optics(device: SimDevice) -> DeviceMib:
    """The modules of a device; empty where it has no fibre."""
    mib: DeviceMib = {}
    for port in device.ports:
        if port.is_fibre:
            mib |= _module(device, port)
    return mib


def _module(device: SimDevice, port: Port) -> DeviceMib:
    match device.family:
        case Family.HUAWEI:
            return _huawei(device, port)
        case Family.H3C:
            cells: dict[int, Leaf] = {
                9: _light(device, Quantity.LIGHT_OUT, port),
                12: _light(device, Quantity.LIGHT_IN, port),
                15: _warmth(device),
                16: fixed_integer(330),
                17: fixed_integer(2900),
            }
            return {at(H3C_OPTICS, column, port.index): leaf for column, leaf in cells.items()}
        case Family.RUIJIE:
            return {
                at(RUIJIE_OPTICS, 76, port.index): _light(device, Quantity.LIGHT_IN, port),
                at(RUIJIE_OPTICS, 81, port.index): _light(device, Quantity.LIGHT_OUT, port),
            }
        case _:
            return {}


def _huawei(device: SimDevice, port: Port) -> DeviceMib:
    """Rows of hwOpticalModuleInfoTable stand beside the port's entity, which names them."""
    index = _HUAWEI_FIRST + port.index
    cells: dict[int, Leaf] = {
        5: _warmth(device),
        6: fixed_integer(3300),
        7: fixed_integer(29_000),
        8: _light(device, Quantity.LIGHT_IN, port),
        9: _light(device, Quantity.LIGHT_OUT, port),
    }
    entity: dict[int, Leaf] = {
        2: fixed_text(port.name),
        5: fixed_integer(CLASS_PORT),
        7: fixed_text(port.name),
        13: fixed_text(_MODULES[port.speed_bps // 1_000_000_000]),
    }
    return {at(HUAWEI_OPTICS, column, index): leaf for column, leaf in cells.items()} | {
        at(ENTITY, column, index): leaf for column, leaf in entity.items()
    }


def _light(device: SimDevice, quantity: Quantity, port: Port) -> Gauge:
    return Gauge(ColumnName(device.id, quantity, port.name), ber.INTEGER, 100.0)


def _warmth(device: SimDevice) -> Gauge:
    return Gauge(ColumnName(device.id, Quantity.TEMPERATURE), ber.INTEGER, 1.0, _WARMER_CEL)
