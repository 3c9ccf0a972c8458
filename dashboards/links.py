"""Ways out of a dashboard: to its neighbours, and to the page of the console about what was clicked."""

from enum import StrEnum
from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders

from dashboards.board import Draft, uid_of

CONSOLE: Final = "${console}"
"""The constant variable that has the console's address."""


class Clicked(StrEnum):
    """Where a link reads what was clicked: the labels of a line, the row of a table, or the variables of the board."""

    LINE = "${__field.labels.%s}"
    ROW = "${__data.fields.%s}"
    CHOSEN = "${%s}"

    def tag(self, name: str) -> str:
        """A tag of it."""
        return self.value % name


def to_site(draft: Draft, clicked: Clicked) -> builders.DashboardLink:
    """The school on the console."""
    return _outside(draft, "open_site", f"/sites/{clicked.tag('site')}")


def to_device(draft: Draft, clicked: Clicked, *, site: Clicked | None = None) -> builders.DashboardLink:
    """The device on the console. `site` where the school is read elsewhere than the device."""
    path = f"/sites/{(site or clicked).tag('site')}/devices/{clicked.tag('device')}"
    return _outside(draft, "open_device", path)


def to_link(draft: Draft, clicked: Clicked) -> builders.DashboardLink:
    """The uplink of a school on the console's network page."""
    return _outside(draft, "open_link", f"/network/{clicked.tag('site')}")


def to_alert(draft: Draft) -> builders.DashboardLink:
    """The alert in a row that has its `id`."""
    return _outside(draft, "open_alert", f"/alerts/{Clicked.ROW.tag('id')}")


def to_page(draft: Draft, path: str, word: str) -> builders.DashboardLink:
    """Any page of the console, named by a word."""
    return _outside(draft, word, path)


def to_board(draft: Draft, key: str, **variables: str) -> builders.DashboardLink:
    """Another dashboard about what was clicked, at the same time: ``to_board(draft, "school", site=Clicked.ROW.tag("site"))``."""
    chosen = "".join(f"&var-{name}={value}" for name, value in variables.items())
    url = f"/d/{uid_of(key, draft.language)}?${{__url_time_range}}{chosen}"
    return builders.DashboardLink(draft.word(f"board_{key}")).url(url)


def neighbour(draft: Draft, key: str) -> builders.DashboardLink:
    """Another dashboard at the top of this one; time and variables go along."""
    link = builders.DashboardLink(draft.word(f"board_{key}")).url(f"/d/{uid_of(key, draft.language)}")
    return link.icon("dashboard").keep_time(True).include_vars(True)


def console_page(draft: Draft, path: str) -> builders.DashboardLink:
    """The page of the console that belongs to this dashboard, at its top."""
    link = builders.DashboardLink(draft.word("console")).url(f"{CONSOLE}{path}")
    return link.icon("external link").target_blank(True)


def _outside(draft: Draft, word: str, path: str) -> builders.DashboardLink:
    return builders.DashboardLink(draft.word(word)).url(f"{CONSOLE}{path}").target_blank(True)
