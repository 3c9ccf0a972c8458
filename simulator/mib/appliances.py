"""MIBs of what is no network equipment: UPS-MIB (RFC 1628), Printer-MIB (RFC 3805), HOST-RESOURCES-MIB (RFC 2790), UCD memory."""

from simulator.district.device import SimDevice
from simulator.life.columns import Quantity
from simulator.life.machines import STORAGE_PARTS, SUPPLIES
from simulator.mib.leaf import DeviceMib, Gauge, at, fixed_integer, fixed_oid, fixed_text, gauge
from simulator.snmp import ber

UPS = "1.3.6.1.2.1.33.1"
PRINTER = "1.3.6.1.2.1.43"
HOST = "1.3.6.1.2.1.25"
UCD_MEMORY = "1.3.6.1.4.1.2021.4"
_STORAGE_UNITS = {"/": 25_600_000, "/data": 976_000_000}
_MEMORY_KIB = 134_217_728
_CORES = 2


def ups(device: SimDevice) -> DeviceMib:
    """The UPS-MIB of a single-phase UPS."""
    minutes = gauge(device.id, Quantity.BATTERY_MINUTES)
    return {
        at(UPS, 1, 1, 0): fixed_text(device.vendor),
        at(UPS, 1, 2, 0): fixed_text(device.model),
        at(UPS, 1, 3, 0): fixed_text(device.firmware),
        at(UPS, 2, 1, 0): gauge(device.id, Quantity.BATTERY_STATUS),
        at(UPS, 2, 2, 0): gauge(device.id, Quantity.UPS_ON_BATTERY),
        at(UPS, 2, 3, 0): minutes,
        at(UPS, 2, 4, 0): gauge(device.id, Quantity.BATTERY),
        at(UPS, 2, 7, 0): gauge(device.id, Quantity.TEMPERATURE),
        at(UPS, 3, 2, 0): fixed_integer(1),
        at(UPS, 3, 3, 1, 2, 1): fixed_integer(500),
        at(UPS, 3, 3, 1, 3, 1): gauge(device.id, Quantity.INPUT_VOLTAGE),
        at(UPS, 4, 1, 0): gauge(device.id, Quantity.UPS_SOURCE),
        at(UPS, 4, 2, 0): fixed_integer(500),
        at(UPS, 4, 3, 0): fixed_integer(1),
        at(UPS, 4, 4, 1, 2, 1): fixed_integer(220),
        at(UPS, 4, 4, 1, 4, 1): gauge(device.id, Quantity.POWER_W),
        at(UPS, 4, 4, 1, 5, 1): gauge(device.id, Quantity.LOAD),
        at(UPS, 6, 1, 0): fixed_integer(0, ber.GAUGE32),
    }


def printer(device: SimDevice) -> DeviceMib:
    """The Printer-MIB of a black-and-white printer, with hrPrinterStatus."""
    mib: DeviceMib = {
        at(HOST, 3, 2, 1, 2, 1): fixed_oid("1.3.6.1.2.1.25.3.1.5"),
        at(HOST, 3, 2, 1, 3, 1): fixed_text(f"{device.vendor} {device.model}"),
        at(HOST, 3, 2, 1, 5, 1): fixed_integer(2),
        at(HOST, 3, 5, 1, 1, 1): gauge(device.id, Quantity.PRINTER_STATUS),
        at(PRINTER, 5, 1, 1, 1, 1): fixed_integer(1, ber.COUNTER32),
        at(PRINTER, 5, 1, 1, 16, 1): fixed_text(f"{device.vendor} {device.model}"),
        at(PRINTER, 5, 1, 1, 17, 1): fixed_text(device.serial),
        at(PRINTER, 10, 2, 1, 4, 1, 1): gauge(device.id, Quantity.PAGES, tag=ber.COUNTER32),
    }
    for number, colour in enumerate(SUPPLIES, start=1):
        mib[at(PRINTER, 11, 1, 1, 6, 1, number)] = fixed_text(f"{colour.capitalize()} toner")
        mib[at(PRINTER, 11, 1, 1, 7, 1, number)] = fixed_integer(19)
        mib[at(PRINTER, 11, 1, 1, 8, 1, number)] = fixed_integer(100)
        mib[at(PRINTER, 11, 1, 1, 9, 1, number)] = gauge(device.id, Quantity.SUPPLY)
    return mib


def server(device: SimDevice) -> DeviceMib:
    """HOST-RESOURCES-MIB and UCD's memory of a Linux server."""
    mib: DeviceMib = {
        at(HOST, 1, 6, 0): gauge(device.id, Quantity.PROCESSES, tag=ber.GAUGE32),
        at(UCD_MEMORY, 5, 0): fixed_integer(_MEMORY_KIB),
        at(UCD_MEMORY, 6, 0): _free_memory(device),
        at(UCD_MEMORY, 14, 0): fixed_integer(0),
        at(UCD_MEMORY, 15, 0): fixed_integer(0),
    }
    for core in range(_CORES):
        mib[at(HOST, 3, 3, 1, 2, 196_608 + core)] = gauge(device.id, Quantity.CPU)
    for number, path in enumerate(STORAGE_PARTS, start=31):
        size = _STORAGE_UNITS[path]
        mib[at(HOST, 2, 3, 1, 1, number)] = fixed_integer(number)
        mib[at(HOST, 2, 3, 1, 2, number)] = fixed_oid("1.3.6.1.2.1.25.2.1.4")
        mib[at(HOST, 2, 3, 1, 3, number)] = fixed_text(path)
        mib[at(HOST, 2, 3, 1, 4, number)] = fixed_integer(4096)
        mib[at(HOST, 2, 3, 1, 5, number)] = fixed_integer(size)
        mib[at(HOST, 2, 3, 1, 6, number)] = gauge(device.id, Quantity.STORAGE, path, scale=size / 100)
    return mib


def _free_memory(device: SimDevice) -> Gauge:
    used = gauge(device.id, Quantity.MEMORY)
    return Gauge(used.column, ber.INTEGER, -_MEMORY_KIB / 100, _MEMORY_KIB)
