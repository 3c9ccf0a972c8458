"""Which pictures a device's page shows, by its kind: what matters for such a device, not everything it reports. A table."""

from typing import Final, NamedTuple

from campus.metrics import MetricKind, catalogue
from campus.samples import DeviceKind


class Panel(NamedTuple):
    """One picture: a metric, mirrored with another one where the two are in and out.

    `of_uplinks`: one for each uplink. `apart`: one for each part, where parts have levels of their own. All states of a
    device stand in one picture, as rows.
    """

    metric: str
    mirror: str = ""
    of_uplinks: bool = False
    apart: bool = False

    @property
    def is_strip(self) -> bool:
        """Whether it shows states over time and not numbers."""
        return catalogue_kind(self.metric) is MetricKind.STATE


def catalogue_kind(metric: str) -> MetricKind:
    """Gauge or state; gauge for a metric the catalogue does not know."""
    definition = next((entry for name, entry in catalogue().items() if name == metric), None)
    return definition.kind if definition else MetricKind.GAUGE


_TRAFFIC = Panel("if_in_bps", "if_out_bps", of_uplinks=True)
_REACHABLE = Panel("reachable")
_HOST = (Panel("cpu_percent"), Panel("memory_percent"))
_SCREEN = (
    Panel("power_state"),
    Panel("input_state"),
    Panel("app_state"),
    Panel("picture_mute_state"),
    Panel("touch_per_min"),
    Panel("cpu_percent"),
    Panel("temperature_cel"),
    Panel("lamp_h"),
)

PANELS: Final[dict[DeviceKind, tuple[Panel, ...]]] = {
    DeviceKind.GATEWAY: (_TRAFFIC, *_HOST, Panel("sessions"), Panel("temperature_cel"), _REACHABLE),
    DeviceKind.SWITCH: (_TRAFFIC, *_HOST, Panel("temperature_cel"), _REACHABLE),
    DeviceKind.ACCESS_POINT: (
        Panel("wireless_clients"),
        Panel("channel_use_percent"),
        _TRAFFIC,
        *_HOST,
        _REACHABLE,
    ),
    DeviceKind.BOARD: (*_SCREEN, _REACHABLE),
    DeviceKind.PROJECTOR: (*_SCREEN, _REACHABLE),
    DeviceKind.CAMERA: (
        Panel("picture_state"),
        Panel("stream_state"),
        Panel("recording_state"),
        Panel("login_state"),
        Panel("picture_sharpness"),
        Panel("clock_offset_s"),
        Panel("bitrate_bps"),
        _REACHABLE,
    ),
    DeviceKind.RECORDER: (
        Panel("hardware_state"),
        Panel("channel_state"),
        Panel("recording_state"),
        Panel("login_state"),
        Panel("recording_days"),
        Panel("storage_percent"),
        Panel("storage_free_bytes"),
        Panel("clock_offset_s"),
        *_HOST,
        _REACHABLE,
    ),
    DeviceKind.KITCHEN_MONITOR: (
        Panel("temperature_cel", apart=True),
        Panel("door_state"),
        Panel("gas_percent_lel"),
        Panel("smoke_state"),
        Panel("humidity_percent"),
        _REACHABLE,
    ),
    DeviceKind.UPS: (
        Panel("ups_source_state"),
        Panel("battery_percent"),
        Panel("battery_runtime_s"),
        Panel("load_percent"),
        Panel("input_voltage_v"),
        Panel("output_voltage_v"),
        Panel("battery_state"),
        Panel("temperature_cel"),
        _REACHABLE,
    ),
    DeviceKind.PRINTER: (Panel("printer_state"), Panel("supply_percent"), Panel("pages_total"), _REACHABLE),
    DeviceKind.GATE: (Panel("gate_state"), Panel("passages_per_min"), _REACHABLE),
    DeviceKind.SERVER: (*_HOST, Panel("storage_percent"), Panel("process_count"), Panel("temperature_cel"), _REACHABLE),
    DeviceKind.SENSOR: (
        Panel("temperature_cel"),
        Panel("humidity_percent"),
        Panel("co2_ppm"),
        Panel("pm25_ug_m3"),
        Panel("illuminance_lx"),
        Panel("power_w"),
        Panel("door_state"),
        Panel("leak_state"),
        Panel("smoke_state"),
        Panel("occupancy_state"),
        Panel("relay_state"),
        Panel("battery_percent"),
        _REACHABLE,
    ),
    DeviceKind.AGENT: (
        Panel("service_state"),
        Panel("service_response_ms"),
        Panel("path_state"),
        Panel("path_delay_ms"),
        Panel("path_loss_percent"),
        Panel("path_down_bps"),
        Panel("agent_spool_age_s"),
        Panel("agent_spool_bytes"),
        Panel("agent_memory_bytes"),
        Panel("agent_polls_skipped_per_min"),
        Panel("agent_points_dropped_per_min"),
        Panel("agent_traps_per_min"),
        Panel("agent_traps_dropped_per_min"),
        Panel("agent_messages_per_min"),
        Panel("agent_messages_unread_per_min"),
    ),
    DeviceKind.OTHER: (_REACHABLE, Panel("response_time_ms")),
}

PORT_METRICS: Final = frozenset(
    {
        "if_in_bps",
        "if_out_bps",
        "if_speed_bps",
        "if_in_errors_per_s",
        "if_out_errors_per_s",
        "if_in_discards_per_s",
        "if_out_discards_per_s",
        "if_oper_state",
        "if_admin_state",
    }
)
"""Metrics the ports table shows; they are not repeated among the single values."""
