"""A whole controller, opened but taking no frames: for tests of its pages and its API without a broker or a port."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.config import ControllerConfig
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM
from controller.main import Controller, build_app
from controller.registry.enrolment import Enrolment
from tests.support.district import NOW, FixedClock
from tests.support.visitor import Visitor


@contextmanager
def standing_controller(
    directory: Path, enrolment: Enrolment, clock: Callable[[], int] | None = None
) -> Iterator[Controller]:
    """Registry enrolled, store and alert engine open; at `NOW` unless a clock is given."""
    controller = Controller(ControllerConfig(data_dir=str(directory)), clock or FixedClock(NOW))
    try:
        controller.open_registry()
        controller.registry.enrol(SYSTEM, enrolment)
        controller.store.start()
        controller.alert_engine.restore()
        yield controller
    finally:
        controller.store.close()
        controller.close_registry()


def signed_in(controller: Controller, spec: ScopeSpec) -> Visitor:
    """A browser that has redeemed a link for `spec`."""
    visitor = Visitor(build_app(controller))
    visitor.enter(controller.identity.create_link(spec, controller.clock()))
    return visitor
