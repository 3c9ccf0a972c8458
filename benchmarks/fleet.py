"""All agents of a district in one cheap process: real TLS connections, real frames, the agent's window, holds obeyed.

    echo '{"ca": ...}' | python -c 'from benchmarks.fleet import main; main()'

Reads a `Plan` from standard input, connects everyone, says so in a line ``connected``, then goes through the plan's
phases, with a line ``phase NAME`` each. Each agent seals what its devices have given (`benchmarks.reading`) every `seal_s`,
at moments of its own; where nothing came it seals nothing. A frame stays until the controller has acknowledged it and is
sent again after `ACK_TIMEOUT_S`. At the end one JSON `Account` is printed.
"""

import asyncio
import itertools
import ssl
import sys
import time
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.mqtt_client import MqttClient
from benchmarks.reading import Reader, Readings
from benchmarks.telemetry import LARGE, School, schools
from campus.topics import Leg
from campus.version import VERSION
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import HELLO_NUMBER, AckBody, Frame, HelloBody, SamplesBody

WINDOW_FRAMES: Final = 32
ACK_TIMEOUT_S: Final = 30.0
"""Both as an agent has them by itself."""
CONNECTING_AT_ONCE: Final = 40
STEP_S: Final = 0.025
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
    pace: float = 1.0
    """How many times faster than usual all clocks run: polls come and frames are sealed so much sooner, the frames alike."""


class Plan(msgspec.Struct, frozen=True):
    """What to do. The sum of all agents' samples in a second is about `samples_per_s` at factor 1."""

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
    age_ms: NDArray[np.float64]
    """Of each sample, when it was sealed."""
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
        told, samples = self.told[self.phase], len(sealed.age_ms)
        self.outstanding -= samples
        told.acknowledged += samples
        if floods:
            return
        waited_ms = (now_s - sealed.sealed_s) * 1000
        self._latency_ms[sealed.phase].append(waited_ms)
        self._age_ms[sealed.phase].append(sealed.age_ms + waited_ms)
        if waited_ms > CAUGHT_UP_MS:
            told.caught_up_s = round(now_s - self._began_s, 1)

    def close(self) -> list[Told]:
        """Everything of every phase."""
        for told, latency_ms, age_ms in zip(self.told, self._latency_ms, self._age_ms, strict=True):
            told.sealed_to_ack_ms = percentiles(np.array(latency_ms))
            told.measured_to_ack_ms = percentiles(np.concatenate([np.empty(0), *age_ms]))
        return self.told


class _Agent:
    """One agent: what it has measured, sealed, sent, and been told."""

    def __init__(self, school: School, readings: Readings, ledger: _Ledger, seal_s: float, seed: int) -> None:
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
        self._reader = Reader(readings, seal_s * 1000, self._rng)

    async def connect(self, plan: Plan, tls: ssl.SSLContext) -> None:
        """Sign in as deploy/mosquitto has it, the user being the site, and say hello."""
        address = self.school.address
        name = str(address.site)
        await self._client.connect("127.0.0.1", plan.port, tls, client_id=name, username=name, password=plan.password)
        await self._client.subscribe(address.topic(Leg.DOWN))
        self._publish(self._encoded(HELLO_NUMBER, HelloBody(VERSION, oldest_kept=1)))

    def seal(self, read_ms: float, over_s: float) -> None:
        """Seal what came during the last `over_s` seconds, in which `read_ms` of the interval of polls have passed."""
        now = time.time_ns() // 1_000_000
        series, ago_ms = self._reader.read(read_ms)
        age_ms = ago_ms * (over_s * 1000 / read_ms)
        value = self._readings.values(series, self._rng)
        if self.odd is not None:
            series, age_ms, value = np.append(series, self.odd[0]), np.append(age_ms, 0), np.append(value, self.odd[1])
            self.odd = None
            print(f"{PROBE_LINE} {self.school.address.site} {now}", flush=True)
        if not len(series):
            return
        self._number += 1
        payload = self._encoded(self._number, self._readings.body(series, now - age_ms.astype(np.int64), value))
        self._waiting[self._number] = _Sealed(self._number, payload, time.monotonic(), age_ms, self._ledger.phase)
        self._ledger.seal(len(series), float(value.sum()))

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
    readings = Readings(owned[0], _interval_ms(owned[0], plan))
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
    probe_series = [str(one.key.metric) for one in agents[0].school.series].index(plan.probe_metric)
    probed = itertools.cycle(agents[1:])
    probe_s = time.monotonic()
    end_s = probe_s + phase.seconds
    while (now_s := time.monotonic()) < end_s:
        if now_s >= probe_s:
            probe_s += PROBE_EVERY_S
            next(probed).odd = (probe_series, plan.probe_value)
        for agent in agents:
            interval_s = plan.seal_s / (phase.flood if agent.floods else phase.pace)
            read_ms = plan.seal_s * 1000 * (1 if agent.floods else phase.factor)
            while agent.next_seal_s <= now_s:
                agent.seal(read_ms, interval_s)
                agent.next_seal_s += interval_s
        await _step(agents)


async def _step(agents: list[_Agent]) -> None:
    now_s = time.monotonic()
    for agent in agents:
        agent.pump(now_s)
    await asyncio.sleep(max(0.001, STEP_S - (time.monotonic() - now_s)))


def _interval_ms(school: School, plan: Plan) -> float:
    """Of polls, so that all together give the rate; whole seals fit into it, as they do into a minute."""
    interval_s = len(school.series) * plan.agents / plan.samples_per_s
    return round(interval_s / plan.seal_s) * plan.seal_s * 1000


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
