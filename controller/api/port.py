"""What the API needs of the controller: its services, by name."""

from collections.abc import Callable
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from controller.alerts.service import AlertService
from controller.capacity.service import CapacityService
from controller.overview.service import OverviewService
from controller.registry.service import RegistryService
from controller.telemetry.service import TelemetryService
from controller.utilisation.service import UtilisationService
from controller.workorders.service import WorkOrderService


class District(Protocol):
    """The district as the configuration names it."""

    @property
    def timezone(self) -> str:
        """An IANA name, such as Asia/Shanghai."""


class Services(Protocol):
    """Every service is thread-safe and checks the scope it is given."""

    registry: RegistryService
    alerts: AlertService
    telemetry: TelemetryService
    overview: OverviewService
    capacity: CapacityService
    utilisation: UtilisationService
    workorders: WorkOrderService

    @property
    def district(self) -> District:
        """Its time zone."""

    @property
    def clock(self) -> Callable[[], int]:
        """UTC milliseconds."""


def services_of(request: Request) -> Services:
    """The services of the app that got the request."""
    return cast("Services", request.app.state.services)


Controller = Annotated[Services, Depends(services_of)]
"""A route's way to the services."""
