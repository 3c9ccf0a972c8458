"""Which services the simulated centre runs, where every site reaches them, and how its agent is told. Pure.

Each site has a loopback address of its own for them: at the centre the services listen there, at a school its fibre does, so
that a cut fibre cuts them off too.
"""

from pathlib import Path
from typing import Any, Final

from simulator.district.centre import NAMES, REGISTRATION, TEACHING
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.plan.shape import SimulatorPlan, site_host

WEB: Final = (TEACHING, REGISTRATION)
"""In the order of their ports, from `SimulatorPlan.services_port` on; the second speaks TLS."""
SERVICES: Final = (*WEB, NAMES)
DOMAIN: Final = "clearwater.example"
ADDRESS: Final = "10.0.0.10"
"""What the name server says that the teaching platform is; nothing of ours dials it."""
CHECK_EVERY_S: Final = 15
SLOW_MS: Final = 1500
FOLDER: Final = "services"
_HOST_NUMBER: Final = 254
_PAGES: Final = {TEACHING: "教学平台", REGISTRATION: "学籍报名"}


def service_host(district: District, site: SimSite) -> str:
    """The loopback address at which a site reaches the services."""
    return site_host(district, site, _HOST_NUMBER)


def web_port(plan: SimulatorPlan, service: str) -> int:
    """The port of a web service, the same at every site."""
    return plan.services_port + WEB.index(service)


def page(service: str) -> str:
    """What its page says when all is well."""
    return f"<!doctype html><meta charset=utf-8><title>{_PAGES[service]}</title><h1>{_PAGES[service]}</h1>"


def host_name(service: str) -> str:
    """Under which name people know it."""
    return f"{'teaching' if service == TEACHING else service}.{DOMAIN}"


def checks(district: District, site: SimSite, plan: SimulatorPlan, directory: Path) -> list[dict[str, Any]]:
    """The `services` block of the agent of a site."""
    host = service_host(district, site)
    usual = {"every_s": CHECK_EVERY_S, "timeout_s": 8, "slow_ms": SLOW_MS}
    return [
        {
            "id": TEACHING,
            "check": "http",
            "url": f"http://{host_name(TEACHING)}/",
            "words": [_PAGES[TEACHING]],
            "connect_to": f"{host}:{web_port(plan, TEACHING)}",
            **usual,
        },
        {
            "id": REGISTRATION,
            "check": "http",
            "url": f"https://{host_name(REGISTRATION)}/",
            "words": [_PAGES[REGISTRATION]],
            "connect_to": f"{host}:{web_port(plan, REGISTRATION)}",
            "ca_file": str(directory / FOLDER / "authority.pem"),
            **usual,
        },
        {
            "id": NAMES,
            "check": "dns",
            "question": host_name(TEACHING),
            "server": f"{host}:{plan.snmp_port}",
            "answers": [ADDRESS],
            **usual,
        },
    ]
