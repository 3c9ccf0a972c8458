"""What of a probe's report does not depend on anybody's names: what an anonymised recording must answer like the original."""

import json
from collections import Counter
from typing import Any

_LISTS = ("cpu", "memory", "storage", "temperatures", "supplies", "wireless", "sensors")
_PORT = ("index", "name", "type", "speed_bps", "admin", "oper", "in_octets", "out_octets", "in_errors", "out_errors")


def nameless(report: dict[str, Any]) -> dict[str, Any]:
    """Profile, kind, identity, interfaces, values by class, neighbours by port, and what was left out."""
    values = Counter(
        json.dumps([kind, {key: value for key, value in row.items() if key != "name"}], sort_keys=True)
        for kind in _LISTS
        for row in report[kind]
    )
    return {
        "profile": report["profile"],
        "identity": {key: report["identity"][key] for key in ("vendor", "model", "version", "hardware")},
        "has": {key: bool(report["identity"][key]) for key in ("serial", "name")},
        "interfaces": [{key: port[key] for key in _PORT} for port in report["interfaces"]],
        "values": values,
        "neighbours": sorted(each["local_port"] for each in report["neighbours"]),
        "dropped": report["dropped"],
        "uptime_s": report.get("uptime_s"),
    }
