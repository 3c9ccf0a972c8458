"""MIBs that every network device has: system (RFC 3418), interfaces (RFC 2863), LLDP (IEEE 802.1AB), ENTITY-MIB (RFC 6933)."""

from simulator.district.device import Cable, Port, SimDevice
from simulator.life.columns import ColumnName, Quantity
from simulator.mib.leaf import (
    DeviceMib,
    Leaf,
    Sum,
    Uptime,
    at,
    fixed_bytes,
    fixed_integer,
    fixed_oid,
    fixed_text,
    gauge,
)
from simulator.snmp import ber

SYSTEM = "1.3.6.1.2.1.1"
IF_NUMBER = "1.3.6.1.2.1.2.1"
IF_TABLE = "1.3.6.1.2.1.2.2.1"
IF_X_TABLE = "1.3.6.1.2.1.31.1.1.1"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
LLDP_LOCAL = "1.0.8802.1.1.2.1.3"
LLDP_REMOTE = "1.0.8802.1.1.2.1.4.1.1"
ETHERNET = 6
CLASS_CHASSIS, CLASS_MODULE = 3, 9
_MAC_SUBTYPE, _NAME_SUBTYPE = 4, 5
_MOST_32 = 0xFFFF_FFFF
_PACKETS_PER_OCTET = 1 / 820


def system(device: SimDevice, descr: str, site_name: str) -> DeviceMib:
    """The system group."""
    return {
        at(SYSTEM, 1, 0): fixed_text(descr),
        at(SYSTEM, 2, 0): fixed_oid(device.sys_object_id),
        at(SYSTEM, 3, 0): Uptime(),
        at(SYSTEM, 4, 0): fixed_text("network@clearwater.example"),
        at(SYSTEM, 5, 0): fixed_text(device.system_name),
        at(SYSTEM, 6, 0): fixed_text(f"{site_name}, {device.room}"),
        at(SYSTEM, 7, 0): fixed_integer(78),
    }


def interfaces(device: SimDevice) -> DeviceMib:
    """IfTable and ifXTable, 32-bit and 64-bit counters both."""
    mib: DeviceMib = {at(IF_NUMBER, 0): fixed_integer(len(device.ports))}
    for port in device.ports:
        mib |= _if_row(device, port) | _if_x_row(device, port)
    return mib


def _if_row(device: SimDevice, port: Port) -> DeviceMib:
    index, none = port.index, fixed_integer(0, ber.COUNTER32)
    octets_in = ColumnName(device.id, Quantity.IN_OCTETS, port.name)
    octets_out = ColumnName(device.id, Quantity.OUT_OCTETS, port.name)
    cells: dict[int, Leaf] = {
        1: fixed_integer(index),
        2: fixed_text(port.description),
        3: fixed_integer(ETHERNET),
        4: fixed_integer(1500),
        5: fixed_integer(min(port.speed_bps, _MOST_32), ber.GAUGE32),
        6: fixed_bytes(port_mac(device, port)),
        7: fixed_integer(1 if port.is_enabled else 2),
        8: gauge(device.id, Quantity.OPER_STATUS, port.name),
        9: fixed_integer(0, ber.TIME_TICKS),
        10: Sum(octets_in, ber.COUNTER32),
        11: Sum(octets_in, ber.COUNTER32, _PACKETS_PER_OCTET),
        13: none,
        14: Sum(ColumnName(device.id, Quantity.IN_ERRORS, port.name), ber.COUNTER32),
        16: Sum(octets_out, ber.COUNTER32),
        17: Sum(octets_out, ber.COUNTER32, _PACKETS_PER_OCTET),
        19: Sum(ColumnName(device.id, Quantity.OUT_DISCARDS, port.name), ber.COUNTER32),
        20: none,
    }
    return {at(IF_TABLE, column, index): leaf for column, leaf in cells.items()}


def _if_x_row(device: SimDevice, port: Port) -> DeviceMib:
    octets_in = ColumnName(device.id, Quantity.IN_OCTETS, port.name)
    octets_out = ColumnName(device.id, Quantity.OUT_OCTETS, port.name)
    cells: dict[int, Leaf] = {
        1: fixed_text(port.name),
        6: Sum(octets_in),
        7: Sum(octets_in, ber.COUNTER64, _PACKETS_PER_OCTET),
        10: Sum(octets_out),
        11: Sum(octets_out, ber.COUNTER64, _PACKETS_PER_OCTET),
        15: fixed_integer(port.speed_bps // 1_000_000, ber.GAUGE32),
        18: fixed_text(port.alias),
        19: fixed_integer(0, ber.TIME_TICKS),
    }
    return {at(IF_X_TABLE, column, port.index): leaf for column, leaf in cells.items()}


def lldp(device: SimDevice, cables: tuple[Cable, ...], mac_of: dict[str, bytes]) -> DeviceMib:
    """What LLDP has heard; `mac_of` gives the chassis address of each neighbour by the id its cable names."""
    mib: DeviceMib = {
        at(LLDP_LOCAL, 1, 0): fixed_integer(_MAC_SUBTYPE),
        at(LLDP_LOCAL, 2, 0): fixed_bytes(device.mac),
        at(LLDP_LOCAL, 3, 0): fixed_text(device.system_name),
    }
    for port in device.ports:
        mib[at(LLDP_LOCAL, 7, 1, 2, port.index)] = fixed_integer(_NAME_SUBTYPE)
        mib[at(LLDP_LOCAL, 7, 1, 3, port.index)] = fixed_text(port.name)
        mib[at(LLDP_LOCAL, 7, 1, 4, port.index)] = fixed_text(port.description)
    for number, cable in enumerate((c for c in cables if c.device == device.id), start=1):
        index = (1000 + number, device.port(cable.port).index, number)
        cells: dict[int, Leaf] = {
            4: fixed_integer(_MAC_SUBTYPE),
            5: fixed_bytes(mac_of.get(cable.remote_device, bytes(6))),
            6: fixed_integer(_NAME_SUBTYPE),
            7: fixed_text(cable.remote_port),
            8: fixed_text(cable.remote_port),
            9: fixed_text(cable.remote_name),
        }
        mib |= {at(LLDP_REMOTE, column, *index): leaf for column, leaf in cells.items()}
    return mib


def entity(device: SimDevice, index: int, entity_class: int, name: str) -> DeviceMib:
    """One physical entity with the device's identity."""
    cells: dict[int, Leaf] = {
        2: fixed_text(f"{device.vendor} {device.model}"),
        5: fixed_integer(entity_class),
        7: fixed_text(name),
        8: fixed_text("VER.B"),
        10: fixed_text(device.firmware),
        11: fixed_text(device.serial),
        12: fixed_text(device.vendor),
        13: fixed_text(device.model),
    }
    return {at(ENTITY, column, index): leaf for column, leaf in cells.items()}


def port_mac(device: SimDevice, port: Port) -> bytes:
    """The device's address counted up by the port's index."""
    return (int.from_bytes(device.mac, "big") + port.index % 32).to_bytes(6, "big")
