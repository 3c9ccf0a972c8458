"""Alerts that stand now: how many by severity, and which; of the district, or of one school."""

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.models import common as models

from campus.influx import ALERT_MEASUREMENT, Tag
from campus.samples import Severity
from dashboards import links, marks, panels
from dashboards.appearance import ATTENTION, FAILED, QUIET, thresholds
from dashboards.board import Draft
from dashboards.influxql import Condition, Select, column, is_one_of, is_value, newest, over, raw, since
from dashboards.links import Clicked
from dashboards.panels import Asked, Column

URGENT: Final = (Severity.CRITICAL, Severity.MAJOR)
SHADES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: FAILED,
    Severity.MAJOR: FAILED,
    Severity.MINOR: ATTENTION,
}
"""What is for information alone is not counted on a wall."""
_OPEN_DAYS: Final = 90
_MOST: Final = 100


def of_schools(*severities: Severity, where: tuple[Condition, ...] = ()) -> Select:
    """The newest count of each school and severity, in column `open`."""
    among = is_one_of(Tag.INSTANCE, severities)
    return newest("school_alerts_open", "open", among, *where, by=(Tag.SITE, Tag.INSTANCE))


def by_severity(draft: Draft, key: str, *where: Condition) -> stat.Panel:
    """Three numbers side by side."""
    asked = [
        Asked(over(of_schools(severity, where=where), "sum", "open"), draft.word(f"severity_{severity}"))
        for severity in SHADES
    ]
    panel = panels.figures(draft, key, "school_alerts_open", *asked)
    for place, shade in enumerate(SHADES.values()):
        steps = thresholds(QUIET, (1, shade)).build()
        panel.override_by_query(panels.letter(place), [panels.setting("thresholds", steps)])
    return panel.text_mode(models.BigValueTextMode.VALUE_AND_NAME)


def listed(draft: Draft, key: str, *where: Condition, shown: tuple[str, ...] = (Tag.SITE, Tag.DEVICE)) -> table.Panel:
    """What is open, the newest first, with links to the alert, the school and the device. `shown`: which tags."""
    title = marks.title_field(draft.language)
    query = Select(
        columns=(
            column(title).named("what"),
            column("severity"),
            column(Tag.SITE),
            column(Tag.DEVICE),
            column("id"),
        ),
        of=raw(ALERT_MEASUREMENT),
        where=(is_value("state", "open"), *where, since(_OPEN_DAYS)),
        newest_first=True,
        limit=_MOST,
        spanned=False,
    )
    words = {str(one): (draft.word(f"severity_{one}"), SHADES.get(one, QUIET)) for one in Severity}
    to = {Tag.SITE: links.to_site(draft, Clicked.ROW), Tag.DEVICE: links.to_device(draft, Clicked.ROW)}
    columns = [
        Column(name="Time", title=draft.word("since"), unit="dateTimeFromNow", width=120),
        Column(name="severity", title=draft.word("severity"), words=words, width=80),
        Column(name="what", title=draft.word("what"), links=[links.to_alert(draft)]),
        *(
            Column(name=tag, title=draft.word(tag), links=[link], width=140, hidden=tag not in shown)
            for tag, link in to.items()
        ),
        Column(name="id", title=draft.word("what"), hidden=True),
    ]
    return panels.rows(draft, key, columns, Asked(query)).no_value(draft.word("nothing_open"))
