"""Whether the controller works: for whoever watches the watcher, before anybody has signed in."""

from collections.abc import Callable
from typing import cast

from fastapi import APIRouter, Request

from controller.api.shapes import HealthShape

router = APIRouter(tags=["health"])


@router.get("/health")
def health(request: Request) -> HealthShape:
    """Status, version, and how much there is; needs no sign-in.

    `degraded` means that it answers, but takes no frames just now; `/metrics` and the log say why. `agents` counts those
    enrolled, `open_alerts` those not hidden behind a cause.
    """
    return cast("Callable[[], HealthShape]", request.app.state.health)()
