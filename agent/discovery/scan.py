"""A scan: every allowed address asked once, politely, a bounded number at a time; what was found so far is always there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.address import HostPort
from agent.clock import Timer, UtcClock
from agent.collect.camera.discovery import FoundCamera, find_cameras
from agent.credentials import Credential
from agent.discovery.ask import ask
from agent.discovery.hints import hinted, hinted_camera
from agent.discovery.identify import CollectorFactory, identified
from agent.discovery.knock import answers_ping, is_own, open_doors, own_address_towards, ports_of_everybody
from agent.discovery.observation import Observation, Source
from agent.discovery.pace import Pace
from agent.discovery.ranges import Range, addresses, is_allowed
from agent.snmp_access import SnmpUser
from campus.newcomers import Confidence
from firmware_profiles.catalogue import FALLBACK, Catalogue

CameraFinder = Callable[[str], Awaitable[list[FoundCamera]]]
"""Asks on the interface of an address of ours; `OSError` where that cannot be."""
PROBES: Final = 2
"""Packets of one question to all cameras."""
_log = logging.getLogger(__name__)


async def found_cameras(local: str) -> list[FoundCamera]:
    """Those that answer on the interface of the address `local`, by WS-Discovery; `OSError` where that cannot be asked."""
    return await find_cameras(local=local)


@dataclass(frozen=True)
class ScanPlan:
    """What a scan may do. `begin` says which addresses are asked first, `allowed` which may be asked at all."""

    begin: tuple[Range, ...]
    allowed: tuple[Range, ...]
    credentials: tuple[Credential, ...]
    """Those that SNMP can use, in the order they are tried."""
    sign_ins: tuple[Credential, ...]
    """Those of other protocols."""
    snmp_port: int
    ports: Mapping[str, int]
    """Service to TCP port, of those that are tried where SNMP does not answer."""
    rate_per_s: float
    concurrency: int
    asks_all_cameras: bool = False
    """Whether cameras are asked by multicast before anybody else."""
    worked: Mapping[str, str] = field(default_factory=dict)
    """Address to the name of the credential that it answered to before: it is tried first."""


class Scan:
    """One scan. `run` ends when everything has been asked; cancelled, it leaves what was found until then."""

    def __init__(
        self,
        plan: ScanPlan,
        catalogue: Catalogue,
        collector_for: CollectorFactory,
        timer: Timer,
        clock: UtcClock,
        on_answer: Callable[[Sequence[Observation]], None] = lambda _: None,
        find: CameraFinder = found_cameras,
    ) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._collector_for = collector_for
        self._clock = clock
        self._on_answer = on_answer
        self._find = find
        self._everybody: frozenset[str] = frozenset()
        self._cameras: dict[str, FoundCamera] = {}
        """By address: those that answered the multicast question."""
        self.pace = Pace(plan.rate_per_s, timer)
        self.observations: list[Observation] = []
        self.asked: set[str] = set()
        """Addresses asked, or being asked."""
        self.total = 0
        """Addresses to be asked, as far as is known."""
        self.failed = 0
        """Addresses at which an error of our own broke off the asking."""
        self.answered = 0
        """Addresses of which anything was heard."""

    async def run(self) -> None:
        """Ask every address of `begin`, then those that the devices found told of, as long as they are allowed."""
        begin = [each for each in addresses(self._plan.begin) if is_allowed(each, self._plan.allowed)]
        if self._plan.asks_all_cameras:
            await self._ask_all_cameras()
        waiting = list(dict.fromkeys([*begin, *self._cameras]))
        self._everybody = await self._offered_everywhere(waiting)
        while waiting:
            self.total += len(waiting)
            following = iter(waiting)
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self._plan.concurrency, len(waiting))):
                    workers.create_task(self._work(following))
            waiting = sorted(set(self._told_addresses()) - self.asked)

    async def _work(self, following: Iterator[str]) -> None:
        for host in following:
            self.asked.add(host)
            if is_own(host):
                continue  # what runs here is no stranger
            try:
                found = await self._ask(host)
            except Exception:  # noqa: BLE001 - one address never costs the others their turn
                _log.exception("discovery_failed address=%s", host)
                self.failed += 1
                continue
            if found:
                self.answered += 1
                self.observations += found
                self._on_answer(found)

    async def _ask(self, host: str) -> list[Observation]:
        now = self._clock()
        told = [hinted_camera(self._cameras[host], now)] if host in self._cameras else []
        place = HostPort(host, self._plan.snmp_port)
        asked = await ask(place, self._in_order(host), self._catalogue, self.pace, now)
        if asked.observations and asked.observations[0].profile not in ("", FALLBACK):
            return [*asked.observations, *told]
        found = list(asked.observations)
        if asked.refusal:
            found.append(_refused(host, asked.refusal, now))
        if not found and not told and await answers_ping(host, self.pace):
            found.append(Observation(source=Source.PING, address=host, observed_at=now))
        ports = {service: port for service, port in self._plan.ports.items() if service not in self._everybody}
        hints = [*hinted(host, await open_doors(host, ports, self.pace), now), *told]  # doors that are open go first
        worked = self._plan.worked.get(host, "")
        for protocol in dict.fromkeys(each.protocol for each in hints if each.protocol):
            hint = next(each for each in hints if each.protocol == protocol)
            found += await identified(hint, self._plan.sign_ins, worked, self._collector_for, self.pace)
        return [*found, *hints]

    async def _ask_all_cameras(self) -> None:
        """One question on each interface that leads into the ranges; who answers from elsewhere is left alone."""
        ways = {own_address_towards(each.first) for each in self._plan.begin} - {""}
        for local in sorted(ways):
            await self.pace.take(PROBES)
            try:
                found = await self._find(local)
            except OSError as error:
                _log.warning("discovery_cameras_not_asked local=%s reason=%s", local, error.strerror or error)
                continue
            self._cameras |= {each.host: each for each in found if is_allowed(each.host, self._plan.allowed)}

    def _in_order(self, host: str) -> list[Credential]:
        """Communities before users, for they fail without a trace; what worked here before goes first."""
        worked = self._plan.worked.get(host)
        return sorted(self._plan.credentials, key=lambda one: (one.name != worked, isinstance(one.snmp, SnmpUser)))

    def _told_addresses(self) -> Iterable[str]:
        return (each.address for each in self.observations if is_allowed(each.address, self._plan.allowed))

    async def _offered_everywhere(self, waiting: Sequence[str]) -> frozenset[str]:
        if not any(host.startswith("127.") for host in waiting):
            return frozenset()
        return await ports_of_everybody(dict(self._plan.ports), self.pace)


def _refused(host: str, refusal: str, now: int) -> Observation:
    return Observation(
        source=Source.GREETING,
        address=host,
        confidence=Confidence.GUESS,
        says=f"snmp: {refusal}"[:300],
        observed_at=now,
    )
