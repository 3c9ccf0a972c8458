"""`campanile agent discover`: a scan by hand. Asks, hears, shows, and on request writes agent.yaml.

Works beside a running agent and touches nothing of it.
"""

import asyncio
import json
import math
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click

from agent.build import collector_of
from agent.candidates import Candidates
from agent.clock import SteadyTimer, Timer, utc_ms
from agent.collect.mqtt.interpreters import interpreters_of
from agent.collect.mqtt.listener import MqttListener
from agent.collect.port import Harvest
from agent.config import AgentConfig, load_config
from agent.discovery.config import DiscoveryConfig
from agent.discovery.known import configured, of_candidates, of_facts
from agent.discovery.lines import difference, with_entries
from agent.discovery.memory import memory_path, read_memory
from agent.discovery.observation import Observation, Source
from agent.discovery.propose import Findings, findings
from agent.discovery.ranges import Range, is_allowed, is_within, parse_range
from agent.discovery.report import Silence, answer_line, as_json, closing, table
from agent.discovery.round import plan_of, surroundings_of
from agent.discovery.scan import Scan
from agent.facts import FactsBook
from agent.presence import Presence
from agent.snmp_access import SnmpUser
from agent.spool.report import read_strangers
from campus.errors import ConfigError, Poison, file_trouble
from campus.ids import DeviceId
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue

PROGRESS_S = 10.0


def discover(path: Path, range_texts: Sequence[str], listen_s: float, *, is_json: bool, write: bool) -> None:
    """The whole command; `ConfigError` for what a person must mend."""
    if is_json and write:
        raise ConfigError("--write asks a person, --json is for programs: choose one of them")
    config = load_config(path)
    plan = config.discovery
    if plan is None:
        raise ConfigError(
            f"{path}: has no block `discovery`. Add `discovery: {{ranges: [10.20.1.0/24]}}`, the school's own networks: nothing "
            "outside of them is ever asked"
        )
    begin = begin_of(plan, range_texts)
    catalogue = load_catalogue(config.profiles_path)
    say: Callable[[str], None] = (lambda _: None) if is_json else click.echo
    say(_announcement(plan, begin))
    scan, heard = asyncio.run(_scanned(config, plan, catalogue, begin, listen_s, say))
    observations = [*configured(config), *scan.observations, *heard]
    found = findings(observations, surroundings_of(config, plan, catalogue))
    told_of = {one.address for one in observations if one.address and ":" not in one.address}
    outside = sorted(address for address in told_of if not is_allowed(address, plan.ranges))
    answered = {one.address for one in scan.observations}
    pinged = answered - {one.address for one in observations if one.source is not Source.PING}
    if is_json:
        click.echo(json.dumps(as_json(found, outside, len(scan.asked)), ensure_ascii=False))
    else:
        if len(scan.asked) < scan.total:
            say(f"\nStopped: {len(scan.asked)} of {scan.total} addresses were asked. Found until then:")
        say("\n" + table(found.devices))
        say("\n" + closing(found, Silence(len(scan.asked - answered), len(pinged), outside)))
    if write:
        write_entries(path, found)


def begin_of(plan: DiscoveryConfig, texts: Sequence[str]) -> tuple[Range, ...]:
    """The ranges of the command line, else all that are allowed; `ConfigError` for one that is not allowed."""
    begin = []
    for text in texts:
        try:
            begin.append(parse_range(text))
        except Poison as error:
            raise ConfigError(f"--range: {error}") from error
        if not is_within(begin[-1], plan.ranges):
            allowed = ", ".join(plan.settings.ranges)
            raise ConfigError(f"--range {text}: lies outside of discovery.ranges ({allowed}). Add it there first")
    return tuple(begin) or plan.ranges


def write_entries(path: Path, found: Findings) -> None:
    """Show what would change in agent.yaml, ask, keep a backup, write; the new file has been read and checked before.

    `ConfigError` when the file cannot be added to, or not be written.
    """
    entries: dict[str, list[str]] = {}
    for device in found.readable:
        entries.setdefault(device.section, []).append(device.entry)
    if not entries:
        click.echo("There is nothing to write.")
        return
    try:
        backup = _written(path, entries)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {file_trouble(error)}. Nothing was changed") from error
    if backup is None:
        click.echo("Nothing was written.")
        return
    count = sum(map(len, entries.values()))
    click.echo(f"{count} devices written; the file as it was is {backup.name}. Restart the agent to read them.")


def _written(path: Path, entries: Mapping[str, Sequence[str]]) -> Path | None:
    """The backup once the file has been replaced; None when the person says no."""
    real = path.resolve()
    before = real.read_text(encoding="utf-8")
    after = with_entries(before, entries, str(path))
    fresh = real.with_name(f".{real.name}.new")
    fresh.touch(mode=0o600)  # it may hold secrets
    try:
        fresh.write_text(after, encoding="utf-8")
        shutil.copymode(real, fresh)
        load_config(fresh)
        click.echo("\n" + difference(before, after, path.name))
        if not click.confirm(f"\nWrite this to {path}?", default=False):
            return None
        backup = real.with_name(f"{real.name}.{time.strftime('%Y%m%d-%H%M%S')}.bak")
        shutil.copy2(real, backup)
        fresh.replace(real)
    finally:
        fresh.unlink(missing_ok=True)
    return backup


def _announcement(plan: DiscoveryConfig, begin: Sequence[Range]) -> str:
    count = sum(each.last - each.first + 1 for each in begin)
    users = sum(isinstance(each.snmp, SnmpUser) for each in plan.credentials)
    each_costs = 2 * (len(plan.credentials) - users) + users + 1 + len(plan.ports) - 1
    about_s = count * each_costs / plan.settings.rate_per_s
    names = ", ".join(each.name for each in plan.credentials) or "no credential"
    long = f"{about_s / 60:.0f} min" if about_s > 120 else f"{math.ceil(about_s)} s"
    return (
        f"Asking {count} addresses by SNMP ({names}) and at a few ports, at most {plan.settings.rate_per_s:g} packets a second: "
        f"about {long}. Ctrl-C stops and shows what was found."
    )


async def _scanned(
    config: AgentConfig,
    plan: DiscoveryConfig,
    catalogue: Catalogue,
    begin: tuple[Range, ...],
    listen_s: float,
    say: Callable[[str], None],
) -> tuple[Scan, list[Observation]]:
    """Scan and listen until both are done, or Ctrl-C; what was found by then."""
    timer = SteadyTimer()
    memory = read_memory(memory_path(config.spool_path))
    scan = Scan(
        plan_of(plan, begin, memory.credentials),
        catalogue,
        lambda device: collector_of(device, catalogue),
        timer,
        utc_ms,
        lambda told: say("  " + answer_line(told)),
    )
    ear = _Ear(config, catalogue, timer)
    work = asyncio.create_task(_both(scan, ear, listen_s))
    progress = asyncio.create_task(_tell_progress(scan, timer, say))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, work.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        progress.cancel()
        loop.remove_signal_handler(signal.SIGINT)
    return scan, ear.observations()


async def _both(scan: Scan, ear: "_Ear", listen_s: float) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(scan.run())
        tasks.create_task(ear.listen(listen_s))


class _Ear:
    """Hears the school's brokers for a while, as the agent would, and recalls what the agent has heard before."""

    def __init__(self, config: AgentConfig, catalogue: Catalogue, timer: Timer) -> None:
        self._config = config
        self._book = FactsBook({})
        self._candidates = Candidates()
        self._presence = Presence([], math.inf, math.inf)
        self._listeners = [
            MqttListener(
                broker,
                config.address,
                interpreters_of(catalogue, may_ask=settings.sparkplug_rebirth),
                self._presence,
                self._candidates,
                self._take,
                clock=utc_ms,
                timer=timer,
            )
            for broker, settings in zip(config.listeners, config.file.mqtt_listeners, strict=True)
        ]

    async def listen(self, for_s: float) -> None:
        """Hear for `for_s`; nothing to do without brokers."""
        if self._listeners:
            with suppress(TimeoutError):
                async with asyncio.timeout(for_s):
                    await asyncio.gather(*(listener.run() for listener in self._listeners))

    def observations(self) -> list[Observation]:
        """Who was heard, now or by the running agent before."""
        if self._config.spool_path.exists():
            with suppress(ConfigError):
                self._candidates.recall(read_strangers(self._config.spool_path))
        registered = {entry.id for entry in self._config.file.mqtt_devices}
        heard = of_facts(self._book.known(), registered, self._presence.speaks_through)
        return [*heard, *of_candidates(self._candidates.listed())]

    def _take(self, device: DeviceId, harvest: Harvest) -> None:
        if harvest.facts is not None:
            self._book.learn(harvest.facts)


async def _tell_progress(scan: Scan, timer: Timer, say: Callable[[str], None]) -> None:
    while True:
        await timer.sleep_until(timer.now_s() + PROGRESS_S)
        if len(scan.asked) < scan.total:
            say(f"  ... {len(scan.asked)} of {scan.total} addresses asked, {scan.answered} answered")
