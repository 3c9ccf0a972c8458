"""Realistic telemetry for benchmarks: schools whose switches, boards, kitchens and cameras are polled again and again.

Values are rounded as agents round them: rates to 1 bit/s, shares and temperatures to 0.1, states to their numbers. Same
seed, same samples.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, SeriesKey
from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.columns import pack_columns
from campus.wire.frame import Body, Frame, SamplesBody
from campus.wire.pack import pack_dictionary

POLL_MS = 15_000
"""Usual time between two polls of a device."""
PORTS = 24
_PORT_NAME = "GigabitEthernet0/0/"
_ODD = 3
_PLACES_SEED = 11


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
    # kind: (devices of a usual school, parts of each that have `_PORT`, shapes of the device itself)
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


USUAL: dict[DeviceKind, int] = {kind: devices for kind, (devices, _, _) in _LINES.items()}
"""Devices of a school of 29, with 453 series."""
LARGE: dict[DeviceKind, int] = {
    DeviceKind.GATEWAY: 1,
    DeviceKind.SWITCH: 9,
    DeviceKind.ACCESS_POINT: 30,
    DeviceKind.BOARD: 46,
    DeviceKind.CAMERA: 24,
    DeviceKind.KITCHEN_MONITOR: 10,
    DeviceKind.UPS: 5,
}
"""Devices of a school of 125, with 1,507 series: 800 such schools are the large tier."""


class Series(NamedTuple):
    """One series of a school."""

    key: SeriesKey
    shape: Shape


@dataclass(frozen=True)
class School:
    """One agent's devices and series, in the order of the dictionary. Schools made together share their lists."""

    address: Address
    facts: list[DeviceFacts]
    series: list[Series]


def schools(quantity: int, now: int, devices: Mapping[DeviceKind, int] = USUAL) -> list[School]:
    """Schools alike in what they own; every device has also `reachable` and `response_time_ms`."""
    first = _school(_address(1), now, devices)
    return [replace(first, address=_address(n)) for n in range(1, quantity + 1)]


class Polls(NamedTuple):
    """Samples of a school, polls one after the other: columns of equal length, `series` its place in the school's list."""

    series: NDArray[np.int64]
    measured_at: NDArray[np.int64]
    value: NDArray[np.float64]


def polls(school: School, rounds: int, start: int, poll_ms: int, rng: np.random.Generator) -> Polls:
    """So many polls of everything; a device always keeps its place in the interval, its series come together."""
    value = _values(rng, school.series, rounds)
    number = np.unique([one.key.device for one in school.series], return_inverse=True)[1]
    offset = np.random.default_rng(_PLACES_SEED).integers(0, poll_ms, int(number.max()) + 1)[number]
    order = np.argsort(offset, kind="stable")
    measured_at = start + np.arange(rounds)[:, None] * poll_ms + offset[order]
    return Polls(np.tile(order, rounds), measured_at.ravel(), value[:, order].ravel())


def bodies(
    school: School, read: Polls, samples: int, fresh: float, rng: np.random.Generator
) -> Iterator[tuple[SamplesBody, float]]:
    """Bodies of exactly `samples` samples (at most the school's series), and the sum of each one's values.

    As an agent seals what it has read after a while, the cuts lie at the same places in every poll, so dictionaries come
    again; the last of a poll reaches back over some that were sent. In a share `fresh` of the frames some samples are of
    other series instead (a port that changed, a device that answered late): such a dictionary was never seen before.
    """
    keys = [one.key for one in school.series]
    usual = np.array([one.shape.level for one in school.series])
    known: dict[bytes, bytes] = {}
    for poll in range(0, len(read.series), len(keys)):
        for place in (*range(0, len(keys) - samples, samples), len(keys) - samples):
            cut = slice(poll + place, poll + place + samples)
            series, value = read.series[cut].copy(), read.value[cut].copy()
            others = np.setdiff1d(np.arange(len(keys)), series)
            if rng.random() < fresh and len(others) >= _ODD:
                places, odd = rng.choice(samples, _ODD, replace=False), rng.choice(others, _ODD, replace=False)
                series[places], value[places] = odd, usual[odd]
            named, index = np.unique(series, return_inverse=True)
            packed = known.get(named.tobytes()) or pack_dictionary([keys[at] for at in named.tolist()])
            known[named.tobytes()] = packed
            yield pack_columns(packed, index, read.measured_at[cut] + place % 7, value), float(value.sum())


def sealed(address: Address, epoch: int, number: int, sent_at: int, body: Body) -> bytes:
    """A frame of that agent, as on the wire."""
    return encode_frame(Frame(address.site, address.agent, epoch, number, sent_at, body))


def _address(n: int) -> Address:
    return Address(SiteId(f"no-{n}-primary"), AgentId(f"no-{n}-primary"))


def _school(address: Address, now: int, quantity: Mapping[DeviceKind, int]) -> School:
    facts: list[DeviceFacts] = []
    series: list[Series] = []
    for kind, (_, ports, shapes) in _LINES.items():
        for n in range(1, quantity[kind] + 1):
            device = DeviceId(f"{kind.value.replace('_', '-')}-{n}")
            uplinks = (f"{_PORT_NAME}1",) if kind is DeviceKind.GATEWAY else ()
            facts.append(DeviceFacts(device=device, kind=kind, observed_at=now, uplinks=uplinks))
            common = (Shape("reachable", 1, 0, 0.0, 0), Shape("response_time_ms", 2, 1, 1.0, 1))
            series += [_series(device, shape, "") for shape in (*common, *shapes)]
            names = [f"{_PORT_NAME}{port}" for port in range(1, ports + 1)]
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
