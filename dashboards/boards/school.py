"""School: what is broken here, is the network fine, which devices do not answer."""

from typing import Final

from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common as models

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, open_alerts, panels, variables
from dashboards.appearance import ATTENTION, FAILED, IN, QUIET, UNKNOWN, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import chosen, highest, mean, newest, trend
from dashboards.limits import AGENT_SILENT_S, PATH_LOSSY_PERCENT, PATH_SLOW_MS, PROCESSOR_BUSY_PERCENT
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.uplinks import hidden_ports, traffic

_HERE: Final = chosen(Tag.SITE)
_DEVICE: Final = (Tag.KIND, Tag.DEVICE)


def school(draft: Draft) -> Sheet:
    """The board of one school."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (9, open_alerts.by_severity(draft, "open_alerts", _HERE)),
                    (5, _unreachable(draft)),
                    (5, _silence(draft)),
                    (5, _boards(draft)),
                ],
            ),
            Row(
                9,
                [
                    (12, traffic(draft, "traffic")),
                    (12, open_alerts.listed(draft, "alerts", _HERE, shown=(Tag.DEVICE,))),
                ],
            ),
            Row(10, [(14, _devices(draft)), (10, _reachable(draft))]),
            Row(7, [(24, _services(draft))]),
            Row(8, [(8, _path(draft)), (8, _loss(draft)), (8, _use(draft))]),
        ],
        neighbours=(
            "district-now",
            "metro-network",
            "device",
            "wireless",
            "kitchen-compliance",
            "cameras",
            "utilisation",
        ),
        console="/sites/${site}",
        variables=[variables.site(draft, of=variables.SCHOOLS), *hidden_ports(draft)],
        marks=[marks.alerts(draft, _HERE), marks.maintenance(draft, of_site=True)],
    )


def _unreachable(draft: Draft) -> stat.Panel:
    asked = [
        Asked(newest("school_devices_unreachable", "devices", _HERE, by=(Tag.SITE,)), draft.word("unreachable")),
        Asked(newest("school_devices", "devices", _HERE, by=(Tag.SITE,)), draft.word("all_devices")),
    ]
    panel = panels.figures(draft, "unreachable", "school_devices_unreachable", *asked)
    steps = stepped((QUIET, ((1, FAILED),))).build()
    panel.override_by_query(panels.letter(0), [panels.setting("thresholds", steps)])
    return panel.text_mode(models.BigValueTextMode.VALUE_AND_NAME)


def _silence(draft: Draft) -> stat.Panel:
    query = newest("school_agent_silent_s", "silent", _HERE, by=(Tag.SITE,))
    panel = panels.figures(draft, "silence", "school_agent_silent_s", Asked(query, draft.word("silent")))
    return panel.thresholds(stepped((QUIET, ((AGENT_SILENT_S, UNKNOWN),))))


def _boards(draft: Draft) -> stat.Panel:
    query = newest("school_boards_in_use_percent", "use", _HERE, by=(Tag.SITE,))
    return panels.figures(draft, "boards", "school_boards_in_use_percent", Asked(query)).decimals(0)


def _devices(draft: Draft) -> table.Panel:
    asked = [
        Asked(newest("reachable", "state", _HERE, by=_DEVICE)),
        Asked(newest("response_time_ms", "answer", _HERE, by=_DEVICE)),
        Asked(newest("cpu_percent", "load", _HERE, by=_DEVICE)),
    ]
    to = [
        links.to_board(draft, "device", site=Clicked.CHOSEN.tag(Tag.SITE), device=Clicked.ROW.tag(Tag.DEVICE)),
        links.to_device(draft, Clicked.ROW, site=Clicked.CHOSEN),
    ]
    kinds = {str(kind): (draft.word(f"kind_{kind}"), QUIET) for kind in DeviceKind}
    columns = [
        Column(name="kind", title=draft.word("kind"), words=kinds, width=130),
        Column(name="device", title=draft.word("device"), links=to),
        Column(name="state", title=draft.word("state"), metric="reachable", width=110),
        Column(name="answer", title=draft.word("answer"), metric="response_time_ms", width=110),
        Column(
            name="load",
            title=draft.word("load"),
            metric="cpu_percent",
            steps=(QUIET, ((PROCESSOR_BUSY_PERCENT.level, ATTENTION),)),
            bar=True,
        ),
    ]
    return panels.rows(draft, "devices", columns, *asked, sort="state", lowest_first=True)


def _reachable(draft: Draft) -> timeseries.Panel:
    query = trend("reachable", (mean() * 100).named("reachable"), _HERE, by=(Tag.KIND,))
    panel = panels.lines(draft, "reachable", "reachable", Asked(query, "$tag_kind"))
    for kind in DeviceKind:
        panel.override_by_name(kind, [panels.setting("displayName", draft.word(f"kind_{kind}"))])
    return panel.unit("percent").decimals(0).mappings([]).max(100)


def _path(draft: Draft) -> timeseries.Panel:
    query = trend("path_delay_ms", mean().named("delay"), _HERE, by=(Tag.INSTANCE,))
    panel = panels.lines(draft, "path", "path_delay_ms", Asked(query, "$tag_instance"))
    return panels.draw_limits(panel, QUIET, (PATH_SLOW_MS.level, ATTENTION)).min(0)


def _loss(draft: Draft) -> timeseries.Panel:
    query = trend("path_loss_percent", highest().named("loss"), _HERE, by=(Tag.INSTANCE,))
    panel = panels.lines(draft, "loss", "path_loss_percent", Asked(query, "$tag_instance"))
    return panels.draw_limits(panel, QUIET, (PATH_LOSSY_PERCENT.level, ATTENTION)).min(0)


def _services(draft: Draft) -> statetimeline.Panel:
    query = trend("service_state", highest().named("state"), _HERE, by=(Tag.INSTANCE,))
    panel = panels.states(draft, "services", "service_state", Asked(query, "$tag_instance"))
    return panel.data_links([links.to_page(draft, "/services/${__field.labels.instance}", "open_service")])


def _use(draft: Draft) -> timeseries.Panel:
    query = trend("school_boards_in_use_percent", mean().named("use"), _HERE)
    panel = panels.lines(
        draft, "use", "school_boards_in_use_percent", Asked(query, draft.name("school_boards_in_use_percent"))
    )
    return panels.tint(panel, 0, IN).min(0).max(100).decimals(0)
