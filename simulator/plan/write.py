"""Writes the whole plan of a district into a folder."""

import secrets
from datetime import date
from pathlib import Path

import msgspec
import yaml

from campus.errors import ConfigError
from simulator.district.centre import REGISTRATION
from simulator.district.district import District, build_district
from simulator.plan.agents import agent_text
from simulator.plan.command_lines import switches_with_ssh
from simulator.plan.enrolment import enrolment_text
from simulator.plan.ports import free_tcp_port, free_tcp_ports, free_udp_port
from simulator.plan.shape import FILE, LOOPBACK, THROUGHPUT_TOKEN, SimulatorPlan, SitePlan, device_host
from simulator.services.certificates import write_certificates
from simulator.services.shape import WEB, host_name, service_host

COMMUNITY = "campus-read"
CAMERA_PASSWORD = "campus-camera"  # noqa: S105 - as little
SSH_PASSWORD = "campus-ssh"  # noqa: S105 - of switches that do not exist
PROJECTOR_PASSWORD = "campus-pjlink"  # noqa: S105 - of projectors that do not exist


def write_plan(
    directory: Path, seed: int, schools: int, broker_port: int, today: date, console_port: int = 0
) -> SimulatorPlan:
    """Write district.yaml, agents/*.yaml and simulator.yaml with ports that are free now; the simulator's part is returned.

    With the controller's `console_port` its agents measure their lines, with a new secret in `THROUGHPUT_TOKEN`.
    `ConfigError` when the folder cannot be written or no ports are free.
    """
    district = build_district(seed, schools)
    plan = msgspec.structs.replace(_plan(district, seed, schools, broker_port), console_port=console_port)
    agents = directory / "agents"
    try:
        agents.mkdir(parents=True, exist_ok=True)
        for site in district.sites:
            (agents / site.id).mkdir(exist_ok=True)
            (agents / f"{site.id}.yaml").write_text(
                agent_text(district, site, plan, directory.resolve()), encoding="utf-8"
            )
        if console_port:
            token = directory / THROUGHPUT_TOKEN
            token.touch(mode=0o600)
            token.write_text(secrets.token_urlsafe(), encoding="utf-8")
        write_certificates(directory, host_name(REGISTRATION))
        (directory / "district.yaml").write_text(enrolment_text(district, today), encoding="utf-8")
        (directory / FILE).write_text(
            yaml.safe_dump(msgspec.to_builtins(plan), sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
    except OSError as error:
        raise ConfigError(f"{directory} cannot be written: {error.strerror}") from error
    return plan


def _plan(district: District, seed: int, schools: int, broker_port: int) -> SimulatorPlan:
    hosts = [
        device_host(district, site, device)
        for site in district.sites
        for device in site.devices
        if device.family.speaks_snmp
    ]
    projectors = [
        device_host(district, site, device)
        for site in district.sites
        for device in site.devices
        if device.family.speaks_pjlink
    ]
    cameras = [
        device_host(district, site, device)
        for site in district.sites
        for device in site.devices
        if device.family.speaks_http
    ]
    switches = [
        device_host(district, site, device) for site in district.sites for device in switches_with_ssh(district, site)
    ]
    service_hosts = [service_host(district, site) for site in district.sites]
    ports = [port for port in free_tcp_ports(3 * len(district.sites) + 1, LOOPBACK) if port != broker_port]
    sites = tuple(
        SitePlan(
            site.id,
            ports.pop() if site.stage else 0,
            ports.pop(),
            ports.pop() if switches_with_ssh(district, site) else 0,
        )
        for site in district.sites
    )
    return SimulatorPlan(
        seed,
        schools,
        COMMUNITY,
        free_udp_port([*hosts, *service_hosts]),
        broker_port,
        sites,
        pjlink_port=free_tcp_port(projectors),
        projector_password=PROJECTOR_PASSWORD,
        ssh_port=free_tcp_port(switches),
        ssh_password=SSH_PASSWORD,
        camera_port=free_tcp_port(cameras, 2),
        camera_password=CAMERA_PASSWORD,
        services_port=free_tcp_port(service_hosts, len(WEB)),
    )
