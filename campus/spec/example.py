"""The examples of the specification: one district, one school, one vendor."""

import json
from typing import Any

from campus.ids import AgentId, SiteId
from campus.topics import Address

ADDRESS = Address(SiteId("no-3-primary"), AgentId("acme-fridges"))
_HEADER: dict[str, Any] = {"v": 1, "site": ADDRESS.site, "agent": ADDRESS.agent, "epoch": 1790000000}

DEVICES_FRAME: dict[str, Any] = {
    **_HEADER,
    "number": 1,
    "sent_at": "2026-09-21T22:13:20+08:00",
    "devices": [
        {"device": "cold-1", "kind": "kitchen_monitor", "name": "冷库 1", "room": "kitchen", "model": "CS-200"},
    ],
}
SAMPLES_FRAME: dict[str, Any] = {
    **_HEADER,
    "number": 2,
    "sent_at": 1790000000000,
    "samples": [
        {"device": "cold-1", "metric": "temperature_cel", "at": 1790000000000, "value": 4.2},
        {
            "device": "cold-1",
            "metric": "door_state",
            "instance": "door-1",
            "at": "2026-09-21T22:13:19.5+08:00",
            "value": 0,
        },
    ],
}
STATE: dict[str, Any] = {"online": True, "version": "acme-fridges 2.1"}


def readable(frame: dict[str, Any]) -> str:
    """JSON for the page: the list one row per line, still valid JSON."""
    rows_of = next((name for name in ("samples", "devices") if name in frame), None)
    if rows_of is None:
        return json.dumps(frame, ensure_ascii=False)
    head = json.dumps({name: value for name, value in frame.items() if name != rows_of}, ensure_ascii=False)
    rows = ",\n   ".join(json.dumps(row, ensure_ascii=False) for row in frame[rows_of])
    return f'{head[:-1]},\n "{rows_of}": [\n   {rows}\n ]}}'
