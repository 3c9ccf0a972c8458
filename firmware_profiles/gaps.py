"""What a profile lacks to be complete: it is right without, and a device read by it tells less than others of its kind."""

from typing import Final

from campus.samples import DeviceKind
from firmware_profiles.model import Profile
from firmware_profiles.survey import points_of

FACTS: Final = ("vendor", "model", "serial", "firmware")
HEALTH: Final[dict[DeviceKind, tuple[tuple[str, ...], ...]]] = {
    DeviceKind.SWITCH: (("cpu_percent",), ("memory_percent",), ("fan_state", "hardware_state"), ("power_supply_state",)),
    DeviceKind.GATEWAY: (("cpu_percent",), ("memory_percent",), ("sessions",)),
    DeviceKind.ACCESS_POINT: (("cpu_percent",), ("memory_percent",), ("wireless_clients",), ("radio_state", "radio_mhz")),
    DeviceKind.UPS: (
        ("ups_source_state",), ("battery_percent",), ("battery_runtime_s",), ("load_percent",), ("input_voltage_v",),
        ("battery_state", "battery_replace_state"),
    ),
    DeviceKind.PRINTER: (("printer_state",), ("supply_percent",), ("paper_percent",)),
    DeviceKind.SERVER: (("cpu_percent",), ("memory_percent",), ("storage_percent",)),
    DeviceKind.RECORDER: (("storage_percent", "storage_free_bytes"), ("hardware_state",), ("channel_state", "recording_state")),
    DeviceKind.CAMERA: (("cpu_percent", "temperature_cel", "stream_state"),),
    DeviceKind.SENSOR: (("temperature_cel", "humidity_percent", "contact_state"),),
    DeviceKind.PROJECTOR: (("lamp_h",), ("power_state",)),
}  # fmt: skip
"""What a technician asks first of a kind of device; of several metrics one is enough."""


def gaps(profile: Profile) -> list[str]:
    """What is missing, a sentence each, gravest first; empty for a fragment and for a complete profile."""
    if profile.is_fragment:
        return []
    told = [*(message.facts for message in profile.messages), *(request.facts for request in profile.requests)]
    facts = [f for f in FACTS if not getattr(profile.facts, f) and not any(getattr(each, f, "") for each in told)]
    metrics = {point.metric for point in points_of(profile)}
    metrics |= {point.metric for message in profile.messages for point in message.points}
    metrics |= {point.metric for request in profile.requests for point in request.points}
    health = [" or ".join(any_of) for any_of in HEALTH.get(profile.kind, ()) if not metrics & set(any_of)]
    lines = [f"nothing tells its {', '.join(facts)}: say under `facts` where it stands"] if facts else []
    if profile.kind is DeviceKind.OTHER:
        lines.append("its kind is `other`: pages and rules choose by the kind")
    if health:
        lines.append(f"of a {profile.kind} people ask for {', '.join(health)} too")
    if not profile.sources:
        lines.append("no `sources`: name the MIB modules or pages it rests on")
    if profile.unverified:
        lines.append("unverified: `campanile profiles test` it on a recording, then take `unverified` away")
    return lines
