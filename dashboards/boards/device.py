"""Device: whether it answers, every state over time, and a picture for each reading that it gives, whatever its kind."""

from collections.abc import Iterator
from typing import Final

from grafana_foundation_sdk.builders import stat, statetimeline, timeseries
from grafana_foundation_sdk.models import dashboard

from campus.influx import Tag
from campus.metrics import Metric, MetricKind, publishable
from dashboards import appearance, links, marks, open_alerts, panels, variables
from dashboards.appearance import ATTENTION, FAILED, GOOD, Steps, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import (
    WIDTH,
    Expression,
    Fill,
    Measurements,
    Select,
    chosen,
    fitting,
    fitting_chosen,
    highest,
    lowest,
    mean,
    newest,
)
from dashboards.links import Clicked
from dashboards.panels import Asked

_THIS: Final = (chosen(Tag.SITE), chosen(Tag.DEVICE))
_READING: Final = "metric"
_STATES_ON_A_PAGE: Final = 16
_PICTURES_IN_A_ROW: Final = 3
_IS_READING: Final = "^(?!campanile_)(?!.*_state$)(?!reachable$).*"


def device(draft: Draft) -> Sheet:
    """The board of one device."""
    return Sheet(
        rows=[
            Row(
                7,
                [(4, _now(draft)), (4, _answering(draft)), (16, open_alerts.listed(draft, "alerts", *_THIS, shown=()))],
            ),
            Row(11, [(24, _states(draft))]),
            Row(8, [(8, _readings(draft))]),
        ],
        neighbours=("school", "district-now", "metro-network"),
        console="/sites/${site}/devices/${device}",
        variables=[
            variables.site(draft),
            variables.kind(draft),
            variables.device(draft, where=(chosen(Tag.KIND),)),
            variables.measurements(draft, _READING, Measurements(where=_THIS), _IS_READING),
        ],
        marks=[marks.alerts(draft, *_THIS), marks.maintenance(draft, of_site=True)],
        stand_ins={_READING: "reachable"},
    )


def _now(draft: Draft) -> stat.Panel:
    query = newest("reachable", "state", *_THIS, by=(Tag.DEVICE,))
    return panels.figures(draft, "now", "reachable", Asked(query, draft.name("reachable"))).data_links(
        [links.to_device(draft, Clicked.CHOSEN)]
    )


def _answering(draft: Draft) -> stat.Panel:
    query = Select(columns=((mean() * 100).named("answered"),), of=fitting("reachable"), where=_THIS)
    steps: Steps = (FAILED, ((95, ATTENTION), (99.5, GOOD)))
    panel = panels.figures(draft, "answering", "reachable", Asked(query, draft.name("reachable")))
    return panel.unit("percent").decimals(1).mappings([]).thresholds(stepped(steps))


def _states(draft: Draft) -> statetimeline.Panel:
    """Two queries for all state metrics there are: of some the lowest number is the worst state, of the others the highest."""
    metrics = dict(_of_kind(MetricKind.STATE))
    low = [name for name, metric in metrics.items() if appearance.worst_is_low(metric)]
    high = [name for name in metrics if name not in low]
    asked = [
        Asked(_over_time(figure, *names), "$m $tag_instance") for figure, names in ((lowest(), low), (highest(), high))
    ]
    panel = panels.states(draft, "states", "reachable", *asked).mappings([]).per_page(_STATES_ON_A_PAGE)
    for name, metric in metrics.items():
        look = [_named(draft, name), panels.setting("mappings", appearance.states(metric, draft.language))]
        panel.override_by_regexp(_series_of(name), look)
    return panel


def _readings(draft: Draft) -> timeseries.Panel:
    query = Select(
        columns=(mean().named("reading"),),
        of=fitting_chosen(_READING),
        where=_THIS,
        by=(Tag.INSTANCE,),
        every=WIDTH,
        fill=Fill.NOTHING,
    )
    panel = panels.lines(draft, "readings", "response_time_ms", Asked(query, "$m $tag_instance"))
    for name, metric in _of_kind(MetricKind.GAUGE):
        panel.override_by_regexp(_series_of(name), [_named(draft, name), *panels.measure(metric)])
    return (
        panel.unit("none")
        .span_nulls(panels.SLOW_GAP_MS)
        .repeat(_READING)
        .repeat_direction("h")
        .max_per_row(_PICTURES_IN_A_ROW)
        .data_links([links.to_device(draft, Clicked.CHOSEN)])
    )


def _over_time(figure: Expression, *metrics: str) -> Select:
    return Select(
        columns=(figure.named("state"),),
        of=fitting(*metrics),
        where=_THIS,
        by=(Tag.INSTANCE,),
        every=WIDTH,
        fill=Fill.NOTHING,
    )


def _of_kind(kind: MetricKind) -> Iterator[tuple[str, Metric]]:
    """Metrics of devices; the controller's own are no device's."""
    return ((str(name), metric) for name, metric in publishable().items() if metric.kind is kind)


def _series_of(metric: str) -> str:
    """Its lines, of whatever part. Without slashes Grafana would hold the expression against the whole name."""
    return f"/^{metric}( |$)/"


def _named(draft: Draft, metric: str) -> dashboard.DynamicConfigValue:
    return panels.setting("displayName", f"{draft.name(metric)} ${{__field.labels.{Tag.INSTANCE}}}")
