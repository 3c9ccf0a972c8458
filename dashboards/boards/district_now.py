"""District now: which schools are in trouble, which links are full, whose agent is behind, and what is open.

There is no map with tiles: they would come from the internet, and the registry has no coordinates. The wall of schools is
the map.
"""

from typing import Final

from grafana_foundation_sdk.builders import stat, table, timeseries

from campus.influx import Tag
from campus.samples import Severity
from dashboards import links, marks, open_alerts, panels
from dashboards.appearance import ATTENTION, CALM, FAILED, QUIET, STRONG, UNKNOWN, Steps, stepped, thresholds
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import (
    Reading,
    Select,
    is_value,
    newest,
    over,
    total,
    trend,
)
from dashboards.limits import AGENT_BEHIND_S, AGENT_SILENT_S
from dashboards.links import Clicked
from dashboards.open_alerts import SHADES, URGENT
from dashboards.panels import Asked, Column
from dashboards.uplinks import FULLNESS, LINK, fullest

_SILENCE: Final[Steps] = (QUIET, ((AGENT_SILENT_S, UNKNOWN),))
_LOUD: Final[Steps] = (QUIET, ((1, FAILED),))


def district_now(draft: Draft) -> Sheet:
    """The first board of the day, made for the wall."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (7, open_alerts.by_severity(draft, "open_alerts")),
                    (4, _unreachable(draft)),
                    (4, _devices(draft)),
                    (4, _silence(draft)),
                    (5, fullest(draft, "direction")),
                ],
            ),
            Row(9, [(14, _wall(draft)), (10, open_alerts.listed(draft, "alerts"))]),
            Row(10, [(12, _links(draft)), (12, _agents(draft))]),
            Row(10, [(14, _schools(draft)), (10, _trend(draft))]),
        ],
        neighbours=("metro-network", "school", "campanile"),
        console="/",
        marks=[marks.maintenance(draft)],
        span="now-3h",
    )


def _devices(draft: Draft) -> stat.Panel:
    query = over(newest("school_devices", "devices", by=(Tag.SITE,)), "sum", "devices")
    return panels.figures(draft, "devices", "school_devices", Asked(query, draft.word("devices")))


def _unreachable(draft: Draft) -> stat.Panel:
    query = over(newest("school_devices_unreachable", "devices", by=(Tag.SITE,)), "sum", "devices")
    panel = panels.figures(draft, "unreachable", "school_devices_unreachable", Asked(query, draft.word("unreachable")))
    return panel.thresholds(stepped(_LOUD))


def _silence(draft: Draft) -> stat.Panel:
    query = over(newest("school_agent_silent_s", "silent", by=(Tag.SITE,)), "max", "silent")
    panel = panels.figures(draft, "silence", "school_agent_silent_s", Asked(query, draft.word("silent")))
    return panel.thresholds(stepped(_SILENCE))


def _wall(draft: Draft) -> stat.Panel:
    query = over(open_alerts.of_schools(*URGENT), "sum", "open", by=(Tag.SITE,))
    panel = panels.tiles(draft, "wall", "school_alerts_open", Asked(query, "$tag_site"))
    panel.thresholds(thresholds(CALM, (1, FAILED)))
    return panel.data_links(
        [links.to_board(draft, "school", site=Clicked.LINE.tag(Tag.SITE)), links.to_site(draft, Clicked.LINE)]
    )


def _links(draft: Draft) -> table.Panel:
    asked = [
        Asked(newest("link_in_use_percent", "in", by=LINK)),
        Asked(newest("link_out_use_percent", "out", by=LINK)),
        Asked(newest("link_capacity_bps", "capacity", by=LINK)),
    ]
    to = [links.to_link(draft, Clicked.ROW)]
    columns = [
        Column(name="site", title=draft.word("site"), links=to),
        Column(name="instance", title=draft.word("port"), links=to),
        Column(name="fuller", title=draft.word("fuller"), metric="link_in_use_percent", steps=FULLNESS, bar=True),
        Column(name="in", title=draft.word("direction_in"), metric="link_in_use_percent", steps=FULLNESS, width=90),
        Column(name="out", title=draft.word("direction_out"), metric="link_out_use_percent", steps=FULLNESS, width=90),
        Column(name="capacity", title=draft.word("capacity"), metric="link_capacity_bps", width=100),
        Column(name="device", title=draft.word("device"), hidden=True),
    ]
    return panels.rows(draft, "links", columns, *asked, sort="fuller", limit=10, larger=("fuller", ("in", "out")))


def _agents(draft: Draft) -> table.Panel:
    asked = [
        Asked(newest("agent_spool_age_s", "behind", by=(Tag.SITE,))),
        Asked(newest("agent_spool_bytes", "waiting", by=(Tag.SITE,))),
        Asked(newest("school_agent_silent_s", "silent", by=(Tag.SITE,))),
    ]
    late: Steps = (QUIET, ((AGENT_BEHIND_S.level, FAILED),))
    columns = [
        Column(name="site", title=draft.word("site"), links=[links.to_page(draft, "/delivery", "open_delivery")]),
        Column(name="behind", title=draft.word("behind"), metric="agent_spool_age_s", steps=late),
        Column(name="waiting", title=draft.word("waiting"), metric="agent_spool_bytes"),
        Column(name="silent", title=draft.word("silent"), metric="school_agent_silent_s", steps=_SILENCE),
    ]
    return panels.rows(draft, "agents", columns, *asked, sort="behind", limit=20)


def _schools(draft: Draft) -> table.Panel:
    asked = [
        Asked(over(open_alerts.of_schools(severity), "sum", "open", by=(Tag.SITE,), named=severity))
        for severity in SHADES
    ]
    asked += [
        Asked(newest("school_devices", "devices", by=(Tag.SITE,))),
        Asked(newest("school_devices_unreachable", "unreachable", by=(Tag.SITE,))),
        Asked(newest("school_agent_silent_s", "silent", by=(Tag.SITE,))),
    ]
    to = [links.to_board(draft, "school", site=Clicked.ROW.tag(Tag.SITE)), links.to_site(draft, Clicked.ROW)]
    columns = [
        Column(name="site", title=draft.word("site"), links=to),
        *(
            Column(
                name=severity,
                title=draft.word(f"severity_{severity}"),
                metric="school_alerts_open",
                steps=(QUIET, ((1, shade),)),
            )
            for severity, shade in SHADES.items()
        ),
        Column(name="devices", title=draft.word("devices"), metric="school_devices"),
        Column(name="unreachable", title=draft.word("unreachable"), metric="school_devices_unreachable", steps=_LOUD),
        Column(name="silent", title=draft.word("silent"), metric="school_agent_silent_s", steps=_SILENCE),
    ]
    return panels.rows(draft, "schools", columns, *asked, sort=Severity.CRITICAL)


def _trend(draft: Draft) -> timeseries.Panel:
    asked = [Asked(_alerts_over_time(severity), draft.word(f"severity_{severity}")) for severity in SHADES]
    panel = panels.lines(draft, "trend", "school_alerts_open", *asked)
    for place, shade in enumerate((FAILED, STRONG, ATTENTION)):
        panels.tint(panel, place, shade)
    return panel


def _alerts_over_time(severity: Severity) -> Select:
    """A school has one reading in each interval: their sum is the district's."""
    return trend("school_alerts_open", total(Reading.MAXIMUM).named("open"), is_value(Tag.INSTANCE, severity))
