"""simulator.yaml: where everything of the district listens. Written by `campanile simulate plan`, read by the other commands."""

from pathlib import Path

import msgspec

from campus.document import load_document, nearest
from campus.errors import ConfigError
from simulator.district.device import SimDevice
from simulator.district.district import District, build_district
from simulator.district.site import SimSite

FILE = "simulator.yaml"
LOOPBACK = "127.0.0.1"
SSH_USER = "campanile"
SOCKET = "simulator.sock"
THROUGHPUT_TOKEN = "throughput-token.txt"  # noqa: S105 - the file's name
"""Holds what agents and controller of this district prove themselves with when they measure a line."""
CAMERA_USER = "campanile"
FIRST_NET = 77
"""Devices live in 127.77.0.0/16: 127.77.{site}.{device}, where nothing else on a machine does."""


class SitePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ports of one site on 127.0.0.1: its own MQTT broker (0 at the centre) and its end of the metro fibre."""

    id: str
    broker_port: int
    fibre_port: int
    trap_port: int = 0
    """UDP, where the site's agent hears SNMP traps; 0 where nobody sends any."""


class SimulatorPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `snmp_port` (UDP) and `pjlink_port` (TCP) are those of every device, each on its own loopback address."""

    seed: int
    schools: int
    community: str
    snmp_port: int
    central_broker_port: int
    sites: tuple[SitePlan, ...]
    pjlink_port: int = 0
    projector_password: str = ""
    ssh_port: int = 0
    """TCP of the switches that have a command line."""
    ssh_password: str = ""
    camera_port: int = 0
    """HTTP of cameras and recorders; RTSP is spoken on the next."""
    camera_password: str = ""
    services_port: int = 0
    """TCP of the first of the centre's web services, at each site's own address for services; the others come after it."""

    console_port: int = 0
    """TCP of the controller's console, against which agents measure their lines; 0 where they do not."""

    @property
    def rtsp_port(self) -> int:
        """Where cameras speak RTSP."""
        return self.camera_port + 1

    def district(self) -> District:
        """The district this plan is for."""
        return build_district(self.seed, self.schools)

    def site(self, site: str) -> SitePlan:
        """Ports of a site; `ConfigError` with the nearest name when there is none."""
        for plan in self.sites:
            if plan.id == site:
                return plan
        raise ConfigError(f"there is no school {site!r} here.{nearest(site, [plan.id for plan in self.sites])}")


def read_plan(directory: Path) -> SimulatorPlan:
    """Read DIR/simulator.yaml; `ConfigError` when there is none or it is broken."""
    path = directory / FILE
    if not path.exists():
        raise ConfigError(
            f"{directory} holds no simulated district: `campanile demo` makes one, or `campanile simulate plan`"
        )
    return load_document(path, SimulatorPlan)


def device_host(district: District, site: SimSite, device: SimDevice) -> str:
    """The loopback address of a device; sites and devices are numbered in the district's order."""
    return site_host(district, site, site.devices.index(device) + 1)


def site_host(district: District, site: SimSite, number: int) -> str:
    """A loopback address of a site."""
    site_number = district.sites.index(site)
    return f"127.{FIRST_NET + site_number // 250}.{site_number % 250}.{number}"


def device_address(district: District, site: SimSite, device: SimDevice, plan: SimulatorPlan) -> str:
    """Where a device that is asked answers, as ``host:port``."""
    port = plan.pjlink_port if device.family.speaks_pjlink else plan.snmp_port
    if device.family.speaks_http:
        port = plan.camera_port
    return f"{device_host(district, site, device)}:{port}"
