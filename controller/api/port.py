"""What the API needs of the controller: its services, by name."""

from typing import Annotated, Protocol, cast

from fastapi import Depends, Request

from controller.alerts.service import AlertService
from controller.capacity.service import CapacityService
from controller.overview.service import OverviewService
from controller.registry.service import RegistryService
from controller.telemetry.service import TelemetryService
from controller.utilisation.service import UtilisationService


class Services(Protocol):
    """Every service is thread-safe and checks the scope it is given."""

    registry: RegistryService
    alerts: AlertService
    telemetry: TelemetryService
    overview: OverviewService
    capacity: CapacityService
    utilisation: UtilisationService
    timezone: str

    def now(self) -> int:
        """UTC milliseconds."""


def services_of(request: Request) -> Services:
    """The services of the app that got the request."""
    return cast("Services", request.app.state.services)


Controller = Annotated[Services, Depends(services_of)]
"""A route's way to the services."""
