"""Which switches of a planned district have a command line on SSH: those of the first school of each vendor."""

from campus.samples import DeviceKind
from simulator.district.device import SimDevice
from simulator.district.district import District
from simulator.district.site import SimSite


def switches_with_ssh(district: District, site: SimSite) -> tuple[SimDevice, ...]:
    """Those of a site, in order; none in a school that is not the first of its vendor, and none in the centre."""
    if site not in district.schools:
        return ()
    first = next(school for school in district.schools if _switch_family(school) == _switch_family(site))
    return site.of_kind(DeviceKind.SWITCH) if first is site else ()


def _switch_family(site: SimSite) -> str:
    switches = site.of_kind(DeviceKind.SWITCH)
    return switches[0].family if switches else ""
