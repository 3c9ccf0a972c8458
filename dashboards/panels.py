"""Kinds of panels, each with the house's looks. What they return are the SDK's own builders: a board may go on with them.

Each function takes the panel's key (its words), a metric for unit, decimals and states, and the queries. Queries get the
letters A, B, C in their order, by which `tint` finds them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models import dashboard

from campus.metrics import Metric
from dashboards import appearance
from dashboards.board import Draft, measured
from dashboards.influxql import Select
from dashboards.target import InfluxQuery, chosen_source

GAP_MS: Final = 300_000
"""A line goes on over intervals without a reading for so long; longer is a gap, and seen."""
SLOW_GAP_MS: Final = 31 * 60_000
"""The same of what agents ask at their slow cadence, each quarter of an hour; one reading may be missed."""
HOURLY_GAP_MS: Final = 3 * 3_600_000
"""The same of what is measured once an hour."""


@dataclass(frozen=True)
class Asked:
    """A query of a panel; `legend` names its lines and may have tags: ``$tag_device``."""

    query: Select
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """How a column of a table looks. `name` is the tag, or the alias in the query; `title` the heading."""

    name: str
    title: str
    metric: str = ""
    unit: str = ""
    steps: appearance.Steps | None = None
    bar: bool = False
    full: float = 100
    """Where a bar ends; 0: at the highest value of the column."""
    hidden: bool = False
    """Not shown; only there for links to read."""
    width: int = 0
    links: Sequence[Builder[dashboard.DashboardLink]] = ()
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Text value -> word, colour."""


class _Panel(Protocol):
    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def datasource(self, datasource: models.DataSourceRef) -> Self: ...
    def with_target(self, target: Builder[variants.Dataquery]) -> Self: ...
    def unit(self, unit: str) -> Self: ...
    def decimals(self, decimals: float) -> Self: ...
    def mappings(self, mappings: list[dashboard.ValueMapping]) -> Self: ...
    def no_value(self, no_value: str) -> Self: ...
    def override_by_query(self, query_ref_id: str, properties: list[dashboard.DynamicConfigValue]) -> Self: ...


P = TypeVar("P", bound=_Panel)


def lines(draft: Draft, key: str, metric: str, *asked: Asked) -> timeseries.Panel:
    """Lines over time; gaps are gaps."""
    panel = _headed(timeseries.Panel(), draft, key, asked, "time_series")
    return (
        _measuring(panel, draft, metric)
        .line_width(1)
        .fill_opacity(8)
        .show_points(models.VisibilityMode.AUTO)
        .span_nulls(GAP_MS)
        .color_scheme(appearance.by_name())
        .legend(legend("lastNotNull", "max"))
        .tooltip(common.VizTooltipOptions().mode(models.TooltipDisplayMode.MULTI).sort(models.SortOrder.DESCENDING))
    )


def mirrored(draft: Draft, key: str, metric: str, inward: Asked, outward: Asked, *more: Asked) -> timeseries.Panel:
    """In above zero and out below it (ask for out negated), in the two colours that they have everywhere."""
    panel = lines(draft, key, metric, inward, outward, *more).axis_centered_zero(True)
    return tint(tint(panel, 0, appearance.IN), 1, appearance.OUT)


def figures(draft: Draft, key: str, metric: str, *asked: Asked, result_format: str = "time_series") -> stat.Panel:
    """Large numbers: the newest of each series, coloured by threshold. As "table" what is asked can be calculated with."""
    panel = _measuring(_headed(stat.Panel(), draft, key, asked, result_format), draft, metric)
    return (
        panel.graph_mode(models.BigValueGraphMode.NONE)
        .color_mode(models.BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_scheme(appearance.by_threshold())
        .thresholds(appearance.thresholds(appearance.QUIET))
    )


def tiles(draft: Draft, key: str, metric: str, *asked: Asked) -> stat.Panel:
    """A tile for each series, filled with the colour of its threshold: a wall of schools, of rooms."""
    return (
        figures(draft, key, metric, *asked)
        .color_mode(models.BigValueColorMode.BACKGROUND_SOLID)
        .text_mode(models.BigValueTextMode.VALUE_AND_NAME)
        .justify_mode(models.BigValueJustifyMode.CENTER)
        .text(common.VizTextDisplayOptions().title_size(13).value_size(18))
    )


def bars(draft: Draft, key: str, metric: str, *asked: Asked) -> bargauge.Panel:
    """A bar for each series, longest value last seen."""
    panel = _measuring(_headed(bargauge.Panel(), draft, key, asked, "time_series"), draft, metric)
    return (
        panel.display_mode(models.BarGaugeDisplayMode.BASIC)
        .orientation(models.VizOrientation.HORIZONTAL)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_scheme(appearance.by_threshold())
        .thresholds(appearance.thresholds(appearance.IN))
    )


def states(draft: Draft, key: str, metric: str, *asked: Asked) -> statetimeline.Panel:
    """A bar of states over time for each series, in the catalogue's words and colours."""
    panel = _measuring(_headed(statetimeline.Panel(), draft, key, asked, "time_series"), draft, metric)
    return (
        panel.merge_values(True)
        .show_value(models.VisibilityMode.AUTO)
        .row_height(0.8)
        .line_width(0)
        .fill_opacity(85)
        .span_nulls(GAP_MS)
        .color_scheme(appearance.by_threshold())
        .thresholds(appearance.thresholds(appearance.QUIET))
        .legend(common.VizLegendOptions().show_legend(False).display_mode(models.LegendDisplayMode.LIST).calcs([]))
    )


def rows(
    draft: Draft,
    key: str,
    columns: Sequence[Column],
    *asked: Asked,
    sort: str = "",
    lowest_first: bool = False,
    limit: int = 0,
    larger: tuple[str, Sequence[str]] | None = None,
) -> table.Panel:
    """A table. Rows of several queries that have the same tags become one; the columns stand in that order.

    `sort` is a column's name: its highest values first unless told, and with `limit` no more rows than that. `larger` is a
    new column and those of which it has the larger value.
    """
    panel = _headed(table.Panel(), draft, key, asked, "table")
    wanted = [column.name for column in columns]
    if "Time" not in wanted:
        panel.with_transformation(transformation("organize", excludeByName={"Time": True}))
    if len(asked) > 1:
        panel.with_transformation(transformation("merge"))
    if larger is not None:
        reduce = {"reducer": "max", "include": list(larger[1])}
        panel.with_transformation(transformation("calculateField", mode="reduceRow", alias=larger[0], reduce=reduce))
    if sort:
        panel.with_transformation(transformation("sortBy", fields={}, sort=[{"field": sort, "desc": not lowest_first}]))
    if limit:
        panel.with_transformation(transformation("limit", limitField=limit))
    places = {name: place for place, name in enumerate(wanted)}
    panel.with_transformation(transformation("organize", indexByName=places, excludeByName={}, renameByName={}))
    for column in columns:
        panel.override_by_name(column.name, _look(draft, column))
    return panel.show_header(True).cell_height(models.TableCellHeight.SM).color_scheme(appearance.by_threshold())


def tint(panel: P, query: int, colour: str) -> P:
    """All lines of one of the queries (0 is the first) in one colour."""
    return panel.override_by_query(letter(query), [setting("color", appearance.fixed(colour).build())])


def limit_line(panel: timeseries.Panel, query: int, colour: str) -> timeseries.Panel:
    """The lines of a query as a limit: dashed, thin, nothing under them."""
    return panel.override_by_query(
        letter(query),
        [
            setting("color", appearance.fixed(colour).build()),
            setting("custom.lineStyle", {"dash": [8, 6], "fill": "dash"}),
            setting("custom.fillOpacity", 0),
            setting("custom.spanNulls", HOURLY_GAP_MS),
        ],
    )


def draw_limits(panel: timeseries.Panel, base: str, *steps: tuple[float, str]) -> timeseries.Panel:
    """Thresholds as dashed lines across the picture."""
    style = common.GraphThresholdsStyleConfig().mode(models.GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(appearance.thresholds(base, *steps)).thresholds_style(style)


def legend(*calculations: str) -> common.VizLegendOptions:
    """A table of the lines under the picture, with these figures of each."""
    return (
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(models.LegendDisplayMode.TABLE)
        .placement(models.LegendPlacement.BOTTOM)
        .calcs(list(calculations))
    )


def measure(metric: Metric) -> list[dashboard.DynamicConfigValue]:
    """Unit and decimals of a metric, for an override."""
    found = [setting("unit", appearance.grafana_unit(metric.unit))]
    digits = appearance.decimals(metric)
    return found if digits is None else [*found, setting("decimals", digits)]


def letter(query: int) -> str:
    """The letter of a query by its place."""
    return chr(ord("A") + query)


def setting(name: str, value: object) -> dashboard.DynamicConfigValue:
    """One property of an override, by the name that Grafana has for it."""
    return dashboard.DynamicConfigValue(id_val=name, value=value)


def _headed(panel: P, draft: Draft, key: str, asked: Sequence[Asked], result_format: str) -> P:
    title, description = draft.panel(key)
    panel.title(title).description(description).datasource(chosen_source()).no_value(draft.word("no_value"))
    for place, one in enumerate(asked):
        panel.with_target(InfluxQuery(one.query.text(), letter(place), one.legend, result_format))
    return panel


def _measuring(panel: P, draft: Draft, metric: str) -> P:
    found = measured(metric)
    panel.unit(appearance.grafana_unit(found.unit)).mappings(appearance.states(found, draft.language))
    digits = appearance.decimals(found)
    return panel if digits is None else panel.decimals(digits)


def _look(draft: Draft, column: Column) -> list[dashboard.DynamicConfigValue]:
    found = [setting("displayName", column.title)]
    if column.metric:
        metric = measured(column.metric)
        found += measure(metric)
        mappings = appearance.states(metric, draft.language)
        found += [setting("mappings", mappings)] if mappings else []
    if column.unit:
        found.append(setting("unit", column.unit))
    if column.words:
        found.append(setting("mappings", [_words(column.words)]))
    if column.steps is not None:
        found.append(setting("thresholds", appearance.stepped(column.steps).build()))
    if column.bar:
        found += [setting("custom.cellOptions", models.TableBarGaugeCellOptions(models.BarGaugeDisplayMode.BASIC))]
        found.append(setting("min", 0))
        found += [setting("max", column.full)] if column.full else []
    elif column.steps is not None or column.words or (column.metric and measured(column.metric).states):
        found.append(setting("custom.cellOptions", models.TableColorTextCellOptions()))
    if column.hidden:
        found.append(setting("custom.hidden", True))
    if column.width:
        found.append(setting("custom.width", column.width))
    if column.links:
        found.append(setting("links", [link.build() for link in column.links]))
    return found


def _words(words: Mapping[str, tuple[str, str]]) -> dashboard.ValueMap:
    return dashboard.ValueMap(
        options={
            value: dashboard.ValueMappingResult(text=word, color=colour, index=place)
            for place, (value, (word, colour)) in enumerate(words.items())
        }
    )


def transformation(name: str, **options: Any) -> dashboard.DataTransformerConfig:
    """One of Grafana's steps from what was answered to what is shown, by its name and the names of its options."""
    return dashboard.DataTransformerConfig(id_val=name, options=options)
