"""The bench: schools, a broker and a controller as processes, a hurtable line between each of them and the broker.

Everything lies in one folder: FOLDER/SITE/ for each school, its spool in FOLDER/SITE/disk/; FOLDER/controller/, its data in
FOLDER/controller/disk/; FOLDER/broker-KIND/, FOLDER/backups/, FOLDER/logs/.
"""

import asyncio
import http.client
import itertools
import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import yaml

from campanile.chaos.brokers import HERE, Broker, BrokerKind, Place
from campanile.chaos.command import AGENT_ENTRY
from campanile.chaos.held_port import LOOPBACK, HeldPort
from campanile.chaos.ledger import Ledger
from campanile.chaos.process import READY_TIMEOUT_S, BenchTrouble, Process
from campanile.chaos.reconcile import Taken, Verdict, reconcile
from campanile.chaos.relay import Relay
from campanile.chaos.replayer import Replayer
from campanile.chaos.school import School
from campanile.chaos.small_disk import SmallDisk
from campanile.chaos.soak import Usage, usage_of
from campanile.chaos.spools import Disk, Span, collect, count_waiting
from campanile.chaos.stored import read_store
from campanile.demo.plan import health
from campanile.demo.processes import campanile

TIMEZONE: Final = "Asia/Shanghai"
DATA_DISK_BYTES: Final = 256 << 20
DRAIN_TIMEOUT_S: Final = 180.0


class Bench:
    """Constructed inert but for its folders. `start`, faults, `drain`, `stop`, `verdict`; `stop` also after trouble."""

    def __init__(
        self,
        folder: Path,
        *,
        agents: int,
        kinds: Sequence[BrokerKind],
        entry: str = AGENT_ENTRY,
        place: Place = HERE,
    ) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.disk = SmallDisk(folder / "controller" / "disk", DATA_DISK_BYTES)
        self.data = self.disk.path / "data"
        self.controller_config = folder / "controller" / "controller.yaml"
        self.ledger = Ledger()
        self.logs.mkdir(parents=True)
        self.disk.path.mkdir(parents=True)
        self.schools = [School(f"school-{n}", folder, self.logs, self.ledger, entry) for n in range(1, agents + 1)]
        self.brokers = [Broker(kind, folder, self.logs, place) for kind in kinds]
        self.broker = self.brokers[0]
        self.broker_turn = asyncio.Lock()
        """Held by a fault that needs the broker to itself."""
        self._held_port = HeldPort()
        self.http_port = self._held_port.number
        self.line = Relay("line of the controller", self.broker.port, self.broker.host)
        self.controller = self._controller_process()
        self.controller_turn = asyncio.Lock()
        self.forgotten: list[Span] = []
        """From when to when the controller lost its memory: what it acknowledged then is only where an agent still has it."""
        self._numbers = itertools.count(1)
        self.replayer = Replayer()

    def mount_disks(self) -> None:
        """Give the controller and every agent a small disk that can be filled; before `start`, and `close` takes them away."""
        for disk in self.disks:
            disk.mount()

    @property
    def disks(self) -> list[SmallDisk]:
        """The controller's and the agents', mounted or plain folders."""
        return [self.disk, *(school.disk for school in self.schools)]

    def close(self) -> None:
        """Take the disks away and leave their files; after `verdict`."""
        for disk in self.disks:
            disk.unmount()

    async def start(self) -> None:
        """Bring everything up in order; `BenchTrouble` when something does not come.

        The agents come last: what they say before the controller listens is lost, and they wait long for an answer.
        """
        await self.line.start()
        self._write_controller()
        self.broker.process.start()
        await self.broker.process.until_ready()
        self.replayer.start(self.broker.host, self.broker.port)
        self.controller.start()
        await self.controller.until(self._hears_the_broker, "hear the broker", READY_TIMEOUT_S)
        for school in self.schools:
            await school.start(self.broker.host, self.broker.port)
            school.agent.start()
        for school in self.schools:
            await school.until_spooling()

    async def change_broker(self, kind: BrokerKind) -> None:
        """Kill the broker and let another take its place, at once and with nothing that the first one held."""
        self.broker.process.kill()
        self.broker = next(broker for broker in self.brokers if broker.kind is kind)
        self.broker.process.start()
        for line in self.lines:
            line.to_port = self.broker.port
        self.replayer.start(self.broker.host, self.broker.port)
        await self.broker.process.until_ready()

    @property
    def lines(self) -> list[Relay]:
        """The controller's line and the schools'."""
        return [self.line, *(school.line for school in self.schools)]

    async def heal(self) -> None:
        """Everything runs again and nothing is in its way; `BenchTrouble` when something does not come back."""
        for line in self.lines:
            await line.heal()
        for disk in self.disks:
            disk.release()
        self.broker.process.start()
        await self.broker.process.until_ready()
        self.controller.start()
        for school in self.schools:
            school.set_clock(0)
            school.agent.start()
        await self.controller.until_ready()

    async def finish_recall(self) -> None:
        """After a restore of the controller: return when every agent has been asked for what came since, and has answered.

        A new life asks at once; an old one may have asked while nobody could hear it, and waits for minutes.
        """
        if not self.forgotten:
            return
        await self.controller.end()
        self.controller.start()
        await self.controller.until(self._is_recalled, "hear from every agent after the restore", READY_TIMEOUT_S)

    def _hears_the_broker(self) -> bool:
        return "campanile_ingest_broker_connected 1" in read_metrics(self.http_port)

    def _is_recalled(self) -> bool:
        answers = self.data / "restored-answers.json"
        return answers.exists() and len(json.loads(answers.read_text())["answered"]) == len(self.schools)

    async def drain(self) -> None:
        """Devices fall silent; return when every agent's disk holds nothing that waits, or the time is over."""
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        for school in self.schools:
            await school.agent.end()
        await asyncio.gather(*(self._empty_all(school, deadline_s) for school in self.schools))

    @staticmethod
    async def _empty_all(school: School, deadline_s: float) -> None:
        """Spool by spool run an agent that asks nobody until nothing waits; killed then, so that nothing is added."""
        for spool in (school.spool, *school.twins):
            config = school.folder / "drain.yaml"
            school.write_config(config, spool, is_asking=False)
            drainer = school.agent_process(f"drain-{school.site}", config)
            is_empty = partial(_is_empty, spool)
            while not is_empty() and time.monotonic() < deadline_s:
                drainer.start()
                await drainer.until(is_empty, "empty its spool", deadline_s - time.monotonic())
                drainer.kill()

    async def stop(self) -> None:
        """End every process and close every socket; harmless when called twice."""
        self.replayer.stop()
        for school in self.schools:
            school.agent.forget()
        if self.controller.is_running:
            await self.controller.end()
        for broker in self.brokers:
            broker.close()
        for school in self.schools:
            await school.close()
        await self.line.close()
        self._held_port.close()

    def verdict(self) -> Verdict:
        """Reconcile; call when everything is stopped."""
        verdict = Verdict()
        taken = Taken(verdict)
        for school in self.schools:
            collect(taken, school.spool, Disk.KEPT, self.forgotten if school.has_lost_disk else ())
            for twin in school.twins:
                collect(taken, twin, Disk.KEPT, self.forgotten)
            for copy in school.set_aside:
                collect(taken, copy, Disk.TAKEN, self.forgotten)
        stored = read_store(self.data, TIMEZONE)
        return reconcile(verdict, taken, stored.marks, stored.rows, self.ledger)

    async def command(self, *arguments: str) -> str:
        """Run a command of ours to its end and return what it said; `BenchTrouble` unless its code is 0."""
        process = await asyncio.create_subprocess_exec(
            *campanile(*arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        if process.returncode:
            text = said.decode(errors="replace")[-2_000:]
            raise BenchTrouble(f"`campanile {' '.join(arguments)}` ended with code {process.returncode}: {text}")
        return said.decode(errors="replace")

    def usage(self) -> list[Usage]:
        """What the controller and the agents use now; while they all run."""
        agents = [usage_of(school.site, school.agent.pid, school.disk.path) for school in self.schools]
        return [usage_of("controller", self.controller.pid, self.data), *agents]

    def next_number(self) -> int:
        """A number for a file or a process that no other bears."""
        return next(self._numbers)

    async def metric(self, name: str) -> float | None:
        """A figure without labels of the controller's `/metrics`; None while it does not answer."""
        text = await asyncio.to_thread(read_metrics, self.http_port)
        lines = (line.split() for line in text.splitlines())
        return next((float(line[1]) for line in lines if len(line) == 2 and line[0] == f"campanile_{name}"), None)

    def _controller_process(self) -> Process:
        command = campanile("controller", "run", "--config", str(self.controller_config))
        return Process("controller", command, self.logs, lambda: health(self.http_port) is not None)

    def _write_controller(self) -> None:
        sites = [
            {"id": school.site, "organisation": "bench", "name_en": school.site, "name_zh": school.site}
            | {"agents": [school.site]}
            for school in self.schools
        ]
        organisations = [{"id": "bench", "name_en": "Bench", "name_zh": "试验台"}]
        enrolment = self.controller_config.with_name("district.yaml")
        enrolment.write_text(yaml.safe_dump({"organisations": organisations, "sites": sites}, allow_unicode=True))
        settings = {
            "data_dir": str(self.data),
            "broker": {"host": LOOPBACK, "port": self.line.port},
            "http": {"host": LOOPBACK, "port": self.http_port},
            "district": {"timezone": TIMEZONE},
            "enrolment": str(enrolment),
        }
        self.controller_config.write_text(yaml.safe_dump(settings))


def _is_empty(spool: Path) -> bool:
    return count_waiting(spool) == 0


def read_metrics(port: int) -> str:
    """The text of a controller's `/metrics`; empty while it does not answer."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
