"""The numbers behind the pictures, as the browser draws them."""

import math
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response

from campus.errors import CampusError
from campus.ids import DeviceId, MetricId, SiteId
from campus.metrics import MetricKind, catalogue
from controller.capacity.service import CapacityService
from controller.console.console import Console
from controller.console.format import bits_per_second
from controller.console.page import Page
from controller.console.pages.device import DEFAULT_PERIOD, MAX_INSTANCES, PERIODS, is_ill, natural
from controller.console.pictures import Json, lines_picture, rule_limits, strip_picture
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound, Scope
from controller.registry.model import Device
from controller.telemetry.model import Chart

MAX_POINTS: Final = 600
MAX_SPAN_MS: Final = 400 * 86_400_000


def chart_router(console: Console) -> APIRouter:
    """``/sites/{site}/devices/{device}/chart``: JSON described in `controller.console.pictures`."""
    router = APIRouter()

    @router.get("/sites/{site}/devices/{device_id}/chart")
    def chart(
        request: Request,
        scope: CallerScope,
        site: str,
        device_id: str,
        metric: str,
        mirror: str = "",
        instance: str = "",
        period: str = DEFAULT_PERIOD,
        start: int = 0,
        end: int = 0,
    ) -> Response:
        """One picture over a named `period` until now, or from `start` to `end` (ms)."""
        page = console.page(request, scope, site)
        device = console.services.registry.device(scope, SiteId(site), DeviceId(device_id))
        metrics = metric.split(",")[:MAX_INSTANCES]
        if any(each not in catalogue() for each in [*metrics, *filter(None, [mirror])]):
            raise NotFound
        first, after = _span(page.now, period, start, end)
        try:
            picture = _draw(console, page, scope, device, metrics, mirror, instance, first, after)
        except NotFound:
            raise
        except CampusError:
            return Response(status_code=503)
        return Response(orjson.dumps(picture), media_type="application/json", headers={"Cache-Control": "no-store"})

    return router


def _draw(
    console: Console,
    page: Page,
    scope: Scope,
    device: Device,
    metrics: list[str],
    mirror: str,
    instance: str,
    start: int,
    end: int,
) -> Json:
    def ask(of: str) -> Chart:
        wanted = [instance] if instance else _instances(console, scope, device, of)
        return console.services.telemetry.chart(
            scope, device.site, device.id, MetricId(of), wanted, start, end, MAX_POINTS
        )

    metric = metrics[0]
    if catalogue()[MetricId(metric)].kind is MetricKind.STATE:
        return strip_picture(page, [ask(each) for each in metrics])
    chart = ask(metric)
    rules = console.services.alerts.rules(device.site)
    limits = rule_limits(page, rules, metric, device.kind, [each.instance for each in chart.series])
    if metric == "if_in_bps":
        limits += _capacity_limits(page, device, instance, chart)
    return lines_picture(page, chart, ask(mirror) if mirror else None, limits)


def _instances(console: Console, scope: Scope, device: Device, metric: str) -> list[str]:
    """Those that are not well first, where there are more than a picture holds."""
    latest = console.services.telemetry.latest(scope, device.site, device.id)
    parts = [each for each in latest if each.metric == metric]
    urgent_first = sorted(parts, key=lambda each: (not is_ill(each), natural(each.instance)))
    return sorted((str(each.instance) for each in urgent_first[:MAX_INSTANCES]), key=natural)


def _capacity_limits(page: Page, device: Device, instance: str, chart: Chart) -> list[Json]:
    """The capacity of an uplink, where the traffic comes near enough that the line does not flatten the picture."""
    capacity = device.facts.uplink_capacity_bps if instance in device.facts.uplinks else 0.0
    peak = max((float(value) for each in chart.series for value in each.maximum if not math.isnan(value)), default=0.0)
    if not capacity or peak < 0.2 * capacity:
        return []
    text = page.t("chart.capacity", value=bits_per_second(capacity))
    return [
        {"value": capacity * CapacityService.line, "name": page.t("chart.line_share")},
        {"value": capacity, "name": text},
    ]


def _span(now: int, name: str, start: int, end: int) -> tuple[int, int]:
    if 0 < start < end:
        return max(start, end - MAX_SPAN_MS), end
    return now - PERIODS.get(name, PERIODS[DEFAULT_PERIOD]), now
