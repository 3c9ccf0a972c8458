"""Dashboards as JSON for Grafana: the same text for the same code and catalogue, whenever it is made."""

import json
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from dashboards import links, variables
from dashboards.board import DEFAULT_TIMEZONE, TAG, Board, Draft, Sheet
from dashboards.target import Grafana, InfluxQuery
from dashboards.words import Language

DEFAULT_CONSOLE: Final = "http://localhost:8080"
_WEEK_START: Final = "monday"


def render(
    board: Board,
    language: Language,
    grafana: Grafana,
    console: str = DEFAULT_CONSOLE,
    timezone: str = DEFAULT_TIMEZONE,
) -> str:
    """The JSON of a dashboard; `console` is the address of the controller's pages without a slash at its end.

    `timezone` is the district's, for what is told by hours of its day whoever looks at it from where.
    """
    return as_json(build(board, language, grafana, console, timezone))


def build(
    board: Board,
    language: Language,
    grafana: Grafana,
    console: str = DEFAULT_CONSOLE,
    timezone: str = DEFAULT_TIMEZONE,
) -> dashboard.Dashboard:
    """The dashboard as the SDK has it."""
    draft = Draft(board.key, language, timezone)
    sheet = board.draw(draft)
    made = (
        builders.Dashboard(draft.words.title.in_language(language))
        .uid(board.uid(language))
        .description(draft.words.description.in_language(language))
        .tags([TAG])
        .timezone("browser")
        .week_start(_WEEK_START)
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .time(sheet.span, "now")
        .refresh(sheet.refresh)
        .links([*(links.neighbour(draft, key) for key in sheet.neighbours), links.console_page(draft, sheet.console)])
        .annotations(list(sheet.marks))
    )
    _place(made, sheet)
    found = made.build()
    found.schema_version = grafana.schema_version
    texts = [target.text for panel in panels_of(found) for target in targets_of(panel)]
    chosen = [*variables.everywhere(draft, console), *variables.hidden_levels(texts), *sheet.variables]
    found.templating.list_val = [one.build() for one in chosen]
    return found


def panels_of(made: dashboard.Dashboard) -> list[dashboard.Panel]:
    """The panels of a dashboard in the order of the page."""
    return [panel for panel in made.panels or () if isinstance(panel, dashboard.Panel)]


def targets_of(panel: dashboard.Panel) -> list[InfluxQuery]:
    """The queries of a panel."""
    return [target for target in panel.targets or () if isinstance(target, InfluxQuery)]


def as_json(made: dashboard.Dashboard) -> str:
    """Sorted, indented, with Chinese as it is, and a line's end at the end."""
    plain: dict[str, Any] = json.loads(json.dumps(made, cls=JSONEncoder))
    # The SDK writes this always, for Grafana 12.2 and later: there it would fold neighbours and marks away into a menu.
    for part in (*plain["links"], *plain["annotations"]["list"]):
        del part["placement"]
    return json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _place(made: builders.Dashboard, sheet: Sheet) -> None:
    number = 0
    top = 0
    for row in sheet.rows:
        left = 0
        for width, panel in row.panels:
            number += 1
            found = panel.build()
            found.id_val = number
            found.grid_pos = dashboard.GridPos(h=row.height, w=width, x=left, y=top)
            left += width
            made.with_panel(_Built(found))
        top += row.height


class _Built(Builder[dashboard.Panel]):
    """A panel that is built already."""

    def __init__(self, panel: dashboard.Panel) -> None:
        self._panel = panel

    def build(self) -> dashboard.Panel:
        return self._panel
