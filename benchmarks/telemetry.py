"""Realistic telemetry for benchmarks: schools whose switches, boards, kitchens and cameras are polled every 15 seconds.

Values are rounded as agents round them: rates to 1 bit/s, shares and temperatures to 0.1, states to their numbers. Same
seed, same samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, SeriesKey
from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.columns import pack_columns
from campus.wire.frame import Frame
from campus.wire.pack import pack_dictionary

POLL_MS = 15_000
"""Usual time between two polls of a device."""
PORTS = 24


class Shape(NamedTuple):
    """How a metric behaves: base level, how far it swings, how often it changes at all, decimals."""

    metric: str
    level: float
    swing: float
    change: float
    decimals: int


_BOX = (Shape("cpu_percent", 20, 8, 1.0, 1), Shape("memory_percent", 45, 1, 0.5, 1), Shape("uptime_s", 9e6, 0, 0.0, 0))
_PORT = (
    Shape("if_in_bps", 4e6, 3e6, 1.0, 0),
    Shape("if_out_bps", 1e6, 8e5, 1.0, 0),
    Shape("if_oper_state", 1, 0, 0.0, 0),
    Shape("if_in_errors_per_s", 0, 0.05, 0.02, 3),
)
_LINES: dict[DeviceKind, tuple[int, int, tuple[Shape, ...]]] = {
    # kind: (devices, parts of each that have `_PORT`, shapes of the device itself)
    DeviceKind.GATEWAY: (
        1,
        4,
        (*_BOX, Shape("sessions", 9_000, 2_000, 1.0, 0), Shape("temperature_cel", 41, 1, 0.3, 1)),
    ),
    DeviceKind.SWITCH: (3, PORTS, (*_BOX, Shape("temperature_cel", 38, 1, 0.3, 1))),
    DeviceKind.ACCESS_POINT: (6, 0, (*_BOX, Shape("wireless_clients", 25, 6, 0.5, 0))),
    DeviceKind.BOARD: (
        12,
        0,
        (Shape("power_state", 2, 0, 0.0, 0), Shape("input_state", 1, 0, 0.0, 0), Shape("touch_per_min", 6, 5, 0.7, 1)),
    ),
    DeviceKind.CAMERA: (4, 0, (Shape("stream_state", 2, 0, 0.0, 0), Shape("bitrate_bps", 4e6, 4e5, 1.0, 0))),
    DeviceKind.KITCHEN_MONITOR: (2, 0, (Shape("temperature_cel", -18, 1.2, 0.9, 1), Shape("door_state", 0, 0, 0.0, 0))),
    DeviceKind.UPS: (1, 0, (Shape("battery_percent", 100, 0.2, 0.1, 1), Shape("input_voltage_v", 229, 2, 1.0, 1))),
}


class Series(NamedTuple):
    """One series of a school."""

    key: SeriesKey
    shape: Shape


@dataclass(frozen=True)
class School:
    """One agent's devices and series, in the order of the dictionary."""

    address: Address
    facts: list[DeviceFacts]
    series: list[Series]


def schools(quantity: int, now: int) -> list[School]:
    """Schools alike in what they own; every device has also `reachable` and `response_time_ms`."""
    return [
        _school(Address(SiteId(f"no-{n}-primary"), AgentId(f"no-{n}-primary")), now) for n in range(1, quantity + 1)
    ]


def frames(
    school: School, quantity: int, samples: int, start: int, seed: int, poll_ms: int = POLL_MS
) -> Iterator[tuple[bytes, float]]:
    """`quantity` encoded frames of exactly `samples` samples, polls one after the other from `start`, and each one's sum."""
    rng = np.random.default_rng(seed)
    width = len(school.series)
    polls = -(-quantity * samples // width)
    value = _values(rng, school.series, polls).ravel()
    number = np.unique([one.key.device for one in school.series], return_inverse=True)[1]
    spread = rng.integers(0, poll_ms, int(number.max()) + 1)[number]
    measured_at = (start + np.arange(polls)[:, None] * poll_ms + spread).ravel()
    order = np.argsort(measured_at.reshape(polls, width), axis=1, kind="stable")
    flat = (order + np.arange(polls)[:, None] * width).ravel()
    series = np.tile(np.arange(width), polls)[flat]
    measured_at, value = measured_at[flat], value[flat]
    dictionary = pack_dictionary([one.key for one in school.series])
    for n in range(quantity):
        cut = slice(n * samples, (n + 1) * samples)
        body = pack_columns(dictionary, series[cut], measured_at[cut], value[cut])
        at = int(measured_at[cut][-1])
        site, agent = school.address.site, school.address.agent
        frame = Frame(site=site, agent=agent, epoch=1, number=n + 1, sent_at=at, body=body)
        yield encode_frame(frame), float(value[cut].sum())


def _school(address: Address, now: int) -> School:
    facts: list[DeviceFacts] = []
    series: list[Series] = []
    for kind, (devices, ports, shapes) in _LINES.items():
        for n in range(1, devices + 1):
            device = DeviceId(f"{kind.value.replace('_', '-')}-{n}")
            facts.append(DeviceFacts(device=device, kind=kind, observed_at=now))
            common = (Shape("reachable", 1, 0, 0.0, 0), Shape("response_time_ms", 2, 1, 1.0, 1))
            series += [_series(device, shape, "") for shape in (*common, *shapes)]
            names = [f"GigabitEthernet0/0/{port}" for port in range(1, ports + 1)]
            series += [_series(device, shape, name) for name in names for shape in _PORT]
    series.sort(key=lambda one: one.key)
    return School(address, facts, series)


def _series(device: DeviceId, shape: Shape, instance: str) -> Series:
    return Series(SeriesKey(device, MetricId(shape.metric), Instance(instance)), shape)


def _values(rng: np.random.Generator, series: list[Series], polls: int) -> NDArray[np.float64]:
    """Polls x series. A value changes with its shape's chance and stands still otherwise."""
    columns = []
    for one in series:
        shape = one.shape
        fresh = shape.level + shape.swing * rng.standard_normal(polls)
        fresh = np.abs(fresh) if shape.level >= 0 else fresh
        keeps = rng.random(polls) >= shape.change
        keeps[0] = False
        last = np.maximum.accumulate(np.where(keeps, 0, np.arange(polls)))
        value = np.round(fresh[last], shape.decimals)
        if shape.metric == "uptime_s":
            value = shape.level + np.arange(polls, dtype=np.float64) * (POLL_MS // 1000)
        if shape.metric.endswith("_percent"):
            value = np.minimum(value, 100)
        columns.append(value)
    return np.column_stack(columns)
