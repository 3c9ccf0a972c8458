"""What several dashboards of devices ask alike: the district at the top, one school in detail, and how many are in a state.

At the top stand figures of all the chosen schools (variable `site`), lines and bars of single devices only of the one school
in variable `school`: of 800 schools they would be too many to see, and to ask for.
"""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as models

from campus.influx import Tag
from dashboards import appearance, links, panels
from dashboards.appearance import GOOD, Steps, stepped
from dashboards.board import Draft, measured
from dashboards.influxql import (
    Condition,
    Select,
    TagValues,
    call,
    chosen,
    either,
    highest,
    is_number,
    lowest,
    mean,
    newest,
    over,
    raw,
    top,
    trend,
)
from dashboards.links import Clicked
from dashboards.panels import Asked
from dashboards.variables import tag_values

SERIES: Final = (Tag.SITE, Tag.DEVICE, Tag.INSTANCE)
DEVICE: Final = (Tag.SITE, Tag.DEVICE)
IN_DISTRICT: Final = chosen(Tag.SITE)
IN_SCHOOL: Final = chosen(Tag.SITE, "school")


def schools(draft: Draft, metric: str) -> list[builders.QueryVariable]:
    """The two variables, of schools that report a metric: `site`, all at first, and `school` of these."""
    of = raw(metric)
    return [
        tag_values(draft, "site", TagValues(key=Tag.SITE, of=of), several=True, all_first=True),
        tag_values(draft, "school", TagValues(key=Tag.SITE, of=of, where=(IN_DISTRICT,))),
    ]


def how_many(
    metric: str,
    *where: Condition,
    are: Condition | None = None,
    by: tuple[str, ...] = DEVICE,
    each: tuple[str, ...] = (),
    named: str = "how_many",
) -> Select:
    """How many series there are, or how many whose newest reading `are` tells of; in all, or for `each` of these tags."""
    return over(newest(metric, "state", *where, by=by), "count", "state", *([are] if are else []), by=each, named=named)


def in_state(metric: str, *names: str) -> Condition:
    """The newest reading of a state metric is the first or another of these; `KeyError` for a name the catalogue lacks."""
    values = {state.name: state.value for state in measured(metric).states}
    numbers = [is_number("state", values[name]) for name in names]
    return numbers[0] if len(numbers) == 1 else either(*numbers)


def share_of(draft: Draft, key: str, metric: str, good: Select, every: Select) -> stat.Panel:
    """Two numbers side by side: how many are as they should be, and how many there are."""
    panel = panels.figures(draft, key, metric, Asked(good, draft.word("good")), Asked(every, draft.word("all")))
    panels.tint(panel, 0, GOOD)
    return panel.text_mode(models.BigValueTextMode.VALUE_AND_NAME).unit("none").decimals(0).mappings([])


def worst_over_time(
    draft: Draft,
    key: str,
    metric: str,
    legend: str,
    *where: Condition,
    by: tuple[str, ...] = SERIES,
    school: Condition = IN_SCHOOL,
) -> statetimeline.Panel:
    """States of one school over time; of a bucket of time the worst one."""
    figure = lowest() if appearance.worst_is_low(measured(metric)) else highest()
    query = trend(metric, figure.named("state"), school, *where, by=by)
    return panels.states(draft, key, metric, Asked(query, legend)).data_links([links.to_device(draft, Clicked.LINE)])


def over_time(
    draft: Draft,
    key: str,
    metric: str,
    legend: str,
    *where: Condition,
    by: tuple[str, ...] = SERIES,
    school: Condition = IN_SCHOOL,
) -> timeseries.Panel:
    """A line for each series of one school."""
    query = trend(metric, mean().named("mean"), school, *where, by=by)
    return panels.lines(draft, key, metric, Asked(query, legend)).data_links([links.to_device(draft, Clicked.LINE)])


def extreme(
    draft: Draft, key: str, metric: str, function: str, steps: Steps, *where: Condition, by: tuple[str, ...] = SERIES
) -> stat.Panel:
    """The highest or lowest reading of the chosen schools now, or their sum."""
    query = figure_of(metric, function, *where, by=by)
    return panels.figures(draft, key, metric, Asked(query, draft.panel(key)[0])).thresholds(stepped(steps))


def figure_of(metric: str, function: str, *where: Condition, by: tuple[str, ...] = SERIES) -> Select:
    """The highest, lowest or sum of the newest readings of the chosen schools."""
    return over(newest(metric, "reading", IN_DISTRICT, *where, by=by), function, "reading")


def of_schools(metric: str, alias: str = "reading") -> Select:
    """The newest of what the controller says of each of the chosen schools."""
    return newest(metric, alias, IN_DISTRICT, by=(Tag.SITE,))


def counted(draft: Draft, key: str, metric: str, good: str) -> stat.Panel:
    """Two numbers side by side, of all chosen schools: how many the controller counts as they should be, and how many in all."""
    return share_of(
        draft, key, metric, over(of_schools(good), "sum", "reading"), over(of_schools(metric), "sum", "reading")
    )


def calculated(panel: table.Panel, alias: str, left: str, operator: str, right: str) -> table.Panel:
    """A column more, of two others."""
    binary = {"left": left, "operator": operator, "right": right}
    return panel.with_transformation(panels.transformation("calculateField", mode="binary", alias=alias, binary=binary))


def sorted_by(panel: table.Panel, name: str, *, falling: bool) -> table.Panel:
    """Rows in the order of a column."""
    order = [{"field": name, "desc": falling}]
    return panel.with_transformation(panels.transformation("sortBy", fields={}, sort=order))


def least(inner: Select, alias: str, how_many: int, *tags: str) -> Select:
    """The lowest of a column of another query, with their tags as columns."""
    return Select(columns=(call("bottom", alias, *tags, how_many).named(alias),), of=inner)


def most(inner: Select, alias: str, how_many: int, *tags: str) -> Select:
    """The highest, likewise."""
    return Select(columns=(top(alias, how_many, *tags).named(alias),), of=inner)
