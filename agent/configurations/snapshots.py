"""Keeps watch over configurations: fetches each in its turn, masks it, and hands it on as a document.

What stands in the way is told once as an event and ended by another; how old each snapshot is, and whether the device would
start with what it runs by, are samples like any other's, so that rules raise and clear the alerts.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.configurations.config import SnapshotConfig, SnapshotTarget, command_line_of
from agent.configurations.masking import masked, masker
from agent.configurations.memory import Memory
from agent.configurations.port import Problem, PullError, Shell
from agent.configurations.text import are_same, changed_by, cleaned
from agent.configurations.turns import Signs, Standing, due_at
from agent.poll import Sink
from agent.schedule import stable_share
from agent.traps.port import Known
from campus.configuration import MAX_LINES, ConfigurationText, encode_configuration
from campus.errors import ConfigError
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Document, DocumentKind, Event, Sample, SeriesKey, Severity
from campus.wire.frame import MAX_DOCUMENT_BYTES
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.command_line import CommandLine

SIGNS = frozenset({"configuration_changed", "hardware_changed"})
"""Kinds of event after which a configuration may be another one."""
CHANGED_UPTIME = "configuration_changed_uptime_s"
TELL_EVERY_S = 900.0
LOOK_EVERY_S = 600.0
"""The clock may be corrected while a turn is waited for."""
UNKNOWN_AGAIN_MS = 60_000
"""A device that polling has not recognised yet is looked at again so soon."""
_log = logging.getLogger(__name__)
_IN_CHINESE = {
    Problem.WRONG_PASSWORD: "设备拒绝该用户名或密码，请修改采集器中的凭据",
    Problem.NO_PRIVILEGE: "特权（enable）密码不正确，请修改采集器中的凭据",
    Problem.HOST_KEY_CHANGED: "SSH 主机密钥与之前不同，可能有人冒充，或设备已更换或重置",
    Problem.WEAK_ALGORITHMS: "设备只支持旧的 SSH 算法，请升级固件，或在采集器中允许旧算法",
    Problem.REFUSED_COMMAND: "该用户无权查看配置，请授权",
    Problem.TOO_LARGE: "配置过大，无法保存",
}


class Snapshot(NamedTuple):
    """A configuration that may leave the school, and whether the device would start with it (None: nothing tells)."""

    told: ConfigurationText
    is_saved: bool | None


class Snapshots:
    """All devices of one agent. Inert until `run`."""

    def __init__(
        self,
        config: SnapshotConfig,
        catalogue: Catalogue,
        known: Mapping[DeviceId, Known],
        shell: Callable[[], Shell],
        memory: Memory,
        sink: Sink,
        *,
        clock: UtcClock,
        reading: UtcClock,
        timer: Timer,
    ) -> None:
        """`shell` is made when the first device is asked: what it is made of is memory that most agents need not have.

        `clock` is the best known time, `reading` what samples are stamped by (`agent.clock.SteadyClock`).
        """
        self._config = config
        self._catalogue = catalogue
        self._known = known
        self._make_shell = shell
        self._shell: Shell | None = None
        self._memory = memory
        self._sink = sink
        self._clock = clock
        self._reading = reading
        self._timer = timer
        self._standings: dict[str, Standing] = {}
        self._signs = {target.device: Signs() for target in config.targets}
        self._uptimes: dict[DeviceId, float] = {}
        self._wakes = {target.device: asyncio.Event() for target in config.targets}
        self._gate = asyncio.Semaphore(config.settings.concurrency)
        self._pool = ThreadPoolExecutor(config.settings.concurrency, "configuration")
        self.fetches = 0
        """Tries that have ended, well or not, and are written down."""

    def listening(self, sink: Sink) -> Sink:
        """A sink that passes on to `sink` and looks for signs of change in what passes."""

        def take(device: DeviceId, harvest: Harvest) -> None:
            sink(device, harvest)
            if device in self._signs and self._tells_of_change(device, harvest):
                self._signs[device].note(self._clock())
                self._wakes[device].set()

        return take

    async def run(self) -> None:
        """Fetch until cancelled; then every device is hung up on."""
        self._standings = await asyncio.to_thread(self._memory.load)
        proofs = await asyncio.to_thread(self._proofs)
        now = self._clock()
        for target in self._config.targets:
            standing = self._standings.setdefault(target.device, Standing())
            standing.wanted_since = standing.wanted_since or now
            standing.meet(proofs[target.device])
        try:
            async with asyncio.TaskGroup() as tasks:
                for target in self._config.targets:
                    earliest = now + round(stable_share(target.device, self._config.settings.first_within_s) * 1000)
                    tasks.create_task(self._keep(target, earliest), name=f"configuration-{target.device}")
                tasks.create_task(self._tell_for_ever())
        finally:
            if self._shell is not None:
                self._shell.abort()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _proofs(self) -> dict[DeviceId, str]:
        """What each device is shown, as a digest: whether somebody has mended a credential since it was refused."""
        try:
            key = self._memory.masking_key()
        except ConfigError as error:
            _log.error("configuration_key_unusable reason=%s", error)
            key = b""
        return {target.device: _proof_of(target, key) for target in self._config.targets}

    def _tells_of_change(self, device: DeviceId, harvest: Harvest) -> bool:
        changed = any(event.kind in SIGNS for event in harvest.events)
        for sample in harvest.samples:
            if sample.key.metric == CHANGED_UPTIME:
                changed |= self._uptimes.get(device, sample.value) != sample.value
                self._uptimes[device] = sample.value
        return changed

    async def _keep(self, target: SnapshotTarget, earliest: int) -> None:
        device, settle_s = target.device, self._config.settings.settle_s
        while True:
            self._wakes[device].clear()
            due = due_at(self._standings[device], self._signs[device], self._config.night, device, earliest, settle_s)
            wait_s = (due - self._clock()) / 1000
            if wait_s > 0:
                await self._slept_or_woken(device, min(wait_s, LOOK_EVERY_S))
                continue
            async with self._gate:
                await self._fetch(target)

    async def _slept_or_woken(self, device: DeviceId, wait_s: float) -> None:
        sleep = asyncio.ensure_future(self._timer.sleep_until(self._timer.now_s() + wait_s))
        wake = asyncio.ensure_future(self._wakes[device].wait())
        try:
            await asyncio.wait((sleep, wake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            wake.cancel()

    async def _fetch(self, target: SnapshotTarget) -> None:
        """Try once, and say what came of it. Never raises for what a device or a file does."""
        device, standing = target.device, self._standings[target.device]
        signs, self._signs[device] = self._signs[device], Signs()
        try:
            cli = command_line_of(target, self._known[device].profile_name, self._catalogue)
            if cli is None:
                self._signs[device] = signs
                standing.not_before = self._clock() + UNKNOWN_AGAIN_MS
                return
            snapshot = await asyncio.get_running_loop().run_in_executor(self._pool, self._taken, target, cli, signs)
        except PullError as error:
            self._signs[device] = signs
            self._note_failure(device, standing, error)
        except ConfigError as error:
            self._note_failure(device, standing, PullError(Problem.FAILED, str(error)))
        except Exception:  # noqa: BLE001 - the edge of a supervised task: the device's neighbours go on
            _log.warning("configuration_broken device=%s", device, exc_info=True)
            standing.failed(Problem.FAILED, self._clock())
        else:
            if not self._signs[device].last_at:
                self._signs[device] = signs.after_reading(self._config.settings.settle_s)
            self._note_success(device, standing, snapshot)
        await self._remember()
        self.fetches += 1

    def _taken(self, target: SnapshotTarget, cli: CommandLine, signs: Signs) -> Snapshot:
        """Fetch and mask; in a thread."""
        self._shell = self._shell or self._make_shell()
        return taken(self._shell, target, cli, self._memory.masking_key(), signs.last_at)

    def _note_success(self, device: DeviceId, standing: Standing, snapshot: Snapshot) -> None:
        now, read_at = self._clock(), self._reading()
        events = []
        if standing.told:
            text = "已重新获取设备配置 / The configuration is fetched again"
            events.append(Event(device, read_at, "configuration_access_up", text))
        standing.succeeded(now)
        standing.is_saved = snapshot.is_saved
        document = Document(device, DocumentKind.CONFIGURATION, read_at, encode_configuration(snapshot.told))
        self._sink(device, Harvest(self._samples(device), events=events, documents=[document]))
        _log.info("configuration_fetched device=%s bytes=%d", device, len(document.content))

    def _note_failure(self, device: DeviceId, standing: Standing, error: PullError) -> None:
        standing.failed(error.problem, self._clock())
        _log.warning("configuration_not_fetched device=%s problem=%s reason=%s", device, error.problem, error)
        if error.problem.needs_person and standing.told != error.problem:
            standing.told = error.problem
            text = f"{_IN_CHINESE[error.problem]} / {error}"
            event = Event(device, self._reading(), "configuration_access_down", text, Severity.MINOR)
            self._sink(device, Harvest(events=[event]))

    async def _remember(self) -> None:
        try:
            await asyncio.to_thread(self._memory.save, self._standings)
        except OSError as error:
            _log.warning("configuration_memory_not_written reason=%s", error)

    async def _tell_for_ever(self) -> None:
        while True:
            for target in self._config.targets:
                self._sink(target.device, Harvest(self._samples(target.device)))
            await self._timer.sleep_until(self._timer.now_s() + TELL_EVERY_S)

    def _samples(self, device: DeviceId) -> list[Sample]:
        standing, read_at = self._standings[device], self._reading()
        age_ms = max(0, self._clock() - (standing.read_at or standing.wanted_since))
        values = [("configuration_age_s", age_ms // 1000)]
        if standing.is_saved is not None:
            values.append(("configuration_saved_state", int(standing.is_saved)))
        return [
            Sample(SeriesKey(device, MetricId(metric), Instance("")), read_at, float(value)) for metric, value in values
        ]


def _proof_of(target: SnapshotTarget, key: bytes) -> str:
    access = target.access
    enable = access.enable.reveal() if access.enable else ""
    shown = "\0".join(
        (access.username, access.password.reveal(), enable, str(access.weak_algorithms), str(access.place))
    )
    return masker(key, target.device)(shown) if key else ""


def taken(shell: Shell, target: SnapshotTarget, cli: CommandLine, key: bytes, changed_at: int = 0) -> Snapshot:
    """Fetch one configuration and mask it; blocks. `PullError` when it cannot be had, or is more than a document holds."""
    fetched = shell.fetch(target.access, cli)
    running, startup = cleaned(fetched.running, cli), cleaned(fetched.startup, cli)
    text = masked(running, masker(key, target.device), [re.compile(pattern) for pattern in cli.secrets])
    told = ConfigurationText(text, changed_at, changed_by(fetched.running, cli))
    if len(encode_configuration(told)) > MAX_DOCUMENT_BYTES or len(text.splitlines()) > MAX_LINES:
        raise PullError(
            Problem.TOO_LARGE,
            f"the configuration of {target.device} is longer than {MAX_DOCUMENT_BYTES} bytes or {MAX_LINES} lines",
        )
    return Snapshot(told, are_same(running, startup) if startup else None)
