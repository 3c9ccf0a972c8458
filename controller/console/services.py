"""What the console needs of the controller: its services, its clock and the district's names. `controller.main` gives it."""

from collections.abc import Callable
from typing import Protocol

from controller.alerts.causes.service import CauseService
from controller.alerts.service import AlertService
from controller.applications.service import ApplicationService
from controller.calendar.service import CalendarService
from controller.capacity.service import CapacityService
from controller.config import ControllerConfig
from controller.configurations.service import ConfigurationService
from controller.newcomers.service import NewcomersService
from controller.overview.service import OverviewService
from controller.readiness.service import ReadinessService
from controller.registry.service import RegistryService
from controller.rulings.desk import ReplayDesk
from controller.rulings.service import RulingService
from controller.silences.service import SilenceService
from controller.telemetry.service import TelemetryService
from controller.telling.service import TellingService
from controller.topology.service import TopologyService
from controller.utilisation.service import UtilisationService
from controller.workorders.service import WorkOrderService


class Services(Protocol):
    """The services pages read from. Every method is called from worker threads, with the caller's scope."""

    config: ControllerConfig
    registry: RegistryService
    rulings: RulingService
    replays: ReplayDesk
    alerts: AlertService
    causes: CauseService
    silences: SilenceService
    telling: TellingService
    calendar: CalendarService
    readiness: ReadinessService
    telemetry: TelemetryService
    topology: TopologyService
    overview: OverviewService
    capacity: CapacityService
    utilisation: UtilisationService
    applications: ApplicationService
    newcomers: NewcomersService
    configurations: ConfigurationService
    workorders: WorkOrderService
    clock: Callable[[], int]
    """UTC milliseconds."""
