"""The console's pages gathered: one router, and what a page that fails looks like."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.routing import APIRoute

from campus.errors import Transient
from controller.console.assets import SERVICE_WORKER, STATIC_DIR, Assets, BuiltFiles
from controller.console.console import Console, Declined
from controller.console.pages.alerts import alerts_router
from controller.console.pages.calendar import calendar_router
from controller.console.pages.chart import chart_router
from controller.console.pages.configuration import configuration_router
from controller.console.pages.contracts import contracts_router
from controller.console.pages.delivery import delivery_router
from controller.console.pages.device import device_router
from controller.console.pages.devices import devices_router
from controller.console.pages.mine import mine_router
from controller.console.pages.network import network_router
from controller.console.pages.newcomers import newcomers_router
from controller.console.pages.order_acts import order_acts_router
from controller.console.pages.order_desk import order_desk_router
from controller.console.pages.order_figures import order_figures_router
from controller.console.pages.order_list import order_list_router
from controller.console.pages.orders import orders_router
from controller.console.pages.overview import overview_router
from controller.console.pages.profiles import profiles_router
from controller.console.pages.readiness import readiness_router
from controller.console.pages.report import report_router
from controller.console.pages.rules import rules_router
from controller.console.pages.scan import scan_router
from controller.console.pages.school import school_router
from controller.console.pages.search import search_router
from controller.console.pages.services import services_router
from controller.console.pages.settings import settings_router
from controller.console.pages.silences import silences_router
from controller.console.pages.stickers import stickers_router
from controller.console.pages.telling import telling_router
from controller.console.pages.topology import topology_router
from controller.console.pages.utilisation import utilisation_router
from controller.console.services import Services
from controller.identity.dependency import CallerScope, SignInNeeded, caller_scope
from controller.identity.scope import Denied, NotFound

PAGES = (
    overview_router,
    topology_router,
    school_router,
    readiness_router,
    device_router,
    configuration_router,
    chart_router,
    devices_router,
    newcomers_router,
    profiles_router,
    mine_router,
    orders_router,
    order_acts_router,
    scan_router,
    alerts_router,
    rules_router,
    order_list_router,
    order_figures_router,
    contracts_router,
    stickers_router,
    order_desk_router,
    report_router,
    network_router,
    delivery_router,
    services_router,
    utilisation_router,
    settings_router,
    calendar_router,
    silences_router,
    telling_router,
    search_router,
)


def console_router(controller: Services) -> APIRouter:
    """Every page. Include it last: it ends with the page that says that there is no such page."""
    console = Console(controller, Assets())
    router = APIRouter(include_in_schema=False, route_class=_route_class(console))
    for pages in PAGES:
        made = pages(console)
        for route in made.routes:
            if isinstance(route, APIRoute):
                router.add_api_route(
                    route.path, route.endpoint, methods=sorted(route.methods or ()), response_class=Response
                )

    @router.get("/{rest:path}")
    def missing(_scope: CallerScope, rest: str) -> Response:
        """An address that leads nowhere."""
        raise NotFound(f"no page at /{rest[:80]}")

    return router


def mount_static(app: FastAPI) -> None:
    """Serve the built front end under ``/static``; before the router, whose last route takes everything."""
    app.mount("/static", BuiltFiles(directory=STATIC_DIR), name="static")

    @app.get("/service-worker.js", include_in_schema=False)
    def service_worker() -> Response:
        """What keeps pages on a phone. At the root, for a service worker rules only what lies beside and below it."""
        if not SERVICE_WORKER.exists():
            return Response("the front end is not built\n", 404, media_type="text/plain")
        return FileResponse(SERVICE_WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _route_class(console: Console) -> type[APIRoute]:
    class ConsoleRoute(APIRoute):
        """Turns the errors a person can meet into pages of the console."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def handle_or_explain(request: Request) -> Response:
                try:
                    return await handle(request)
                except (NotFound, Denied, Transient, Declined) as error:
                    return _explained(console, request, error)
                except RequestValidationError as error:
                    if request.method != "GET":
                        raise
                    return _explained(console, request, NotFound(f"no page at {request.url.path[:80]}: {error}"))

            return handle_or_explain

    return ConsoleRoute


def _explained(console: Console, request: Request, error: Exception) -> Response:
    try:
        scope = caller_scope(request)
        page = console.page(request, scope)
    except (SignInNeeded, Transient) as trouble:
        raise error from trouble
    what, status = next(answer for kind, answer in _FAILURES.items() if isinstance(error, kind))
    if "application/json" in request.headers.get("accept", ""):  # a phone's outbox: it shows the reason itself
        detail = str(error) if isinstance(error, Declined) else page.t(f"failed.{what}_title")
        return JSONResponse({"detail": detail}, status)
    return console.render(page, "failed.html", status=status, task="", what=what, why=str(error))


_FAILURES: Final = {
    NotFound: ("missing", 404),
    Denied: ("denied", 403),
    Transient: ("service", 503),
    Declined: ("declined", 409),
}
"""What a page says of an error, and its status."""
