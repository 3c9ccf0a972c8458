"""Alerts and windows of the small district, and a posting of them, for the tests of annotations."""

from campus.ids import SiteId
from controller.alerts.causes.service import CauseService
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow
from controller.happenings.port import Board
from controller.happenings.posting import Posting
from controller.happenings.service import HappeningService
from controller.identity.scope import Scope
from controller.registry.database import writing
from controller.silences.service import SilenceService
from controller.topology.service import TopologyService
from tests.support.district import BOARD_101, DAY_MS, DISTRICT_SCOPE, NO_1, ReadyRegistry

KEEPS_MS = 35 * DAY_MS


class Play:
    """The services over one registry."""

    def __init__(self, registry: ReadyRegistry) -> None:
        engine, clock = registry.engine, registry.clock
        self.registry = registry
        self.clock = clock
        self.alerts = AlertService(engine, registry.service, clock)
        topology = TopologyService(engine, registry.service, clock)
        causes = CauseService(self.alerts, registry.service, topology, registry.calendar, clock)
        self.silences = SilenceService(engine, registry.service, registry.calendar, self.alerts, clock)
        self.service = HappeningService(self.alerts, causes, self.silences, registry.service, clock)

    def posting(self, board: Board) -> Posting:
        """One that has just begun."""
        return Posting(self.service, self.alerts, self.silences, board, self.clock, KEEPS_MS)

    def open(self, number: int, *, site: SiteId = NO_1, device: str = BOARD_101, **columns: object) -> None:
        """An alert opens now, unless told otherwise."""
        usual = {
            "rule": "board-hot",
            "metric": "temperature_cel",
            "instance": f"part {number}",
            "severity": "minor",
            "opened_at": self.clock(),
            "value": 1.0,
        }
        with writing(self.registry.engine) as session:
            session.add(AlertRow(id=number, site=site, device=device, **(usual | columns)))  # type: ignore[arg-type]

    def change(self, number: int, **columns: object) -> None:
        """Something becomes of an alert."""
        with writing(self.registry.engine) as session:
            row = session.get(AlertRow, number)
            for name, value in columns.items():
                setattr(row, name, value)
            session.add(row)

    def told(self, measurement: str, start: int, scope: Scope = DISTRICT_SCOPE) -> dict[int, dict[str, str | int]]:
        """What the service says of everything since `start`, by id."""
        points = self.service.points(scope, measurement, start, self.clock() + 1)
        return {int(each.fields["id"]): dict(each.fields) for each in points}
