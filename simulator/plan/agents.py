"""agents/<site>.yaml: one agent for each site, with the real agent's keys."""

from pathlib import Path
from typing import Any

from simulator.district.centre import CENTRE, CORE
from simulator.district.device import SimDevice
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.plan.command_lines import switches_with_ssh
from simulator.plan.shape import (
    CAMERA_USER,
    LOOPBACK,
    SSH_USER,
    THROUGHPUT_TOKEN,
    SimulatorPlan,
    device_address,
    device_host,
)
from simulator.plan.yaml_text import line, rows
from simulator.services.shape import checks

SPOOL = {"max_bytes": 200 << 20, "max_age_s": 30 * 86_400}
FAST_S, NORMAL_S, SLOW_S = 5, 15, 300
LOOK_APART_S = 2.0
SNAPSHOTS = {"first_within_s": 20.0, "settle_s": 3.0}
"""Sooner than in a real school: who watches a demo has no night to wait for."""
PATH = {"every_s": 30.0, "pings": 5}
THROUGHPUT = {"every_s": 3600.0, "first_within_s": 60.0, "max_bytes": 4 << 20, "max_bps": 400e6}
SILENCE_S = 30
"""Devices publish every seven seconds; four missed messages are silence."""


def agent_text(district: District, site: SimSite, plan: SimulatorPlan, directory: Path) -> str:
    """The configuration of the agent of `site`, its spool under `directory`."""
    ports = plan.site(site.id)
    polled = [_polled(district, site, device, plan) for device in site.devices if not device.family.publishes]
    heard = [
        {"id": device.id, "name": device.name_zh, "room": device.room, "kind": device.kind.value}
        for device in site.devices
        if device.family.publishes
    ]
    spool = str(directory / "agents" / site.id / "spool.db")
    talking = switches_with_ssh(district, site)
    brokers = [{"host": LOOPBACK, "port": ports.broker_port}] if ports.broker_port else []
    return "".join(
        [
            f"# The agent of {site.name_en}. Written anew by `campanile simulate plan`.\n",
            line("site", site.id),
            line("agent", site.id),
            line("name", "采集器"),
            line("room", site.gateway.room if site.stage else site.rooms[0].id),
            line("spool", {"path": spool, **SPOOL}),
            line("uplink", {"host": LOOPBACK, "port": ports.fibre_port, "reconnect_max_s": 5.0}),
            line("cadence", {"fast_s": FAST_S, "normal_s": NORMAL_S, "slow_s": SLOW_S}),
            line("snmp_communities", {"read": {"value": plan.community}}),
            line("credentials", _credentials(plan)),
            line("configurations", SNAPSHOTS) if talking else "",
            line("traps", {"listen": [f"{LOOPBACK}:{ports.trap_port}"], "credentials": ["read"]}) if talking else "",
            line("mqtt_silence_s", SILENCE_S),
            rows("devices", polled),
            rows("mqtt_listeners", brokers),
            rows("mqtt_devices", heard),
            rows("services", checks(district, site, plan, directory)),
            line("path", _path(district, site, plan, directory)),
        ]
    )  # fmt: skip


def _path(district: District, site: SimSite, plan: SimulatorPlan, directory: Path) -> dict[str, Any]:
    """To the centre's core and, from a school, to its own gateway.

    Their addresses are this machine's, whose kernel answers pings: a fault of the simulation does not keep it from that.
    """
    core = district.centre.device(CORE)
    targets = [{"id": CENTRE, "address": device_host(district, district.centre, core)}]
    if site.stage:
        targets.append({"id": "gateway", "address": device_host(district, site, site.gateway)})
    found: dict[str, Any] = {"targets": targets, **PATH}
    if plan.console_port:
        url, token = f"http://{LOOPBACK}:{plan.console_port}", {"file": str(directory / THROUGHPUT_TOKEN)}
        found["throughput"] = {"url": url, "token": token, **THROUGHPUT}
    return found


def _credentials(plan: SimulatorPlan) -> dict[str, Any]:
    return {
        "projectors": {"password": {"value": plan.projector_password}},
        "cli": {"username": SSH_USER, "password": {"value": plan.ssh_password}, "enable": {"value": plan.ssh_password}},
        "cameras": {"username": CAMERA_USER, "password": {"value": plan.camera_password}},
    }


def _polled(district: District, site: SimSite, device: SimDevice, plan: SimulatorPlan) -> dict[str, Any]:
    asked: dict[str, Any] = {"profile": "auto", "credential": "read"}
    if device.family.speaks_pjlink:
        asked = {"protocol": "pjlink", "credential": "projectors"}
    if device.family.speaks_http:
        settings = {"rtsp_port": plan.rtsp_port, "look_apart_s": LOOK_APART_S}
        asked = {"protocol": "camera", "credential": "cameras", "camera": settings}
    entry: dict[str, Any] = {
        "id": device.id,
        "name": device.name_zh,
        "room": device.room,
        "address": device_address(district, site, device, plan),
        **asked,
        "kind": device.kind.value,
    }
    if device in switches_with_ssh(district, site):
        entry["configuration"] = {"credential": "cli", "port": plan.ssh_port}
    if device.leads_out:
        entry["uplinks"] = [device.uplink]
        entry["uplink_capacity_bps"] = device.uplink_capacity_bps
    return entry
