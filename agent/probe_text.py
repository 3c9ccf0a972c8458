"""What `agent.probe` found, for a person to read."""

from collections.abc import Sequence
from typing import Any


def rendered(report: dict[str, Any]) -> str:
    """The report for a person: who the device is, its ports, everything else in short lists."""
    identity = report["identity"]
    lines = [
        " ".join(identity[k] for k in ("vendor", "model") if identity[k]) or "unknown device",
        f"  serial {identity['serial'] or 'not told'}, firmware {identity['version'] or 'not told'}, "
        f"read by {report['profile'] or 'no profile'}",
    ]
    if report["profile"].startswith("generic/"):
        system = report["system"]
        lines += [
            "  no profile knows this model, so it is read by a generic one (docs/20-add-a-device.md). It says of itself:",
            f"  sysObjectID {system['sys_object_id'] or 'not told'}, sysDescr {system['sys_descr'] or 'not told'}",
        ]
    if "uptime_s" in report:
        lines.append(f"  running for {_lasting(report['uptime_s'])}, answers in {report['response_time_ms']} ms")
    lines += _port_lines(report["interfaces"])
    for title, key, unit in (
        ("Processors", "cpu", "%"),
        ("Memory", "memory", "%"),
        ("Storage", "storage", "%"),
        ("Temperatures", "temperatures", "°C"),
        ("Supplies", "supplies", "%"),
    ):
        rows = [f"{row['name'] or 'all'} {row.get('percent', row.get('celsius'))} {unit}" for row in report[key]]
        lines += _listed(title, rows)
    lines += _listed("Wireless", [f"{row['name'] or row['class']} {row['value']:g}" for row in report["wireless"]])
    lines += _listed(
        "Sensors",
        [f"{row['name']} {row.get('state') or row['value']} {row['unit']}".rstrip() for row in report["sensors"]],
    )
    lines += _listed(
        "Neighbours",
        [f"{n['local_port']} -> {n['remote_name'] or 'unnamed'} {n['remote_port']}" for n in report["neighbours"]],
    )
    if report["dropped"]:
        lines += _listed("Left out", [f"{reason} {count}" for reason, count in report["dropped"].items()])
    return "\n".join(lines)


def _port_lines(interfaces: Sequence[dict[str, Any]]) -> list[str]:
    up = [i for i in interfaces if i["oper"] == "up"]
    return _listed(
        f"Ports ({len(interfaces)}, {len(up)} up)",
        [
            f"{i['name']:24} {_speed(i['speed_bps'])}  in {i['in_octets'] or 0:>16,} B  "
            f"out {i['out_octets'] or 0:>16,} B  {i['alias']}".rstrip()
            for i in up
        ],
    )


def _lasting(uptime_s: float) -> str:
    """The largest unit that says it.

    >>> _lasting(200.0), _lasting(90_000.0)
    ('3 min', '25 h')
    """
    if uptime_s < 2 * 3600:
        return f"{uptime_s / 60:.0f} min"
    return f"{uptime_s / 3600:.0f} h" if uptime_s < 2 * 86_400 else f"{uptime_s / 86_400:.0f} days"


def _speed(bps: float | None) -> str:
    """As wide as all others."""
    return f"{bps / 1e6:>8g} Mbit/s" if bps else f"{'speed ?':>15}"


def _listed(title: str, rows: Sequence[str]) -> list[str]:
    return [title, *(f"  {row}" for row in rows)] if rows else []
