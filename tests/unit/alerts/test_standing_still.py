"""Ingest does not wait for the judge: events are noted while a registry keeps it waiting."""

import threading
from collections.abc import Collection, Sequence

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Event, Severity
from controller.alerts.engine import AlertEngine
from controller.identity.scope import Scope
from controller.registry.model import PortUse
from controller.registry.service import RegistryService
from tests.support.district import NO_1, SWITCH, address_of
from tests.unit.alerts.scene import Scene

LONG_S = 10.0


class _SlowRegistry:
    """The registry, whose database answers once `may_answer` is set."""

    def __init__(self, registry: RegistryService) -> None:
        self._registry = registry
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """As the port says."""
        return self._registry.kind_of(site, device)

    def port_uses(
        self, scope: Scope, sites: Collection[SiteId], kinds: Collection[DeviceKind] = ()
    ) -> Sequence[PortUse]:
        """As the port says, after a while."""
        if sites:
            self.is_asked.set()
            assert self.may_answer.wait(LONG_S)
        return self._registry.port_uses(scope, sites, kinds)

    def changes_after(self, revision: int) -> tuple[int, Sequence[tuple[SiteId, DeviceId]]]:
        """As the port says."""
        return self._registry.changes_after(revision)


def test_an_event_is_noted_while_the_judge_waits_for_the_registry(scene: Scene) -> None:
    registry = _SlowRegistry(scene.registry.service)
    engine = AlertEngine(scene.feed.store, registry, scene.registry.engine, scene.registry.clock, scene.rulebook)
    engine.restore()
    scene.feed.listeners[:] = [engine.judge]
    judging = threading.Thread(
        target=scene.feed.say,
        args=(NO_1, SWITCH, "if_oper_state", 1.0),
        kwargs={"at": scene.at(0), "instance": "GE0/0/1"},
    )
    judging.start()
    assert registry.is_asked.wait(LONG_S)

    engine.note_events(address_of(NO_1), scene.mark(), [Event(SWITCH, scene.at(0), "fan_failed", "", Severity.MAJOR)])
    assert judging.is_alive()

    registry.may_answer.set()
    judging.join(LONG_S)
    engine.tick(scene.at(1))
    assert scene.open_rules() == ["event:fan_failed"]
