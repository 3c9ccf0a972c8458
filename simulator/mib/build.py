"""The whole MIB of each SNMP device of a site."""

from simulator.district import hardware
from simulator.district.device import Family, SimDevice
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.mib.appliances import printer, server, ups
from simulator.mib.leaf import DeviceMib
from simulator.mib.standard import interfaces, lldp, system
from simulator.mib.vendors import vendor_mib

_NETWORK = {Family.HUAWEI, Family.H3C, Family.RUIJIE}
_OWN = {Family.UPS: ups, Family.PRINTER: printer, Family.SERVER: server}


def site_mibs(district: District, site: SimSite) -> dict[str, DeviceMib]:
    """By device id, for every device of the site that speaks SNMP."""
    macs = {device.id: device.mac for device in site.devices}
    macs |= {f"{other.id}/{device.id}": device.mac for other in district.sites for device in other.devices}
    return {device.id: device_mib(site, device, macs) for device in site.devices if device.family.speaks_snmp}


def device_mib(site: SimSite, device: SimDevice, macs: dict[str, bytes]) -> DeviceMib:
    """One device's objects; `macs` as `standard.lldp` wants them."""
    mib = system(device, hardware.describe(device.family, device.model, device.firmware), site.name_en)
    if device.ports:
        mib |= interfaces(device)
    if device.family in _NETWORK:
        mib |= lldp(device, site.cables, macs) | vendor_mib(device)
    if device.family in _OWN:
        mib |= _OWN[device.family](device)
    return mib
