"""What only live devices and agents tell, and the simulator's history therefore has not: made up, as frames like the rest.

Cameras that are looked at, agents that speak of themselves, services and paths they ask for, and one sensor and one meter in
each school. A line says for which devices, in which instances, and between which values it wanders.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.metrics import catalogue
from campus.samples import DeviceFacts, DeviceKind, SeriesKey
from campus.wire.codec import encode_frame
from campus.wire.columns import pack_columns
from campus.wire.frame import Body, FactsBody, Frame
from campus.wire.pack import pack_dictionary
from controller.gauges.model import CONTROLLER
from controller.ingest.model import Made
from controller.store.port import DistrictSeries
from simulator.history.past import Past
from simulator.life.noise import Longs, wander

_EPOCH: Final = 1
_SAMPLES_PER_FRAME: Final = 16_000
_PERIOD_MS: Final = 6 * 3_600_000
_RARELY: Final = 0.98
_SERVICES: Final = ("teaching-platform", "registration", "name-server")
_TARGETS: Final = ("centre", "internet")
_PHASES: Final = ("L1", "L2", "L3")
_ONE: Final = ("",)
UPLINK: Final = "uplink"
"""Stands for the name of the device's own uplink port."""


@dataclass(frozen=True)
class Line:
    """A metric of all devices of a kind. A state is `low` but for rare whiles in which it is `high`."""

    kind: DeviceKind
    metric: str
    low: float
    high: float
    instances: tuple[str, ...] = _ONE


_K = DeviceKind
LINES: Final = (
    Line(_K.AGENT, "reachable", 1, 1),
    Line(_K.AGENT, "uptime_s", 86_400, 9e6),
    Line(_K.AGENT, "agent_spool_bytes", 0, 4e6),
    Line(_K.AGENT, "agent_spool_age_s", 0, 30),
    Line(_K.AGENT, "agent_spool_frames", 0, 40),
    Line(_K.AGENT, "agent_spool_acknowledged_bytes", 1e6, 9e7),
    Line(_K.AGENT, "agent_spool_thinned_per_min", 0, 0),
    Line(_K.AGENT, "agent_spool_dropped_per_min", 0, 0),
    Line(_K.AGENT, "agent_spool_refused_events_per_min", 0, 0),
    Line(_K.AGENT, "agent_spool_damaged", 0, 0),
    Line(_K.AGENT, "agent_clock_correction_s", 0, 3),
    Line(_K.AGENT, "agent_hold_s", 0, 0),
    Line(_K.AGENT, "agent_memory_bytes", 4.2e7, 6e7),
    Line(_K.AGENT, "agent_polls_skipped_per_min", 0, 1),
    Line(_K.AGENT, "agent_points_dropped_per_min", 0, 1),
    Line(_K.AGENT, "service_state", 1, 2, _SERVICES),
    Line(_K.AGENT, "service_response_ms", 8, 400, _SERVICES),
    Line(_K.AGENT, "service_first_byte_ms", 5, 300, _SERVICES[:2]),
    Line(_K.AGENT, "tls_days_left", 12, 80, _SERVICES[:2]),
    Line(_K.AGENT, "service_clock_offset_s", -0.2, 0.2, _SERVICES[2:]),
    Line(_K.AGENT, "path_state", 1, 1, _TARGETS),
    Line(_K.AGENT, "path_loss_percent", 0, 3, _TARGETS),
    Line(_K.AGENT, "path_delay_ms", 0.5, 9, _TARGETS),
    Line(_K.AGENT, "path_delay_p95_ms", 1, 15, _TARGETS),
    Line(_K.AGENT, "path_jitter_ms", 0.1, 2, _TARGETS),
    Line(_K.AGENT, "path_mtu_bytes", 1_500, 1_500, _TARGETS),
    Line(_K.AGENT, "path_down_bps", 4e8, 9e8),
    Line(_K.AGENT, "path_up_bps", 4e8, 9e8),
    Line(_K.CAMERA, "reachable", 1, 1),
    Line(_K.CAMERA, "picture_state", 1, 2),
    Line(_K.CAMERA, "picture_sharpness", 20, 400),
    Line(_K.CAMERA, "stream_state", 2, 1),
    Line(_K.CAMERA, "stream_response_ms", 20, 300),
    Line(_K.CAMERA, "bitrate_bps", 2e6, 6e6),
    Line(_K.CAMERA, "clock_offset_s", -2, 2),
    Line(_K.RECORDER, "recording_days", 60, 95, ("1", "2", "3", "4")),
    Line(_K.RECORDER, "channel_state", 1, 0, ("1", "2", "3", "4")),
    Line(_K.RECORDER, "storage_free_bytes", 1e11, 4e12),
    Line(_K.GATEWAY, "sessions", 400, 9_000),
    Line(_K.SWITCH, "optical_rx_dbm", -14, -4, (UPLINK,)),
    Line(_K.SWITCH, "optical_tx_dbm", -4, -1, (UPLINK,)),
    Line(_K.SWITCH, "poe_used_w", 20, 300, ("1",)),
    Line(_K.SWITCH, "poe_budget_w", 370, 370, ("1",)),
    Line(_K.SENSOR, "reachable", 1, 1),
    Line(_K.SENSOR, "temperature_cel", 18, 29),
    Line(_K.SENSOR, "humidity_percent", 30, 70),
    Line(_K.SENSOR, "co2_ppm", 420, 1_600),
    Line(_K.SENSOR, "pm25_ug_m3", 5, 90),
    Line(_K.SENSOR, "tvoc_ppb", 20, 300),
    Line(_K.SENSOR, "illuminance_lx", 0, 700),
    Line(_K.SENSOR, "sound_db", 30, 80),
    Line(_K.SENSOR, "leak_state", 0, 1),
    Line(_K.SENSOR, "contact_state", 0, 1),
    Line(_K.SENSOR, "occupancy_state", 0, 1),
    Line(_K.OTHER, "reachable", 1, 1),
    Line(_K.OTHER, "power_w", 200, 9_000),
    Line(_K.OTHER, "energy_kwh", 10_000, 20_000),
    Line(_K.OTHER, "voltage_v", 222, 236, _PHASES),
    Line(_K.OTHER, "current_a", 2, 40, _PHASES),
    Line(_K.OTHER, "power_factor", 0.8, 0.99),
)


_CENTRE_LINES: Final = (
    ("controller_ingest_lag_s", 0, 1.5, _ONE),
    ("controller_samples_per_s", 80, 300, _ONE),
    ("controller_frames_waiting", 0, 4, _ONE),
    ("controller_store_series", 12_000, 12_000, _ONE),
    ("controller_store_size_bytes", 2e6, 9e6, _ONE),
    ("controller_store_append_ms", 1, 12, _ONE),
    ("controller_alert_tick_ms", 1, 30, _ONE),
    ("controller_alerts_open", 3, 20, _ONE),
    ("controller_memory_bytes", 2e8, 3e8, _ONE),
    ("controller_cpu_percent", 1, 30, _ONE),
    ("controller_http_answers_per_min", 0, 200, _ONE),
    ("controller_refused_per_min", 0, 2, ("unknown_device", "clock")),
)
"""What a controller measures of itself: of one that stands still it would be what this program is like."""


def centre_rows(site: SiteId, at: Longs) -> Made:
    """The controller's own figures at these instants."""
    names = [
        (DistrictSeries(site, CONTROLLER, MetricId(metric), Instance(instance)), low, high)
        for metric, low, high, instances in _CENTRE_LINES
        for instance in instances
    ]
    keys = np.array([zlib.crc32(str(name).encode()) for name, _, _ in names], dtype=np.uint64)
    low, high = np.array([low for _, low, _ in names]), np.array([high for _, _, high in names])
    value = np.round(low + (wander(keys, at, _PERIOD_MS) + 1) / 2 * (high - low), 3).ravel()
    series = np.tile(np.arange(len(names), dtype=np.int32), len(at))
    return Made([name for name, _, _ in names], series, np.repeat(at, len(names)), value)


def live_frames(past: Past, at: Longs) -> Iterator[bytes]:
    """Facts and samples of every site at these instants (UTC ms, ascending); nothing of series that its history has: of two
    values at one instant InfluxDB would keep one, and a controller's own store both."""
    for site in past.series:
        told = [*past.facts(site), *_more_facts(past, site)]
        body: Body = FactsBody(told[len(past.facts(site)) :])
        yield _encoded(site, 1, body, int(at[0]))
        known = {formula.key for formula in past.series[site].formulas}
        series = [(key, line) for facts in told for key, line in _series_of(facts) if key not in known]
        dictionary = pack_dictionary([key for key, _ in series])
        values = _values(site, series, at)
        at_once = max(1, _SAMPLES_PER_FRAME // len(series))
        for number, start in enumerate(range(0, len(at), at_once), 2):
            cut = at[start : start + at_once]
            places = np.repeat(np.arange(len(series), dtype=np.int64), len(cut))
            flat = values[:, start : start + at_once].ravel()
            yield _encoded(
                site, number, pack_columns(dictionary, places, np.tile(cut, len(series)), flat), int(cut[-1])
            )


def _more_facts(past: Past, site: str) -> list[DeviceFacts]:
    """Devices of which the history knows nothing."""
    place = past.district.site(site)
    cameras = [
        DeviceFacts(DeviceId(device.id), device.kind, past.begin, name=device.name_zh, room=device.room)
        for device in place.devices
        if device.family.speaks_http
    ]
    room = place.rooms[0].id
    return [
        *cameras,
        DeviceFacts(DeviceId(site), DeviceKind.AGENT, past.begin, name="采集器", room=room),
        DeviceFacts(DeviceId("recorder-9"), DeviceKind.RECORDER, past.begin, name="备用录像机", room=room),
        DeviceFacts(DeviceId("sensor-1"), DeviceKind.SENSOR, past.begin, name="环境传感器", room=room),
        DeviceFacts(DeviceId("meter-1"), DeviceKind.OTHER, past.begin, name="总电表", room=room),
    ]


def _series_of(facts: DeviceFacts) -> Iterator[tuple[SeriesKey, Line]]:
    uplink = facts.uplinks[0] if facts.uplinks else facts.ports[0].instance if facts.ports else ""
    for line in LINES:
        if line.kind is facts.kind:
            for instance in line.instances:
                named = uplink if instance == UPLINK else instance
                yield SeriesKey(facts.device, MetricId(line.metric), Instance(named)), line


def _values(
    site: str, series: list[tuple[SeriesKey, Line]], at: Longs
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Shape (series, instants), rounded as agents round."""
    keys = np.array([zlib.crc32(f"{site} {key}".encode()) for key, _ in series], dtype=np.uint64)
    low = np.array([line.low for _, line in series])
    high = np.array([line.high for _, line in series])
    unit = (wander(keys, at, _PERIOD_MS) + 1) / 2
    metrics = [catalogue()[key.metric] for key, _ in series]
    is_state = np.array([bool(metric.states) for metric in metrics])
    unit = np.where(is_state, unit > _RARELY, unit)
    resolution = np.array([metric.resolution for metric in metrics])
    return np.ascontiguousarray((np.round((low + unit * (high - low)) / resolution) * resolution).round(6).T)


def _encoded(site: str, number: int, body: Body, sent_at: int) -> bytes:
    return encode_frame(Frame(SiteId(site), AgentId(site), _EPOCH, number, sent_at, body))
