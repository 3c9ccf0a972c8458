"""A district on a time line: samples come, time passes, alerts are looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from campus.ids import AgentId, SiteId
from controller.alerts.causes.finder import Causes
from controller.alerts.causes.model import HOLD_MS
from controller.alerts.engine import AlertEngine
from controller.alerts.model import Alert, AlertState
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.service import AlertService
from controller.calendar.service import CalendarService
from controller.identity.scope import SYSTEM
from controller.silences.service import SilenceService
from controller.store.port import FrameMark
from controller.topology.service import TopologyService
from tests.fakes.memory_store import MemoryStore
from tests.support.district import NO_1, NOW, ReadyRegistry, ready_registry
from tests.support.samples import Feed


@dataclass
class Scene:
    """Instants are seconds since the scene began."""

    registry: ReadyRegistry
    rulebook: Rulebook = field(default_factory=shipped_rules)
    feed: Feed = field(default_factory=lambda: Feed(MemoryStore()))

    calendar: CalendarService | None = None
    frames: int = 0
    seeks_causes: bool = False

    def __post_init__(self) -> None:
        self.service = AlertService(self.registry.engine, self.registry.service, self.registry.clock, self.rulebook)
        self.silences = SilenceService(
            self.registry.engine, self.registry.service, self.registry.calendar, self.service, self.registry.clock
        )
        self.restart()

    def restart(self) -> None:
        """The controller dies and comes back: only store and database survive."""
        topology = TopologyService(self.registry.engine, self.registry.service, self.registry.clock)
        self.causes = Causes(self.feed.store, self.registry.service, topology, self.service)
        self.engine = AlertEngine(
            self.feed.store,
            self.registry.service,
            self.registry.engine,
            self.registry.clock,
            self.rulebook,
            self.calendar,
            passes=(self.causes,) if self.seeks_causes else (),
            silences=self.silences,
            hold_ms=HOLD_MS if self.seeks_causes else 0,
        )
        self.causes.tell = self.engine.note_verdicts
        self.engine.restore()
        self.feed.listeners[:] = [self.engine.judge]

    def at(self, second: float) -> int:
        """An instant of the scene in UTC ms."""
        return NOW + round(second * 1000)

    def say(
        self, second: float, site: SiteId, device: str, metric: str, value: float, instance: str = "", late_s: float = 0
    ) -> None:
        """A sample measured at `second`, received `late_s` later; time stands there then, and the engine has ticked."""
        self.registry.clock.now = max(self.registry.clock.now, self.at(second + late_s))
        self.feed.say(
            site, device, metric, value, at=self.at(second), instance=instance, received_at=self.at(second + late_s)
        )
        self.engine.tick(self.registry.clock.now)

    def wait_until(self, second: float) -> None:
        """Time passes, a tick every second."""
        while self.registry.clock.now < self.at(second):
            self.registry.clock.now += 1000
            self.engine.tick(self.registry.clock.now)

    def mark(self) -> FrameMark:
        """Names another frame each time."""
        self.frames += 1
        return FrameMark(NO_1, AgentId(NO_1), 1, self.frames)

    def open(self) -> list[Alert]:
        """Open alerts, hidden ones too, newest first."""
        return self.service.alerts(SYSTEM, state=AlertState.OPEN)

    def open_rules(self) -> list[str]:
        """Rule ids of the open alerts that are shown, sorted."""
        return sorted(alert.rule for alert in self.open() if not alert.cause and not alert.held_until)

    def everything(self) -> list[Alert]:
        """All alerts with their trails, oldest first."""
        found = reversed(self.service.alerts(SYSTEM))
        return [self.service.alert(SYSTEM, alert.id) for alert in found]

    def trail(self, alert: Alert) -> list[tuple[str, str]]:
        """Stage and decision of each step."""
        return [(step.stage, step.decision) for step in self.service.alert(SYSTEM, alert.id).trail]


def scenes(directory: Path, rulebook: Rulebook | None = None) -> Iterator[Scene]:
    """One scene, cleaned up after."""
    registry = ready_registry(directory)
    yield Scene(registry, rulebook or shipped_rules())
    registry.engine.dispose()
