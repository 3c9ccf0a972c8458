"""Discovery in the running agent: a scan now and then, its newcomers told as a document, what changed told as events."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.candidates import Candidates
from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.config import AgentConfig
from agent.discovery.compare import Change, Memory, compare
from agent.discovery.config import DiscoveryConfig
from agent.discovery.identify import CollectorFactory
from agent.discovery.identity import without_bystanders
from agent.discovery.known import configured, of_candidates, of_facts
from agent.discovery.memory import memory_path, read_memory, write_memory
from agent.discovery.observation import Observation
from agent.discovery.propose import Findings, findings
from agent.discovery.round import plan_of, surroundings_of
from agent.discovery.scan import Scan
from agent.facts import FactsBook
from agent.poll import Sink
from agent.schedule import stable_share
from campus.ids import MAX_INSTANCE_CHARS, DeviceId
from campus.newcomers import LONG_CHARS, encode_newcomers, printable
from campus.samples import Document, DocumentKind, Event
from firmware_profiles.catalogue import Catalogue

SETTLE_S = 120.0
"""After a start the agent's own devices are read first: what they are is then known."""
LOOK_EVERY_S = 300.0
"""How soon a new publisher, or a trap from a stranger, is told."""
LEAST_PAUSE_S = 900.0
"""Between two scans, however often the agent is started."""
_log = logging.getLogger(__name__)


class DiscoveryWatch:
    """Scans soon after the start and then every `every_h` hours. `run` belongs to one task; constructed inert."""

    def __init__(
        self,
        config: AgentConfig,
        plan: DiscoveryConfig,
        catalogue: Catalogue,
        collector_for: CollectorFactory,
        book: FactsBook,
        candidates: Candidates,
        speaks_through: Callable[[DeviceId], str],
        sink: Sink,
        *,
        clock: UtcClock,
        timer: Timer,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._config = config
        self._plan = plan
        self._catalogue = catalogue
        self._collector_for = collector_for
        self._book = book
        self._candidates = candidates
        self._speaks_through = speaks_through
        self._sink = sink
        self._clock = clock
        self._timer = timer
        self._settle_s = settle_s
        self._device = DeviceId(config.address.agent)
        self._path: Path = memory_path(config.spool_path)
        self._memory = Memory()
        self._scanned: Sequence[Observation] = ()
        self._has_scanned = False
        self._told: object = None

    async def run(self) -> None:
        """Scan when it is time and tell what is new, for ever."""
        self._memory = await asyncio.to_thread(read_memory, self._path)
        due_s = self._timer.now_s() + self._first_pause_s()
        while True:
            look_s = self._timer.now_s() + LOOK_EVERY_S
            await self._timer.sleep_until(min(due_s, look_s))
            if self._timer.now_s() >= due_s:
                due_s = self._timer.now_s() + self._plan.settings.every_h * 3600
                await self.scan()
            else:
                await self.look()

    def _first_pause_s(self) -> float:
        """Until the first scan: soon after every start, for agent.yaml may be another; not at once with all other schools."""
        settle_s = self._settle_s + stable_share(self._config.address.agent, max(1.0, self._settle_s))
        passed_s = (self._clock() - self._memory.scanned_at) / 1000
        return max(settle_s, LEAST_PAUSE_S - passed_s) if 0 <= passed_s < LEAST_PAUSE_S else settle_s

    async def scan(self) -> None:
        """One whole scan, and what follows from it."""
        plan = plan_of(self._plan, self._plan.ranges, self._memory.credentials)
        scan = Scan(plan, self._catalogue, self._collector_for, self._timer, self._clock)
        _log.info("discovery_started ranges=%s", ",".join(self._plan.settings.ranges))
        await scan.run()
        if not scan.answered and self._memory.devices:
            _log.warning("discovery_blind asked=%d advice=%r", len(scan.asked), "nobody answered: is the network away?")
            return
        self._scanned = without_bystanders([*scan.observations, *self._known()])
        self._has_scanned = True
        found = await self._findings()
        now = self._clock()
        self._memory, changes = compare(self._memory, found.devices, self._plan.settings.forget_after, now)
        _log.info(
            "discovery_ended asked=%d answered=%d newcomers=%d", len(scan.asked), scan.answered, len(found.newcomers)
        )
        try:
            await asyncio.to_thread(write_memory, self._path, self._memory)
        except OSError as error:
            _log.warning("discovery_not_remembered reason=%s", error.strerror)
        for change in changes:
            self._tell_change(change, now)
        if scan.failed:
            self._sink(self._device, Harvest(dropped=Counter(discovery_failed=scan.failed)))
        self._told = None  # once for each scan it is told whatever it says: the controller may have lost it
        self._tell(found)

    async def look(self) -> None:
        """Tell what brokers and traps brought since the last scan; nothing before the first, which knows all others."""
        if self._has_scanned:
            self._tell(await self._findings())

    async def _findings(self) -> Findings:
        around = surroundings_of(self._config, self._plan, self._catalogue)
        return await asyncio.to_thread(findings, [*self._known(), *self._scanned], around)

    def _known(self) -> list[Observation]:
        """What is known without asking."""
        facts = self._book.known()
        # whom a profile understands is registered by being heard: only what is found beside that is a newcomer
        registered = [str(each.device) for each in facts]
        heard = of_facts(facts, registered, self._speaks_through)
        return [*configured(self._config), *heard, *of_candidates(self._candidates.listed())]

    def _tell(self, found: Findings) -> None:
        """The document, where it says anything new."""
        newcomers = found.newcomers
        substance = {
            each.key: (each.kind, each.address, each.place_device, each.place_port, each.entry) for each in newcomers
        }
        if substance == self._told:
            return
        self._told = substance
        content = encode_newcomers(newcomers)
        document = Document(self._device, DocumentKind.NEWCOMERS, self._clock(), content)
        self._sink(self._device, Harvest(documents=[document]))

    def _tell_change(self, change: Change, now: int) -> None:
        """Of a registered device it is its own event; of a newcomer the agent's, told apart by what it says."""
        device = DeviceId(change.registered) if change.registered else self._device
        text = printable(change.text, LONG_CHARS)
        instance = "" if change.registered else text[:MAX_INSTANCE_CHARS]
        self._sink(device, Harvest(events=[Event(device, now, change.kind, text, change.severity, instance)]))
