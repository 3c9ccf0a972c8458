"""What polling costs an agent: 500 switches of 48 ports each minute, and the same poll beside pysnmp.

    python -m benchmarks.polling [--quick] [--json]

The switches answer real SNMP v2c over UDP (`benchmarks.switches`, a process of its own). Two measurements:

First the poll itself, in this process: 64 switches, 32 at a time, each known to the collector; processor time of this
process per switch, medians of alternating rounds.

    fetch_ms         asking for everything a normal poll wants (about 200 objects) and reading the answers
    poll_ms          the collector's whole poll: greeting, asking, counters to rates, samples
    pysnmp_fetch_ms  pysnmp asking for the same objects, as many at once, without looking up MIB names
    fetch_ratio      pysnmp_fetch_ms / fetch_ms
    poll_ratio       pysnmp_fetch_ms / poll_ms: all our work against pysnmp's asking alone

Then the real agent, `campanile agent run`, with 500 switches at the default cadence (fast points each 30 s, normal each
minute, slow each 15 minutes), a real Mosquitto, and somebody who acknowledges its frames:

    agent_cpu_percent  share of one core over the watch, after every switch has been learnt
    agent_mb           resident memory at the end
    samples_per_s      what came out of it
    unreachable        readings `reachable` 0 among them: must be 0

The last line is one JSON object.
"""

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from pysnmp.hlapi.v3arch import asyncio as pysnmp

from agent.address import HostPort
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.decode.plan import due, wanted_oids
from agent.snmp_access import Community
from benchmarks.servers import mosquitto
from campus.ids import DeviceId
from campus.secret import Secret
from campus.topics import ALL_UP, Leg, parse_topic
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import HELLO_NUMBER, AckBody, Frame, SamplesBody
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Cadence

COMPARED: Final = 64
CONCURRENCY: Final = 32
AGENTS_SWITCHES: Final = 500
ROUNDS: Final = 7
QUICK_ROUNDS: Final = 5
PYSNMP_SWITCHES: Final = 16
"""Of those compared: pysnmp takes its time, and its rate does not depend on how many there are."""
LEARN_TIMEOUT_S: Final = 300.0
_NORMAL: Final = frozenset({Cadence.NORMAL, Cadence.FAST})
_MEGABYTE: Final = 1 << 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.polling", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a watch of one minute instead of two")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    report = _compared(QUICK_ROUNDS if options.quick else ROUNDS) | _watched(60.0 if options.quick else 120.0)
    if not options.json:
        for key, value in report.items():
            print(f"{key:20} {value}")
    print(json.dumps(report))


def _compared(rounds: int) -> dict[str, Any]:
    with _switches(COMPARED) as ports:
        return asyncio.run(_compare(ports, rounds))


async def _compare(ports: list[int], rounds: int) -> dict[str, Any]:
    catalogue = load_catalogue(None)
    collectors = [_collector(number, port, catalogue) for number, port in enumerate(ports)]
    for collector in collectors:
        await collector.poll(frozenset(Cadence), _now_ms())
    learnt = collectors[0].learnt
    assert learnt is not None
    oids = wanted_oids(due(learnt.asks, _NORMAL))
    engine = pysnmp.SnmpEngine()

    async def fetch(collector: SnmpCollector) -> None:
        answers: dict[str, Any] = {}
        await collector.dialogue.get(oids, answers)
        assert len(answers) >= len(oids)

    async def poll(collector: SnmpCollector) -> None:
        harvest = await collector.poll(_NORMAL, _now_ms())
        assert len(harvest.samples) > 100, harvest

    async def fetch_with_pysnmp(collector: SnmpCollector) -> None:
        assert await _pysnmp_get(engine, collector.dialogue.at_once, ports[collectors.index(collector)], oids) == len(
            oids
        )

    took: dict[str, list[float]] = {"fetch_ms": [], "poll_ms": [], "pysnmp_fetch_ms": []}
    for _ in range(rounds):
        took["fetch_ms"].append(await _cpu_ms_each(collectors, fetch))
        took["poll_ms"].append(await _cpu_ms_each(collectors, poll))
        took["pysnmp_fetch_ms"].append(await _cpu_ms_each(collectors[:PYSNMP_SWITCHES], fetch_with_pysnmp))
    engine.close_dispatcher()
    for collector in collectors:
        await collector.close()
    medians = {name: statistics.median(values) for name, values in took.items()}
    return {
        **{name: round(value, 3) for name, value in medians.items()},
        "fetch_ratio": round(medians["pysnmp_fetch_ms"] / medians["fetch_ms"], 1),
        "poll_ratio": round(medians["pysnmp_fetch_ms"] / medians["poll_ms"], 1),
        "objects": len(oids),
        "rounds": rounds,
    }


async def _cpu_ms_each(collectors: Sequence[SnmpCollector], work: Callable[[SnmpCollector], Awaitable[None]]) -> float:
    """Processor time of this process for `work` on each collector, `CONCURRENCY` at a time."""
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(collector: SnmpCollector) -> None:
        async with gate:
            await work(collector)

    began_s = time.process_time()
    await asyncio.gather(*(one(collector) for collector in collectors))
    return (time.process_time() - began_s) / len(collectors) * 1000


async def _pysnmp_get(engine: pysnmp.SnmpEngine, at_once: int, port: int, oids: list[str]) -> int:
    """How many objects were answered."""
    target = await pysnmp.UdpTransportTarget.create(("127.0.0.1", port), timeout=10, retries=2)
    answered = 0
    for start in range(0, len(oids), at_once):
        wanted = [pysnmp.ObjectType(pysnmp.ObjectIdentity(oid)) for oid in oids[start : start + at_once]]
        problem, status, _, bindings = await pysnmp.get_cmd(
            engine, pysnmp.CommunityData("public"), target, pysnmp.ContextData(), *wanted, lookupMib=False
        )
        assert not problem, problem
        assert not status, status
        answered += len(bindings)
    return answered


def _collector(number: int, port: int, catalogue: Catalogue) -> SnmpCollector:
    at, access = HostPort("127.0.0.1", port), Community(Secret("public"))
    target = DeviceTarget(DeviceId(f"sw-{number}"), at, access, shortest_rate_s=0.0)  # polls follow at once
    return SnmpCollector(target, catalogue)


@dataclass
class _Acknowledger:
    """Acknowledges every frame at once and looks at what is in it."""

    client: mqtt.Client
    devices: set[str] = field(default_factory=set)
    """Heard with a port's traffic, which takes two polls."""
    samples: int = 0
    unreachable: int = 0

    def take(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        """One message of an agent."""
        frame = decode_frame(bytes(message.payload))
        address, _ = parse_topic(message.topic)
        runs = [] if frame.number == HELLO_NUMBER else [(frame.number, frame.number)]
        if isinstance(frame.body, SamplesBody):
            self._look(frame.body)
        ack = Frame(frame.site, frame.agent, 0, 0, _now_ms(), AckBody(frame.epoch, runs))
        self.client.publish(address.topic(Leg.DOWN), encode_frame(ack), qos=1)

    def _look(self, body: SamplesBody) -> None:
        keys = read_dictionary(body.dictionary)
        self.devices.update(key.device for key in keys if key.metric == "if_in_bps")
        columns = read_columns(body, len(keys))
        self.samples += len(columns.value)
        gone = {number for number, key in enumerate(keys) if key.metric == "reachable"}
        pairs = zip(columns.series.tolist(), columns.value.tolist(), strict=True)
        self.unreachable += sum(number in gone and value == 0 for number, value in pairs)


def _watched(watch_s: float) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder,
        _switches(AGENTS_SWITCHES) as ports,
        mosquitto(Path(folder)) as broker,
    ):
        config = _agent_file(Path(folder), ports, broker.port)
        heard = _Acknowledger(mqtt.Client(CallbackAPIVersion.VERSION2))
        heard.client.on_message = heard.take
        heard.client.connect("127.0.0.1", broker.port)
        heard.client.subscribe(ALL_UP, qos=1)
        heard.client.loop_start()
        with (Path(folder) / "agent.log").open("wb") as log:
            command = [sys.executable, "-m", "campanile", "agent", "run", "--config", str(config)]
            agent = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            return _watch(agent, heard, watch_s)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.wait(30)
            heard.client.disconnect()
            heard.client.loop_stop()


def _watch(process: subprocess.Popen[bytes], heard: _Acknowledger, watch_s: float) -> dict[str, Any]:
    agent = psutil.Process(process.pid)
    began_s = time.monotonic()
    while len(heard.devices) < AGENTS_SWITCHES:
        if process.poll() is not None or time.monotonic() - began_s > LEARN_TIMEOUT_S:
            sys.exit(f"the agent has learnt {len(heard.devices)} of {AGENTS_SWITCHES} switches and no more")
        time.sleep(0.5)
    learnt_s = time.monotonic() - began_s
    learning_cpu_s, samples = _cpu_s(agent), heard.samples
    began_s = time.monotonic()
    time.sleep(watch_s)
    lasted_s = time.monotonic() - began_s
    return {
        "agent_cpu_percent": round((_cpu_s(agent) - learning_cpu_s) / lasted_s * 100, 2),
        "agent_mb": round(agent.memory_info().rss / _MEGABYTE, 1),
        "samples_per_s": round((heard.samples - samples) / lasted_s),
        "unreachable": heard.unreachable,
        "switches": AGENTS_SWITCHES,
        "learnt_s": round(learnt_s, 1),
        "learning_cpu_s": round(learning_cpu_s, 2),
        "watch_s": watch_s,
    }


def _agent_file(folder: Path, ports: list[int], broker_port: int) -> Path:
    (folder / "community.txt").write_text("public\n")
    devices = "\n".join(
        f"  - {{id: sw-{number}, address: '127.0.0.1:{port}'}}" for number, port in enumerate(ports, start=1)
    )
    path = folder / "agent.yaml"
    path.write_text(
        f"site: no-1-primary\nuplink: {{port: {broker_port}}}\n"
        f"snmp_communities: {{read: {{file: community.txt}}}}\ndevices:\n{devices}\n"
    )
    return path


@contextmanager
def _switches(count: int) -> Iterator[list[int]]:
    """Their ports."""
    command = [sys.executable, "-m", "benchmarks.switches", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ports: list[int] = json.loads(process.stdout.readline())
            yield ports
        finally:
            process.stdin.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
