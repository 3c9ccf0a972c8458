"""Application services: whose fault it is when one fails, who sees what, how fast they answer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from campus.ids import Instance, MetricId, SiteId
from campus.metrics import Health, State, catalogue
from controller.applications.model import Cause, Condition, Observation, ServiceHistory, ServiceNow
from controller.console.console import Console
from controller.console.csv_file import csv_response
from controller.console.page import Page
from controller.console.pages.device import PERIODS
from controller.console.pictures import Json, lines_picture
from controller.console.service_strip import strip_svg
from controller.identity.dependency import CallerScope
from controller.store.port import Level, Values
from controller.telemetry.model import Chart, ChartSeries

DEFAULT_PERIOD: Final = "24h"
CHOICES: Final = tuple(name for name in ("1h", "24h", "7d") if name in PERIODS)
DAY_MS: Final = 86_400_000
SHOWN_SITES: Final = 60
COLUMNS: Final = ("service", "site", "state", "answer_ms", "certificate_days", "seen")
_SIGNS: Final = {
    Cause.GOOD: Health.GOOD,
    Cause.SERVICE: Health.FAILED,
    Cause.METRO_NETWORK: Health.FAILED,
    Cause.SCHOOL: Health.ATTENTION,
    Cause.UNKNOWN: Health.UNKNOWN,
}


@dataclass(frozen=True)
class Seen:
    """One cell of the matrix: what a site sees of a service. `is_stale`: nobody there looked lately."""

    observation: Observation
    state: State | None
    is_stale: bool

    @property
    def health(self) -> Health:
        """Its sign."""
        return Health.UNKNOWN if self.is_stale or self.state is None else self.state.health


@dataclass(frozen=True)
class MatrixRow:
    """What one site sees of each service, None where it does not look."""

    site: SiteId
    cells: tuple[Seen | None, ...]

    @property
    def worst(self) -> tuple[int, int]:
        """By which rows are sorted: failures first, then what is slow."""
        health = [cell.health for cell in self.cells if cell]
        return -health.count(Health.FAILED), -health.count(Health.ATTENTION)


def services_router(console: Console) -> APIRouter:
    """``/services``, ``/services.csv``, and for one service its page, its chart and its strip of a day."""
    router = APIRouter()
    applications = console.services.applications

    @router.get("/services")
    def services(request: Request, scope: CallerScope, every: str = "") -> Response:
        """All services: verdicts, then the matrix."""
        page = console.page(request, scope)
        found = applications.services(scope)
        rows = matrix(page, found, console.services.config.applications.fresh_s)
        return console.render(
            page,
            "services.html",
            task="services",
            services=found,
            sign_of=sign_of,
            counts=counts(found),
            rows=rows if every else rows[:SHOWN_SITES],
            total=len(rows),
        )

    @router.get("/services.csv")
    def services_csv(request: Request, scope: CallerScope) -> Response:
        """What every site sees of every service, for a spreadsheet."""
        page = console.page(request, scope)
        rows = [_cells(page, service, each) for service in applications.services(scope) for each in service.seen]
        return csv_response("services.csv", [page.t(f"services.{name}") for name in COLUMNS], rows)

    @router.get("/services/{service}")
    def service(request: Request, scope: CallerScope, service: str, period: str = "") -> Response:
        """One service."""
        page = console.page(request, scope)
        found = applications.service(scope, service)
        rows = matrix(page, [found], console.services.config.applications.fresh_s)
        return console.render(
            page,
            "service.html",
            task="services",
            service=found,
            sign=sign_of(found),
            rows=rows,
            chosen=period if period in CHOICES else DEFAULT_PERIOD,
            periods=CHOICES,
        )

    @router.get("/services/{service}/chart")
    def chart(request: Request, scope: CallerScope, service: str, of: str = "", period: str = "") -> Response:
        """JSON of `controller.console.pictures`: how fast it was, or with ``of=failed`` for how many it failed."""
        page = console.page(request, scope)
        span_ms = PERIODS[period if period in CHOICES else DEFAULT_PERIOD]
        history = applications.history(scope, service, page.now - span_ms, page.now)
        picture = failed_picture(page, history) if of == "failed" else speed_picture(page, history)
        return Response(orjson.dumps(picture), media_type="application/json", headers={"Cache-Control": "no-store"})

    @router.get("/services/{service}/strip.svg")
    def strip(request: Request, scope: CallerScope, service: str) -> Response:
        """The last day at a glance."""
        page = console.page(request, scope)
        history = applications.history(scope, service, page.now - DAY_MS, page.now)
        headers = {"Cache-Control": "private, max-age=60"}
        return Response(strip_svg(history), media_type="image/svg+xml", headers=headers)

    return router


def matrix(page: Page, services: Sequence[ServiceNow], fresh_s: float) -> list[MatrixRow]:
    """One row for each site that looks at any of them, those with trouble first, then as the page lists sites."""
    metric = catalogue()[MetricId("service_state")]
    oldest = page.now - fresh_s * 1000
    by_site: dict[SiteId, list[Seen | None]] = {}
    for place, service in enumerate(services):
        for each in service.seen:
            cells = by_site.setdefault(each.site, [None] * len(services))
            cells[place] = Seen(each, metric.state(each.state), each.measured_at < oldest)
    order = {site.id: place for place, site in enumerate(page.sites)}
    rows = [MatrixRow(site, tuple(cells)) for site, cells in by_site.items()]
    return sorted(rows, key=lambda row: (row.worst, order.get(row.site, len(order)), row.site))


def sign_of(service: ServiceNow) -> Health:
    """The sign of a verdict; slow is never more than attention."""
    if service.verdict.trouble is Condition.SLOW:
        return Health.ATTENTION
    return _SIGNS[service.verdict.cause]


def counts(services: Sequence[ServiceNow]) -> dict[str, int]:
    """How many services: `failed` by themselves, out of reach by the `network`, `slow`, `unknown`."""
    verdicts = [each.verdict for each in services]
    return {
        "failed": sum(each.cause is Cause.SERVICE and each.trouble is Condition.FAILED for each in verdicts),
        "network": sum(
            each.cause in {Cause.METRO_NETWORK, Cause.SCHOOL} and each.trouble is Condition.FAILED for each in verdicts
        ),
        "slow": sum(each.trouble is Condition.SLOW for each in verdicts),
        "unknown": sum(each.cause is Cause.UNKNOWN for each in verdicts),
    }


def speed_picture(page: Page, history: ServiceHistory) -> Json:
    """Two lines: within which time half, and 95 of 100, of the schools had the answer."""
    lines = [
        _line(page.t("services.half"), history, history.p50_ms),
        _line(page.t("services.most"), history, history.p95_ms),
    ]
    return lines_picture(page, _chart(history, "service_response_ms", lines), None)


def failed_picture(page: Page, history: ServiceHistory) -> Json:
    """One line: the share of schools for which it failed."""
    line = _line(page.t("services.failed_share"), history, 100 * history.failed_share)
    return lines_picture(page, _chart(history, "path_loss_percent", [line]), None)  # a metric that is a percentage


def _chart(history: ServiceHistory, metric: str, lines: list[ChartSeries]) -> Chart:
    level = Level.FIVE_MINUTES if history.step_ms <= 300_000 else Level.HOUR
    return Chart(MetricId(metric), level, history.start, history.end, [line for line in lines if len(line.at)])


def _line(name: str, history: ServiceHistory, values: Values) -> ChartSeries:
    """A line that breaks where buckets are missing."""
    gaps = np.flatnonzero(np.diff(history.at) > 1.5 * history.step_ms) + 1
    at = np.insert(history.at, gaps, history.at[gaps] - history.step_ms // 2)
    column = np.insert(values, gaps, math.nan)
    return ChartSeries(Instance(name), at, column, column, column, column)


def _cells(page: Page, service: ServiceNow, seen: Observation) -> list[object]:
    state = catalogue()[MetricId("service_state")].state(seen.state)
    return [
        page.name(service),
        page.site_name(seen.site),
        page.state(state) if state else seen.state,
        seen.response_ms if seen.response_ms is not None else "",
        seen.tls_days_left if seen.tls_days_left is not None else "",
        page.moment(seen.measured_at),
    ]
