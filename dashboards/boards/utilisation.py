"""Utilisation: when, where and by which school the boards are really used in lessons, and which ones never are.

Figures are the controller's own of each hour with lessons, so hours without any count for nothing. The heat map is made by
Grafana out of each hour's share: the hour's instant becomes weekday and hour of the district's clock.
"""

from typing import Final

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import common as models

from campus.influx import Field, Policy, Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels, standing
from dashboards.appearance import ATTENTION, FAILED, GOOD, QUIET, Steps, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import Fill, Select, by_hour, is_value, mean, total, trend
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import DEVICE, IN_DISTRICT, IN_SCHOOL

_BOARD: Final = is_value(Tag.KIND, DeviceKind.BOARD)
_SITE: Final = (Tag.SITE,)
_USE: Final[Steps] = (FAILED, ((1, ATTENTION), (30, QUIET), (60, GOOD)))
"""Never, rarely, now and then, well used."""
_HEAT: Final[Steps] = ("#23303f", ((5, "#2b4a63"), (20, "#2f6b83"), (40, "#3a8f94"), (60, "#5fae8c"), (80, "#a3c76d")))
"""From dark to light: of a matrix the eye reads brightness."""
_WEEKDAYS: Final = ("1", "2", "3", "4", "5", "6", "7")
"""As moment.js's ``E``: Monday is 1."""
_CELL: Final = '[{"day":"]E[","hour":"]HH[:00"}]'
"""The instant as an object of JSON in moment.js's words, for the one transformation that makes two columns of one."""

_KNOWN: Final = "school_boards_in_lessons"
_USED: Final = "school_boards_used_in_lessons"


def utilisation(draft: Draft) -> Sheet:
    """For whoever must say whether the money paid off."""
    return Sheet(
        rows=[
            Row(4, [(6, _in_use_now(draft)), (6, _in_lessons(draft)), (12, _ever_used(draft))]),
            Row(12, [(14, _heat_map(draft)), (10, _schools(draft))]),
            Row(10, [(12, _rooms(draft)), (12, _boards(draft))]),
            Row(8, [(24, _over_time(draft))]),
            Row(
                9,
                [
                    (12, standing.worst_over_time(draft, "powers", "power_state", "$tag_device", _BOARD, by=DEVICE)),
                    (12, standing.worst_over_time(draft, "apps", "app_state", "$tag_device", _BOARD, by=DEVICE)),
                ],
            ),
        ],
        neighbours=("district-now", "school", "device", "application-services"),
        console="/utilisation",
        variables=standing.schools(draft, _KNOWN),
        marks=[marks.maintenance(draft, of_site=True)],
        span="now-7d",
    )


def _in_use_now(draft: Draft) -> stat.Panel:
    query = standing.figure_of("school_boards_in_use_percent", "mean", by=_SITE)
    return panels.figures(draft, "in_use_now", "school_boards_in_use_percent", Asked(query, draft.word("now")))


def _in_lessons(draft: Draft) -> stat.Panel:
    panel = panels.figures(draft, "in_lessons", "board_use_percent", *map(Asked, _lessons()), result_format="table")
    for name, options in (("merge", dict[str, object]()), _share(replacing=True)):
        panel.with_transformation(panels.transformation(name, **options))
    return panel.thresholds(stepped(_USE))


def _ever_used(draft: Draft) -> stat.Panel:
    return standing.counted(draft, "ever_used", "school_boards_with_lessons", "school_boards_ever_used")


def _lessons(by: tuple[str, ...] = (), every: str = "") -> list[Select]:
    """Boards in lessons, hour by hour added up, and what of them was used: the latter by the former is the used share."""
    fill = Fill.LEFT_OUT if every else None
    return [
        Select(columns=(column,), of=by_hour(metric), where=(IN_DISTRICT,), by=by, every=every, fill=fill)
        for metric, column in (
            (_KNOWN, total(Field.MEAN).named("known")),
            (_USED, (total(Field.MEAN) * 100).named("used")),
        )
    ]


def _share(*, replacing: bool = False) -> tuple[str, dict[str, object]]:
    """Grafana's step to a column `use` more, in percent, of those two; or to it alone."""
    binary = {"left": "used", "operator": "/", "right": "known"}
    return "calculateField", {"mode": "binary", "alias": "use", "binary": binary, "replaceFields": replacing}


def _mean_use(by: tuple[str, ...]) -> Select:
    """The mean of all hours with lessons of each, at the school in detail."""
    return Select(columns=(mean(Field.MEAN).named("use"),), of=by_hour("board_use_percent"), where=(IN_SCHOOL,), by=by)


def _heat_map(draft: Draft) -> table.Panel:
    """Weekdays across, hours down."""
    columns = [Column(name="hour\\day", title=draft.word("hour"), width=70)]
    panel = panels.rows(draft, "heat_map", columns, *map(Asked, _lessons(every=Policy.HOUR)))
    panel.transformations([panels.transformation(name, **options) for name, options in _matrix(draft.timezone)])
    for day in _WEEKDAYS:
        colour = models.TableColoredBackgroundCellOptions(models.TableCellBackgroundDisplayMode.BASIC)
        panel.override_by_name(
            day,
            [
                panels.setting("displayName", draft.word(f"day_{day}")),
                panels.setting("unit", "percent"),
                panels.setting("decimals", 0),
                panels.setting("thresholds", stepped(_HEAT).build()),
                panels.setting("custom.cellOptions", colour),
                panels.setting("custom.align", "center"),
            ],
        )
    return panel


def _matrix(timezone: str) -> list[tuple[str, dict[str, object]]]:
    """Grafana's steps from instants with a number each to a matrix; Grafana 10.0 to 10.2 take the reader's own time zone."""
    by = {"aggregations": [], "operation": "groupby"}
    return [
        ("merge", {}),
        _share(),
        ("formatTime", {"timeField": "Time", "outputFormat": _CELL, "useTimezone": True, "timezone": timezone}),
        ("extractFields", {"source": "Time", "format": "json", "replace": False, "keepTime": False}),
        ("groupBy", {"fields": {"day": by, "hour": by, "use": {"aggregations": ["mean"], "operation": "aggregate"}}}),
        ("sortBy", {"fields": {}, "sort": [{"field": "hour", "desc": False}]}),
        (
            "groupingToMatrix",
            {"columnField": "day", "rowField": "hour", "valueField": "use (mean)", "emptyValue": "null"},
        ),
        (
            "organize",
            {
                "indexByName": {name: place for place, name in enumerate(("hour\\day", *_WEEKDAYS))},
                "excludeByName": {},
                "renameByName": {},
            },
        ),
    ]


def _schools(draft: Draft) -> table.Panel:
    asked = [
        *map(Asked, _lessons(by=_SITE)),
        Asked(standing.of_schools("school_boards_with_lessons", "boards")),
        Asked(standing.of_schools("school_boards_ever_used", "ever")),
    ]
    here = links.to_board(draft, "utilisation", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[here, links.to_site(draft, Clicked.ROW)]),
        Column(name="use", title=draft.word("use"), metric="board_use_percent", steps=_USE),
        Column(name="boards", title=draft.word("boards"), unit="none"),
        Column(name="ever", title=draft.word("ever"), unit="none"),
        Column(name="never", title=draft.word("never"), unit="none", steps=(QUIET, ((1, FAILED),))),
        Column(name="known", title=draft.word("boards"), hidden=True),
        Column(name="used", title=draft.word("use"), hidden=True),
    ]
    panel = standing.calculated(panels.rows(draft, "schools", columns, *asked), "never", "boards", "-", "ever")
    name, options = _share()
    panel.with_transformation(panels.transformation(name, **options))
    return standing.sorted_by(panel, "use", falling=False)


def _rooms(draft: Draft) -> table.Panel:
    columns = [
        Column(name="room", title=draft.word("room")),
        Column(name="use", title=draft.word("use"), metric="board_use_percent", steps=_USE),
    ]
    panel = panels.rows(draft, "rooms", columns, Asked(_mean_use((Tag.ROOM,))))
    return standing.sorted_by(panel, "use", falling=False)


def _boards(draft: Draft) -> table.Panel:
    columns = [
        Column(name="site", title=draft.word("site"), hidden=True),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="room", title=draft.word("room")),
        Column(name="use", title=draft.word("use"), metric="board_use_percent", steps=_USE),
    ]
    panel = panels.rows(draft, "boards", columns, Asked(_mean_use((*DEVICE, Tag.ROOM))))
    return standing.sorted_by(panel, "use", falling=False)


def _over_time(draft: Draft) -> timeseries.Panel:
    """Boards in use at each moment: all chosen schools together, and the one in detail."""
    one = trend("school_boards_in_use_percent", mean().named("use"), IN_SCHOOL, by=_SITE)
    every = trend("school_boards_in_use_percent", mean().named("use"), IN_DISTRICT)
    asked = [Asked(every, draft.word("chosen")), Asked(one, "$tag_site")]
    return panels.lines(draft, "over_time", "school_boards_in_use_percent", *asked)
