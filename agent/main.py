"""The agent wired together: collectors -> intake -> spool -> uplink. Nothing else constructs them.

`Agent(...)` does no I/O; `run` starts everything, and ends it in the order that loses nothing: collectors first, then
what they gathered goes to the disk, then the controller is told that the agent leaves.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.batch import Batch
from agent.candidates import Candidates
from agent.clock import SteadyClock, SteadyTimer, Timer, UtcClock, utc_ms
from agent.collect.mqtt.interpreters import interpreters_of
from agent.collect.mqtt.listener import MqttListener, remember_candidates, watch_for_silence
from agent.collect.port import DeviceCollector
from agent.config import AgentConfig, PolledDevice
from agent.facts import FactsBook, Plate
from agent.intake import Intake
from agent.outlook import Watching, watches
from agent.poll import Polled, Poller, Sink
from agent.presence import Presence
from agent.schedule import Turns
from agent.spool.file import SpoolFile
from agent.spool.schema import open_for_reading
from agent.spool.spool import Spool
from agent.trap_config import TrapConfig
from agent.traps.ear import refuse_unusable
from agent.traps.meaning import TrapBook
from agent.traps.receiver import Surroundings, TrapReceiver
from agent.traps.senders import Senders
from agent.uplink.uplink import Uplink
from agent.vitals import HEARTBEAT_S, Vitals
from campus.errors import Transient
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from campus.tls import tls_context
from campus.version import VERSION
from firmware_profiles.catalogue import Catalogue

if TYPE_CHECKING:
    from agent.configurations.snapshots import Snapshots

FORGET_AFTER_MS = 30 * 86_400_000
"""A device that was only ever heard, is not configured and has been gone so long is not mentioned any more."""
CollectorFactory = Callable[[PolledDevice], DeviceCollector]
_log = logging.getLogger(__name__)


class Agent:
    """One school's agent."""

    def __init__(
        self,
        config: AgentConfig,
        catalogue: Catalogue,
        collector_for: CollectorFactory,
        wall: UtcClock = utc_ms,
        timer: Timer | None = None,
    ) -> None:
        """`wall` is the machine's own clock, which may be wrong and may jump."""
        timer = timer or SteadyTimer()
        clock = SteadyClock(wall, timer)
        file = config.file
        self._config = config
        self._clock = clock
        self._plates = _plates(config)
        self.book = FactsBook(self._plates)
        spool_file = SpoolFile(
            config.spool_path,
            config.address,
            file.spool.max_bytes,
            file.spool.max_age_s,
            file.spool.keep_acknowledged_s,
        )
        self.spool = Spool(spool_file, clock)
        self.intake = Intake(self.book, Batch(file.batch_samples), self.spool, file.batch_s, clock.reading, timer)
        collectors = {DeviceId(device.entry.id): collector_for(device) for device in config.devices}
        self.snapshots = _snapshots(config, catalogue, collectors, self.intake.take, clock, timer)
        take = self.snapshots.listening(self.intake.take) if self.snapshots else self.intake.take
        self.poller = Poller(
            [Polled(device, collector, _turns(device, config, timer)) for device, collector in collectors.items()],
            take,
            concurrency=file.polling.concurrency,
            timeout_s=file.polling.timeout_s,
            clock=clock.reading,
            timer=timer,
        )
        expected = [DeviceId(entry.id) for entry in file.mqtt_devices]
        self.presence = Presence(expected, file.mqtt_silence_s, file.cadence.normal_s)
        self.candidates = Candidates()
        self.listeners = [
            MqttListener(
                broker,
                config.address,
                interpreters_of(catalogue, lambda: clock.shift_ms, may_ask=settings.sparkplug_rebirth),
                self.presence,
                self.candidates,
                self.intake.take,
                clock=clock.reading,
                timer=timer,
                part=f"broker {number}" if len(config.listeners) > 1 else "",
            )
            for number, (broker, settings) in enumerate(zip(config.listeners, file.mqtt_listeners, strict=True), 1)
        ]
        around = Surroundings(take, self.intake.flush, self.poller.poll_soon, collectors, self.candidates)
        self.traps = _trap_receiver(config, config.traps, catalogue, around, clock, timer) if config.traps else None
        self.vitals = Vitals(
            config.address,
            self.spool,
            self.poller,
            self.intake,
            self.intake.take,
            interval_s=min(file.cadence.normal_s, HEARTBEAT_S),
            clock=clock,
            timer=timer,
            hold_s=lambda: self.uplink.hold_s,
            traps=self.traps,
            listeners=self.listeners,
        )
        self.uplink = Uplink(
            config.uplink,
            file.uplink,
            config.address,
            self.spool,
            clock=clock,
            timer=timer,
            greeting=self.intake.greet,
            device_count=lambda: len(self.book),
        )
        self._watches: tuple[Watching, ...] = (
            partial(watch_for_silence, self.presence, self.intake.take, clock.reading, timer),
            partial(remember_candidates, self.candidates, self.spool, timer),
            *watches(config, self.intake.take, clock.reading, timer),
            *self._discovery(catalogue, collector_for, clock, timer),
            *([self.snapshots.run] if self.snapshots else []),
        )

    def _discovery(
        self, catalogue: Catalogue, collector_for: CollectorFactory, clock: SteadyClock, timer: Timer
    ) -> list[Watching]:
        plan = self._config.discovery
        if plan is None:
            return []
        from agent.discovery.watch import DiscoveryWatch  # only where the file asks for it

        watch = DiscoveryWatch(
            self._config,
            plan,
            catalogue,
            collector_for,
            self.book,
            self.candidates,
            self.presence.speaks_through,
            self.intake.take,
            clock=clock.reading,
            timer=timer,
        )
        return [watch.run]

    @property
    def summary(self) -> str:
        """What is configured, in words."""
        config = self._config
        told = (
            (len(config.devices), "polled device"),
            (len(self.listeners), "MQTT broker"),
            (len(config.file.mqtt_devices), "named device"),
            (len(config.services), "service"),
        )
        polled, brokers, named, services = (f"{n} {thing}{'' if n == 1 else 's'}" for n, thing in told)
        return (
            f"site {config.address.site}, {polled}, {brokers} with {named}, {services}, "
            f"uplink to {config.file.uplink.host}:{config.file.uplink.port}"
            f"{_traps_in_words(config.traps)}{_discovery_in_words(config)}"
        )

    def check(self) -> None:
        """Look at what `run` will need, changing nothing; `ConfigError` for a TLS file or a spool that cannot be used."""
        for broker in (self._config.uplink, *self._config.listeners):
            if broker.tls:
                tls_context(broker.tls)
        if self._config.traps:
            refuse_unusable(self._config.traps.listen)
        if self._config.spool_path.exists():
            with suppress(Transient):  # damage and a full disk are what the running agent copes with
                open_for_reading(self._config.spool_path).close()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. `ConfigError`, perhaps in a group, when the spool cannot be used."""
        state = await self.spool.start()
        _log.info("agent_started version=%s devices=%d spooled=%d", VERSION, len(self._plates), state.frames)
        try:
            await self._recall_facts()
            async with asyncio.TaskGroup() as tasks:
                uplink = tasks.create_task(self.uplink.run(), name="uplink")
                gathering = [tasks.create_task(each) for each in self._gathering()]
                await stop.wait()
                await _cancelled(gathering)
                await self.intake.flush()
                await _cancelled([uplink])
        finally:
            await self.spool.close()
            _log.info("agent_stopped")

    def _gathering(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self.intake.run(),
            self.vitals.run(),
            self.poller.run(),
            *(watch() for watch in self._watches),
            *(listener.run() for listener in self.listeners),
            *([self.traps.run()] if self.traps else []),
        ]

    async def _recall_facts(self) -> None:
        known = await self.spool.load_facts()
        earliest = self._clock() - FORGET_AFTER_MS
        kept = [facts for facts in known if _is_ours(facts, self._plates, earliest)]
        self.book.recall(kept)
        await self.spool.forget_facts([facts.device for facts in known if facts not in kept])


async def run_until_told(agent: Agent) -> None:
    """Run the agent until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await agent.run(stop)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


def _snapshots(
    config: AgentConfig,
    catalogue: Catalogue,
    collectors: Mapping[DeviceId, DeviceCollector],
    take: Sink,
    clock: SteadyClock,
    timer: Timer,
) -> "Snapshots | None":
    """What fetches configurations, where any is asked for: the rest of the agents need not have it in memory."""
    if config.snapshots is None:
        return None
    from agent.configurations.build import snapshots_of

    return snapshots_of(config.snapshots, config.spool_path, catalogue, collectors, take, clock, timer)


def _turns(device: str, config: AgentConfig, timer: Timer) -> Turns:
    return Turns(device, config.file.cadence.intervals_s(), config.backoff_max_s, timer.now_s())


def _trap_receiver(
    config: AgentConfig, traps: TrapConfig, catalogue: Catalogue, around: Surroundings, clock: SteadyClock, timer: Timer
) -> TrapReceiver:
    from agent.traps.engine import PysnmpEngine  # only here: pysnmp is memory that most agents need not have

    hosts = {DeviceId(d.entry.id): (d.address.host, *d.entry.trap_addresses) for d in config.devices}
    engine = PysnmpEngine(traps.access, lambda: clock() / 1000)
    return TrapReceiver(
        traps.listen, engine, Senders(hosts), TrapBook(catalogue), around, clock=clock.reading, timer=timer
    )


def _traps_in_words(traps: TrapConfig | None) -> str:
    if traps is None:
        return ""
    places = ", ".join(map(str, traps.listen))
    return f", SNMP traps heard on {places} (engine id 0x{traps.access.engine_id.hex()})"


def _discovery_in_words(config: AgentConfig) -> str:
    if config.discovery is None:
        return ""
    settings = config.discovery.settings
    return f", new devices looked for in {', '.join(settings.ranges)} every {settings.every_h:g} h"


def _plates(config: AgentConfig) -> dict[DeviceId, Plate]:
    """What the configuration says of every device it names, the agent itself among them."""
    plates = {
        DeviceId(device.entry.id): Plate(
            device.entry.name,
            device.entry.room,
            device.entry.kind,
            str(device.address),
            device.entry.uplinks,
            device.entry.uplink_capacity_bps,
        )
        for device in config.devices
    }
    plates |= {DeviceId(entry.id): Plate(entry.name, entry.room, entry.kind) for entry in config.file.mqtt_devices}
    plates[DeviceId(config.address.agent)] = Plate(config.file.name, config.file.room, DeviceKind.AGENT)
    return plates


def _is_ours(facts: DeviceFacts, plates: dict[DeviceId, Plate], earliest: int) -> bool:
    return facts.device in plates or (not facts.address and facts.observed_at >= earliest)
