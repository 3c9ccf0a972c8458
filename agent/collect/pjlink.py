"""One projector asked over PJLink (JBMIA, PJLink Specifications, Class 1 1.04 and Class 2 2.00), as a `DeviceCollector`.

One connection for each poll: projectors close an idle one after 30 s and bear few at a time. Never raises for what the
projector does: what it does not know is left out, a refused password is told and not tried again for long.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from aiopjlink import projector as pj

from agent.address import HostPort
from agent.collect.port import Harvest
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue
from campus.samples import DeviceFacts, DeviceKind, Sample, SeriesKey
from campus.secret import Secret
from firmware_profiles.model import Cadence
from firmware_profiles.raw import instance_of

PROFILE: Final = "generic/pjlink"
ANSWER_TIMEOUT_S: Final = 5.0
REFUSED_PAUSE_MS: Final = 3_600_000
"""A password that was refused is not tried again for so long; some projectors lock their network after a few tries."""
_POWER: Final = {
    pj.Power.State.OFF: "standby",
    pj.Power.State.ON: "on",
    pj.Power.State.COOLING: "standby",
    pj.Power.State.WARMING: "on",
}
_INPUT: Final = {
    pj.Sources.Mode.RGB: "vga",
    pj.Sources.Mode.VIDEO: "other",
    pj.Sources.Mode.DIGITAL: "hdmi",
    pj.Sources.Mode.STORAGE: "builtin",
    pj.Sources.Mode.NETWORK: "cast",
    pj.Sources.Mode.INTERNAL: "builtin",
}
"""PJLink tells kinds of inputs, not plugs: what is digital is HDMI on nearly every projector of a school."""
_PART: Final = {pj.Errors.Level.OK: "normal", pj.Errors.Level.WARN: "attention", pj.Errors.Level.ERROR: "failed"}
_MUTE: Final = {(False, False): "none", (True, False): "picture", (False, True): "sound", (True, True): "both"}
_TROUBLE: Final = (pj.PJLinkException, OSError, TimeoutError, ValueError, asyncio.LimitOverrunError)
"""What one answer may end in: refused, unreadable, not text, endless."""
T = TypeVar("T")


@dataclass(frozen=True)
class ProjectorTarget:
    """What the agent's configuration says of a projector. `password` None where it asks for none."""

    id: DeviceId
    address: HostPort
    password: Secret | None = None
    name: str = ""
    room: str = ""
    kind: DeviceKind | None = None


class _Link(pj.PJLink):  # type: ignore[misc]  # the library has no types
    """The library's connection, which it leaves open when its greeting fails."""

    async def __aenter__(self) -> "_Link":
        try:
            await super().__aenter__()
        except BaseException:
            if self._writer is not None:
                await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        writer = self._writer
        await super().__aexit__(*error)
        with suppress(OSError):
            await writer.wait_closed()


@dataclass
class _Talk:
    """One connection: what was asked gives its samples to `harvest`."""

    link: _Link
    device: DeviceId
    now: int
    harvest: Harvest
    unknown: set[str]
    """Questions the projector does not know (ERR1): not asked again before the next slow poll."""
    facts: dict[str, str] = field(default_factory=dict)

    async def asked(self, what: str, question: Callable[[], Awaitable[T]]) -> T | None:
        """The answer, None when there is none now; a connection that broke is raised (`PJLinkConnectionClosed`, `OSError`)."""
        if what in self.unknown:
            return None
        try:
            return await question()
        except (pj.PJLinkERR1, pj.PJLinkERR2):
            self.unknown.add(what)
        except pj.PJLinkERR3:
            pass  # not while it is in standby, warming up or cooling down
        except pj.PJLinkERR4:
            self.state("hardware_state", "failed", "projector")
        except (pj.PJLinkConnectionClosed, TimeoutError, OSError):
            raise
        except _TROUBLE:
            self.harvest.dropped["bad_answer"] += 1
        return None

    def state(self, metric: str, name: str, instance: str = "") -> None:
        """Tell a state by its name."""
        self.number(metric, catalogue()[MetricId(metric)].state_value(name), instance)

    def number(self, metric: str, value: float, instance: str = "") -> None:
        """Tell a number."""
        key = SeriesKey(self.device, MetricId(metric), Instance(instance))
        self.harvest.samples.append(Sample(key, self.now, value))


class PjlinkCollector:
    """Polls one projector. Inert until `poll`; nothing stays open between polls."""

    def __init__(self, target: ProjectorTarget, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._target = target
        self._monotonic = monotonic
        self._unknown: set[str] = set()
        self._refused_at: int | None = None
        self._has_told = False

    @property
    def profile_name(self) -> str:
        """The protocol's own, once the projector has answered."""
        return PROFILE if self._has_told else ""

    def port_name(self, index: str) -> str:
        """None: a projector tells of no ports."""
        return ""

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        """Ask once, at `now` (UTC ms): state with every poll but the fast ones, facts with the first and each slow one."""
        harvest = Harvest()
        if self._has_told and cadences == {Cadence.FAST}:
            return harvest
        talk = _Talk(self._link(), self._target.id, now, harvest, self._unknown)
        if self._refused_at is not None and now - self._refused_at < REFUSED_PAUSE_MS:
            talk.state("reachable", "yes" if await self._answers() else "no")
            talk.state("login_state", "refused")
            return harvest
        started_s = self._monotonic()
        try:
            async with talk.link:
                self._refused_at = None
                talk.state("reachable", "yes")
                if self._target.password:
                    talk.state("login_state", "accepted")
                talk.number("response_time_ms", round((self._monotonic() - started_s) * 1000, 1))
                await self._ask(talk, tells_facts=not self._has_told or Cadence.SLOW in cadences)
        except pj.PJLinkPassword:
            self._refused_at = now
            talk.state("reachable", "yes")
            talk.state("login_state", "refused")
        except _TROUBLE as error:
            self._note_trouble(talk, error)
        return harvest

    async def close(self) -> None:
        """Nothing is open."""

    def _link(self) -> _Link:
        target = self._target
        password = target.password.reveal() if target.password else None
        return _Link(target.address.host, target.address.port, password, timeout=ANSWER_TIMEOUT_S)

    async def _ask(self, talk: _Talk, *, tells_facts: bool) -> None:
        if tells_facts:
            self._unknown.clear()
        link = talk.link
        power = await talk.asked("POWR", link.power.get)
        if power is not None:
            talk.state("power_state", _POWER[power])
        if power is not pj.Power.State.ON:  # then many answer nothing to these, and some the last that was
            talk.state("input_state", "none")
            talk.state("picture_mute_state", "none")
        else:
            if source := await talk.asked("INPT", link.sources.get):
                talk.state("input_state", _INPUT[source[0]])
            if muted := await talk.asked("AVMT", link.mute.status):
                talk.state("picture_mute_state", _MUTE[muted])
        for part, level in (await talk.asked("ERST", link.errors.query) or {}).items():
            talk.state("hardware_state", _PART[level], part.value)
        lamps = await talk.asked("LAMP", link.lamps.status) or []
        for number, (hours, _) in enumerate(lamps, start=1):
            talk.number("lamp_h", float(hours), str(number) if len(lamps) > 1 else "")
        if (filter_h := await talk.asked("FILT", link.filter.hours)) is not None:
            talk.number("filter_h", float(filter_h))
        if tells_facts:
            talk.harvest.facts = await self._facts(talk)
            self._has_told = True

    async def _facts(self, talk: _Talk) -> DeviceFacts:
        info, target = talk.link.info, self._target
        questions: dict[str, Callable[[], Awaitable[Any]]] = {
            "NAME": info.projector_name,
            "INF1": info.manufacturer_name,
            "INF2": info.product_name,
            "SNUM": info.serial_number,
            "SVER": info.software_version,
        }
        told = {what: instance_of(str(await talk.asked(what, ask) or "")) for what, ask in questions.items()}
        return DeviceFacts(
            target.id,
            target.kind or DeviceKind.PROJECTOR,
            talk.now,
            name=target.name or told["NAME"],
            room=target.room,
            profile=PROFILE,
            vendor=told["INF1"],
            model=told["INF2"],
            serial=told["SNUM"],
            firmware=told["SVER"],
            address=str(target.address),
        )

    def _note_trouble(self, talk: _Talk, error: Exception) -> None:
        """What was told before the connection broke stays; a projector that never spoke PJLink is not reachable."""
        if any(sample.key.metric == "reachable" for sample in talk.harvest.samples):
            talk.harvest.dropped["no_answer"] += 1
            return
        talk.state("reachable", "no")
        if not isinstance(error, pj.PJLinkNoConnection | TimeoutError | OSError):
            talk.harvest.dropped["garbage"] += 1

    async def _answers(self) -> bool:
        """Whether somebody takes connections there, no password needed."""
        address = self._target.address
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                _, writer = await asyncio.open_connection(address.host, address.port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True
