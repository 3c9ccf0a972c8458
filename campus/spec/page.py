"""The page a vendor's engineer reads: the template of a language with its slots filled from the code."""

import json
import re
from collections.abc import Callable

from campus.delivery import LATE_AFTER_MS, MAX_AHEAD_MS
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DeviceKind, Sample, SeriesKey
from campus.spec import tables
from campus.spec.example import ADDRESS, DEVICES_FRAME, SAMPLES_FRAME, STATE, readable
from campus.spec.texts import page_template, script
from campus.topics import PARTITIONS, Leg
from campus.wire.pack import pack_samples

_SLOT = re.compile(r"\{\{(?P<name>\w+)(?::(?P<argument>\w+))?\}\}")
_AT = 1_790_000_000_000


def page(language: str) -> str:
    """The whole page as Markdown; `language` is ``en`` or ``zh``."""

    def filled(slot: re.Match[str]) -> str:
        if slot["argument"]:
            return _TABLES[slot["name"]](slot["argument"], language)
        return _slots(language)[slot["name"]]

    return _SLOT.sub(filled, page_template(language))


_TABLES: dict[str, Callable[[str, str], str]] = {"fields": tables.fields_table, "reasons": tables.reasons_table}


def _slots(language: str) -> dict[str, str]:
    generic = f"campus/1/PARTITION/{ADDRESS.site}/{ADDRESS.agent}"
    return {
        "topic": f"{generic}/up",
        **{f"topic_{leg}": ADDRESS.topic(leg) for leg in Leg},
        "site": ADDRESS.site,
        "agent": ADDRESS.agent,
        "partition": f"{ADDRESS.partition:02d}",
        "partitions": str(PARTITIONS),
        "state": json.dumps(STATE),
        "script": script(),
        "devices_frame": readable(DEVICES_FRAME),
        "samples_frame": readable(SAMPLES_FRAME),
        "device_kinds": ", ".join(f"`{kind}`" for kind in DeviceKind),
        "late_s": str(LATE_AFTER_MS // 1000),
        "ahead_s": str(MAX_AHEAD_MS // 1000),
        "limits": tables.limits_table(language),
        "metrics": tables.metrics_table(language),
        "states": tables.states_table(language),
        "at": str(_AT),
        "worked": _worked_example(),
    }


def _worked_example() -> str:
    key = SeriesKey(DeviceId("cold-1"), MetricId("temperature_cel"), Instance(""))
    body = pack_samples([Sample(key, _AT, 4.2), Sample(key, _AT + 5000, 4.3)])
    lines = [f"{'count':<12} {body.count}"]
    for name in ("dictionary", "series", "measured_at", "value"):
        raw: bytes = getattr(body, name)
        lines += [f"{'' if start else name:<12} {raw[start : start + 32].hex(' ')}" for start in range(0, len(raw), 32)]
    return "\n".join(lines)
