"""All agents of a district in one cheap process: real TLS connections, real frames, the agent's window, holds obeyed.

    echo '{"ca": ...}' | python -c 'from benchmarks.fleet import main; main()'

Reads a `Plan` from standard input, connects everyone, says so in a line ``connected``, then goes through the plan's
phases, with a line ``phase NAME`` each. Each agent reads its devices one after the other and seals what it has read every
`seal_s`, at moments of its own. A frame stays until the controller has acknowledged it and is sent again after
`ACK_TIMEOUT_S`. At the end one JSON `Account` is printed.
"""

import asyncio
import itertools
import ssl
import sys
import time
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.mqtt_client import MqttClient
from benchmarks.telemetry import LARGE, School, polls, schools
from campus.topics import Leg
from campus.version import VERSION
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.columns import pack_columns
from campus.wire.frame import HELLO_NUMBER, AckBody, Frame, HelloBody, SamplesBody
from campus.wire.pack import pack_dictionary

WINDOW_FRAMES: Final = 32
ACK_TIMEOUT_S: Final = 30.0
"""Both as an agent has them by itself."""
CONNECTING_AT_ONCE: Final = 40
STEP_S: Final = 0.025
FRESH: Final = 0.25
"""Share of frames that name a set of series never named before."""
PROBE_EVERY_S: Final = 1.0
PROBE_LINE: Final = "probe"
"""Begins the line that tells of a probe: with the site, and when its frame was sealed (UTC ms)."""
CAUGHT_UP_MS: Final = 2_000


class Phase(msgspec.Struct, frozen=True):
    """A stretch of time: how many times the usual rate everyone measures, and agent 0 by itself."""

    name: str
    seconds: float
    factor: float = 1.0
    flood: float = 0.0
    """Times the usual rate for agent 0, which then obeys no hold and no window; 0: like everyone."""


class Plan(msgspec.Struct, frozen=True):
    """What to do. The sum of all agents' samples in a second is `samples_per_s` at factor 1."""

    ca: str
    port: int
    password: str
    agents: int
    samples_per_s: float
    seal_s: float
    phases: list[Phase]
    probe_metric: str
    """Every `PROBE_EVERY_S` another agent's first series of this metric measures `probe_value`."""
    probe_value: float
    drain_s: float = 60.0
    """How long to wait at the end for what is not acknowledged."""


class Told(msgspec.Struct):
    """What became of one phase. Milliseconds; latencies are of frames sealed in it, those of a flooding agent left out."""

    name: str
    samples: int = 0
    frames: int = 0
    acknowledged: int = 0
    """Samples of all phases that were acknowledged during this one."""
    sealed_to_ack_ms: dict[str, float] = {}
    measured_to_ack_ms: dict[str, float] = {}
    """Per sample: what is acknowledged is stored and can be asked for."""
    highest_hold_s: int = 0
    highest_hold_backlog_s: int = 0
    most_waiting: int = 0
    """Samples sealed and not acknowledged, all agents together."""
    caught_up_s: float = 0.0
    """When in this phase an acknowledgement came for the last time more than `CAUGHT_UP_MS` after the frame was sealed."""


class Account(msgspec.Struct):
    """The whole run; `total` is the sum of all values sealed, `unacknowledged` counts samples."""

    phases: list[Told]
    samples: int
    total: float
    unacknowledged: int
    frames_resent: int
    cpu_s: float


@dataclass
class _Sealed:
    number: int
    payload: bytes
    sealed_s: float
    measured_at: NDArray[np.int64]
    phase: int
    sent_s: float = 0.0


class _Ledger:
    """Books what all agents seal and hear."""

    def __init__(self, phases: list[Phase]) -> None:
        self.told = [Told(phase.name) for phase in phases]
        self.phase = 0
        self.outstanding = self.samples = self.resent = 0
        self.total = 0.0
        self._began_s = time.monotonic()
        self._latency_ms: list[list[float]] = [[] for _ in phases]
        self._age_ms: list[list[NDArray[np.float64]]] = [[] for _ in phases]

    def begin(self, phase: int) -> None:
        """The next phase runs from now on."""
        self.phase, self._began_s = phase, time.monotonic()

    def seal(self, samples: int, total: float) -> None:
        """A frame was sealed."""
        told = self.told[self.phase]
        told.samples += samples
        told.frames += 1
        self.samples += samples
        self.total += total
        self.outstanding += samples
        told.most_waiting = max(told.most_waiting, self.outstanding)

    def hear(self, ack: AckBody) -> None:
        """An acknowledgement came."""
        told = self.told[self.phase]
        told.highest_hold_s = max(told.highest_hold_s, ack.hold_s)
        told.highest_hold_backlog_s = max(told.highest_hold_backlog_s, ack.hold_backlog_s)

    def settle(self, sealed: _Sealed, now_s: float, *, floods: bool) -> None:
        """A frame was acknowledged."""
        told, samples = self.told[self.phase], len(sealed.measured_at)
        self.outstanding -= samples
        told.acknowledged += samples
        if floods:
            return
        waited_ms = (now_s - sealed.sealed_s) * 1000
        self._latency_ms[sealed.phase].append(waited_ms)
        self._age_ms[sealed.phase].append(sealed.measured_at[-1] - sealed.measured_at + waited_ms)
        if waited_ms > CAUGHT_UP_MS:
            told.caught_up_s = round(now_s - self._began_s, 1)

    def close(self) -> list[Told]:
        """Everything of every phase."""
        for told, latency_ms, age_ms in zip(self.told, self._latency_ms, self._age_ms, strict=True):
            told.sealed_to_ack_ms = percentiles(np.array(latency_ms))
            told.measured_to_ack_ms = percentiles(np.concatenate([np.empty(0), *age_ms]))
        return self.told


@dataclass
class _Readings:
    """The order in which a school is read, and what is usually measured. Schools alike share it with its dictionaries."""

    school: School
    order: NDArray[np.int64]
    usual: NDArray[np.float64]
    swing: NDArray[np.float64]
    known: dict[bytes, bytes] = field(default_factory=dict)

    def body(self, series: NDArray[np.int64], at: NDArray[np.int64], value: NDArray[np.float64]) -> SamplesBody:
        """Samples in the order they were read."""
        named, place = np.unique(series, return_inverse=True)
        packed = self.known.get(named.tobytes()) or pack_dictionary([self.school.series[n].key for n in named.tolist()])
        self.known[named.tobytes()] = packed
        return pack_columns(packed, place, at, value)


class _Agent:
    """One agent: what it has measured, sealed, sent, and been told."""

    def __init__(self, school: School, readings: _Readings, ledger: _Ledger, seal_s: float, seed: int) -> None:
        self.school = school
        self.floods = False
        self.odd: tuple[int, float] | None = None
        """A series and the value it is about to measure."""
        self._client = MqttClient(self._hear)
        self._readings = readings
        self._ledger = ledger
        self._epoch = time.time_ns() // 1_000_000
        self._number = 0
        self._waiting: dict[int, _Sealed] = {}
        self._under_way: dict[int, _Sealed] = {}
        """In the order they were sent."""
        self._hold_until_s = self._hold_backlog_until_s = 0.0
        self._rng = np.random.default_rng(seed)
        self.next_seal_s = seal_s * float(self._rng.random())
        self._read_to = int(self._rng.integers(len(readings.order))) + 0.5

    async def connect(self, plan: Plan, tls: ssl.SSLContext) -> None:
        """Sign in as deploy/mosquitto has it, the user being the site, and say hello."""
        address = self.school.address
        name = str(address.site)
        await self._client.connect("127.0.0.1", plan.port, tls, client_id=name, username=name, password=plan.password)
        await self._client.subscribe(address.topic(Leg.DOWN))
        self._publish(self._encoded(HELLO_NUMBER, HelloBody(VERSION, oldest_kept=1)))

    def seal(self, samples: float, over_s: float) -> None:
        """Seal about `samples` samples as read during the last `over_s` seconds."""
        before, self._read_to = int(self._read_to), self._read_to + samples
        count = int(self._read_to) - before
        readings, now = self._readings, time.time_ns() // 1_000_000
        series = readings.order[np.arange(before, before + count) % len(readings.order)]
        if not count:
            return
        if self._rng.random() < FRESH:
            series[0] = self._rng.choice(readings.order)
        value = np.round(readings.usual[series] - readings.swing[series] * self._rng.random(count), 1)
        if self.odd is not None:
            series[-1], value[-1] = self.odd
            self.odd = None
            print(f"{PROBE_LINE} {self.school.address.site} {now}", flush=True)
        at = now - np.linspace(over_s * 1000, 0, count).astype(np.int64)
        self._number += 1
        payload = self._encoded(self._number, readings.body(series, at, value))
        self._waiting[self._number] = _Sealed(self._number, payload, time.monotonic(), at, self._ledger.phase)
        self._ledger.seal(count, float(value.sum()))

    def pump(self, now_s: float) -> None:
        """Send what may be sent."""
        if now_s < self._hold_until_s and not self.floods:
            return
        while self._under_way and now_s >= self._hold_backlog_until_s:
            oldest = next(iter(self._under_way.values()))
            if now_s - oldest.sent_s < ACK_TIMEOUT_S:
                break
            self._ledger.resent += 1
            self._send(oldest, now_s)
        while self._waiting and (self.floods or len(self._under_way) < WINDOW_FRAMES):
            self._send(self._waiting.pop(next(iter(self._waiting))), now_s)

    def close(self) -> None:
        """Leave."""
        self._client.close()

    def _send(self, sealed: _Sealed, now_s: float) -> None:
        sealed.sent_s = now_s
        self._under_way.pop(sealed.number, None)
        self._under_way[sealed.number] = sealed
        self._publish(sealed.payload)

    def _hear(self, payload: bytes) -> None:
        now_s = time.monotonic()
        body = decode_frame(payload).body
        if not isinstance(body, AckBody) or body.epoch != self._epoch:
            return
        self._hold_until_s, self._hold_backlog_until_s = now_s + body.hold_s, now_s + body.hold_backlog_s
        self._ledger.hear(body)
        for first, last in body.runs:
            for number in range(first, last + 1):
                sealed = self._under_way.pop(number, None)
                if sealed is not None:
                    self._ledger.settle(sealed, now_s, floods=self.floods)

    def _publish(self, payload: bytes) -> None:
        self._client.publish(self.school.address.topic(Leg.UP), payload)

    def _encoded(self, number: int, body: SamplesBody | HelloBody) -> bytes:
        address, now = self.school.address, time.time_ns() // 1_000_000
        return encode_frame(Frame(address.site, address.agent, self._epoch, number, now, body))


async def run(plan: Plan) -> Account:
    """The whole plan."""
    owned = schools(plan.agents, 0, LARGE)
    ledger = _Ledger(plan.phases)
    readings = _readings(owned[0])
    agents = [_Agent(school, readings, ledger, plan.seal_s, n) for n, school in enumerate(owned)]
    await _connect(agents, plan)
    print("connected", flush=True)
    cpu_s = time.process_time()
    for agent in agents:
        agent.next_seal_s += time.monotonic()
    for number, phase in enumerate(plan.phases):
        print(f"phase {phase.name}", flush=True)
        ledger.begin(number)
        await _go_through(phase, plan, agents)
    agents[0].floods = False
    deadline = time.monotonic() + plan.drain_s
    while ledger.outstanding and time.monotonic() < deadline:
        await _step(agents)
    for agent in agents:
        agent.close()
    used_s = time.process_time() - cpu_s
    return Account(
        phases=ledger.close(),
        samples=ledger.samples,
        total=ledger.total,
        unacknowledged=ledger.outstanding,
        frames_resent=ledger.resent,
        cpu_s=used_s,
    )


async def _connect(agents: list[_Agent], plan: Plan) -> None:
    tls = ssl.create_default_context(cafile=plan.ca)
    turn = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def connect(agent: _Agent) -> None:
        async with turn:
            await agent.connect(plan, tls)

    await asyncio.gather(*(connect(agent) for agent in agents))


async def _go_through(phase: Phase, plan: Plan, agents: list[_Agent]) -> None:
    agents[0].floods = phase.flood > 0
    width = len(agents[0].school.series)
    # Cuts fall at the same places in every poll: devices are read and frames are sealed by the same clock.
    each = width / round(width * len(agents) / plan.samples_per_s / plan.seal_s)
    probe_series = [str(one.key.metric) for one in agents[0].school.series].index(plan.probe_metric)
    probed = itertools.cycle(agents[1:])
    probe_s = time.monotonic()
    end_s = probe_s + phase.seconds
    while (now_s := time.monotonic()) < end_s:
        if now_s >= probe_s:
            probe_s += PROBE_EVERY_S
            next(probed).odd = (probe_series, plan.probe_value)
        for agent in agents:
            interval_s = plan.seal_s / (phase.flood if agent.floods else 1)
            while agent.next_seal_s <= now_s:
                agent.seal(each if agent.floods else each * phase.factor, interval_s)
                agent.next_seal_s += interval_s
        await _step(agents)


async def _step(agents: list[_Agent]) -> None:
    now_s = time.monotonic()
    for agent in agents:
        agent.pump(now_s)
    await asyncio.sleep(max(0.001, STEP_S - (time.monotonic() - now_s)))


def _readings(school: School) -> _Readings:
    read = polls(school, 1, 0, 60_000, np.random.default_rng(1))
    usual = np.array([one.shape.level for one in school.series])
    swing = np.array([one.shape.swing if one.shape.level > 0 else 0 for one in school.series])
    return _Readings(school, read.series, usual, swing)


def percentiles(values: NDArray[np.float64]) -> dict[str, float]:
    """p50, p99 and highest; empty where there are no values."""
    if not len(values):
        return {}
    p50, p99 = np.percentile(values, [50, 99]).tolist()
    return {"p50": round(p50, 1), "p99": round(p99, 1), "highest": round(float(values.max()), 1)}


def main() -> None:
    """A plan from standard input, an account to standard output."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    print(msgspec.json.encode(asyncio.run(run(plan))).decode(), flush=True)
