"""Which device a fault befalls: what the caller named, checked, or the first that fits. Errors name the nearest that exists."""

from campus.document import nearest
from campus.errors import ConfigError
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.life.fault import FAULTS, FaultName


def parse_fault(name: str) -> FaultName:
    """The fault of that name; `ConfigError` with the nearest otherwise."""
    try:
        return FaultName(name)
    except ValueError:
        raise ConfigError(f"there is no fault {name!r}.{nearest(name, [fault.value for fault in FaultName])}") from None


def find_site(district: District, fault: FaultName, name: str) -> SimSite:
    """Where the fault befalls: the centre for one of its services, else the school of that id. `ConfigError` as `find_school`."""
    if not FAULTS[fault].services:
        return find_school(district, name)
    if name not in {"", district.centre.id}:
        raise ConfigError(f"{fault.value} befalls a service, and services run at the centre: leave out --school")
    return district.centre


def find_service(fault: FaultName, service: str) -> str:
    """The service the fault befalls: the one named, else the first that fits. `ConfigError` for one that does not fit."""
    fitting = FAULTS[fault].services
    if service and service not in fitting:
        raise ConfigError(
            f"{fault.value} cannot befall {service}.{nearest(service, list(fitting))} Choose {', '.join(fitting)}"
        )
    return service or fitting[0]


def find_school(district: District, name: str) -> SimSite:
    """The school of that id; `ConfigError` with the nearest otherwise, or when it is the centre."""
    ids = [site.id for site in district.schools]
    if not name:
        raise ConfigError(f"name the school it befalls: --school {ids[0]}")
    if name == district.centre.id:
        raise ConfigError(f"faults befall schools, not the centre: --school {ids[0]}")
    if name not in ids:
        raise ConfigError(f"there is no school {name!r} here.{nearest(name, ids)}")
    return district.site(name)


def find_device(site: SimSite, fault: FaultName, device: str) -> str:
    """The device the fault befalls, empty for a fault of the whole school.

    Without `device`, the first of a fitting kind. `ConfigError` for a device that does not exist or does not fit.
    """
    kinds = FAULTS[fault].kinds
    if kinds is None:
        if device:
            raise ConfigError(f"{fault.value} befalls the whole school: leave out --device")
        return ""
    fitting = [each.id for each in site.devices if FAULTS[fault].befalls(each)]
    if not fitting:
        raise ConfigError(f"{site.id} has no device that {fault.value} could befall: name another school")
    if not device:
        if not kinds:
            raise ConfigError(f"{fault.value} befalls one device: name it, such as --device {fitting[0]}")
        return fitting[0]
    if device not in {each.id for each in site.devices}:
        raise ConfigError(f"{site.id} has no device {device!r}.{nearest(device, [each.id for each in site.devices])}")
    if device not in fitting:
        raise ConfigError(f"{fault.value} cannot befall {device}: choose {', '.join(fitting)}")
    return device
