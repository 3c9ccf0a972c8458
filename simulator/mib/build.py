"""The whole MIB of each SNMP device of a site."""

from campus.samples import DeviceKind
from simulator.district import hardware
from simulator.district.centre import CORE
from simulator.district.device import Family, SimDevice
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.mib.appliances import printer, server, ups
from simulator.mib.bridge import addresses, bridge
from simulator.mib.leaf import DeviceMib
from simulator.mib.optics import optics
from simulator.mib.standard import interfaces, lldp, system
from simulator.mib.vendors import vendor_mib
from simulator.plan.shape import device_host

_NETWORK = {Family.HUAWEI, Family.H3C, Family.RUIJIE}
_OWN = {Family.UPS: ups, Family.PRINTER: printer, Family.SERVER: server}


def site_mibs(district: District, site: SimSite) -> dict[str, DeviceMib]:
    """By device id, for every device of the site that speaks SNMP."""
    macs = {device.id: device.mac for device in site.devices}
    macs |= {f"{other.id}/{device.id}": device.mac for other in district.sites for device in other.devices}
    hosts = {device.id: device_host(district, site, device) for device in site.devices}
    return {device.id: device_mib(site, device, macs, hosts) for device in site.devices if device.family.speaks_snmp}


def device_mib(site: SimSite, device: SimDevice, macs: dict[str, bytes], hosts: dict[str, str]) -> DeviceMib:
    """One device's objects; `macs` as `standard.lldp` wants them, `hosts` the IP addresses of the site's devices."""
    mib = system(device, hardware.describe(device.family, device.model, device.firmware), site.name_en)
    if device.ports:
        mib |= interfaces(device)
    if device.family in _NETWORK:
        mib |= bridge(site, device)
        if device.kind is DeviceKind.GATEWAY or device.id == CORE:
            mib |= addresses(site, device, hosts)
        mib |= lldp(device, site.cables, macs) | vendor_mib(device) | optics(device)
    if device.family in _OWN:
        mib |= _OWN[device.family](device)
    return mib
