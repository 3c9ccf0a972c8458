"""Metro network: where it is filling up or failing, of all uplinks above and of one school below."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import dashboard

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels, variables
from dashboards.appearance import ATTENTION, FAILED, IN, LIMIT, OUT, QUIET, STRONG, Steps, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import (
    Expression,
    Reading,
    Select,
    TagValues,
    call,
    chosen,
    fitting,
    highest,
    is_one_of,
    is_value,
    mean,
    newest,
    over,
    raw,
    trend,
    trend_over,
)
from dashboards.limits import (
    ERRORS_PER_S,
    LASER_WEAK_DBM,
    LIGHT_WEAK_DBM,
)
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import most
from dashboards.uplinks import FULLNESS, LINK, OF_SCHOOL, fullest, hidden_ports, traffic

_OF_CENTRE: Final = (chosen(Tag.SITE, "centre"), is_one_of(Tag.KIND, (DeviceKind.GATEWAY, DeviceKind.SWITCH)))
_PORT: Final = (Tag.DEVICE, Tag.INSTANCE)
_AT_GATEWAYS: Final = is_value(Tag.KIND, DeviceKind.GATEWAY)
_TEN: Final = 10


def metro_network(draft: Draft) -> Sheet:
    """The network operator's board."""
    return Sheet(
        rows=[
            Row(4, [(8, fullest(draft, "use")), (8, _errors_worst(draft)), (8, _light(draft))]),
            Row(9, [(12, _backbone(draft)), (12, _spread(draft))]),
            Row(10, [(24, _links(draft))]),
            Row(9, [(8, _talkers(draft, "in")), (8, _talkers(draft, "out")), (8, _errors(draft))]),
            Row(10, [(14, traffic(draft, "traffic")), (10, _ports(draft))]),
            Row(8, [(12, _faults(draft)), (12, _optics(draft))]),
        ],
        neighbours=("district-now", "school", "device", "application-services"),
        console="/network",
        variables=[
            variables.site(draft, of=variables.SCHOOLS),
            *hidden_ports(draft),
            _centre(draft),
        ],
        marks=[marks.alerts(draft, chosen(Tag.SITE)), marks.maintenance(draft, of_site=True)],
    )


def _centre(draft: Draft) -> builders.QueryVariable:
    """The controller stands at the district centre; its own series tell which site that is."""
    values = TagValues(key=Tag.SITE, of=raw("controller_store_series"))
    return variables.tag_values(draft, "centre", values).hide(dashboard.VariableHide.HIDE_VARIABLE)


def _errors_worst(draft: Draft) -> stat.Panel:
    query = over(newest("if_in_errors_per_s", "errors", _AT_GATEWAYS, by=LINK), "max", "errors")
    panel = panels.figures(draft, "errors_worst", "if_in_errors_per_s", Asked(query, draft.word("errors_in")))
    return panel.thresholds(stepped((QUIET, ((ERRORS_PER_S.level, FAILED),)))).decimals(2)


def _light(draft: Draft) -> stat.Panel:
    query = over(newest("optical_rx_dbm", "light", _AT_GATEWAYS, by=LINK), "min", "light")
    panel = panels.figures(draft, "light", "optical_rx_dbm", Asked(query, draft.word("light_now")))
    return panel.thresholds(stepped((ATTENTION, ((LIGHT_WEAK_DBM.level, QUIET),)))).decimals(1)


def _spread(draft: Draft) -> timeseries.Panel:
    def way(direction: str, figure: Expression, word: str, sign: int) -> Asked:
        column = figure if sign > 0 else -figure
        return Asked(trend(f"link_{direction}_use_percent", column.named(word)), draft.word(word))

    # A link has one reading in each interval, so figures of the readings are figures of the links.
    most, fullest = call("percentile", Reading.MAXIMUM, 95), highest()
    panel = panels.mirrored(
        draft,
        "spread",
        "link_in_use_percent",
        way("in", fullest, "fullest_in", 1),
        way("out", fullest, "fullest_out", -1),
        way("in", most, "most_in", 1),
        way("out", most, "most_out", -1),
    )
    return panels.tint(panels.tint(panel, 2, STRONG), 3, STRONG)


def _backbone(draft: Draft) -> timeseries.Panel:
    """The registry knows the uplinks of schools alone, so the backbone is told by being the busiest of the centre's ports."""

    def way(metric: str, word: str, sign: int) -> Asked:
        ports = trend(metric, (highest() if metric == "if_speed_bps" else mean()).named("bps"), *_OF_CENTRE, by=_PORT)
        busiest = call("max", "bps").named(word)
        return Asked(trend_over(ports, busiest if sign > 0 else -busiest), draft.word(word))

    panel = panels.mirrored(
        draft,
        "backbone",
        "if_in_bps",
        way("if_in_bps", "in", 1),
        way("if_out_bps", "out", -1),
        way("if_speed_bps", "fastest_port", 1),
    )
    return panels.limit_line(panel, 2, LIMIT)


def _links(draft: Draft) -> table.Panel:
    asked = [
        Asked(newest("link_in_use_percent", "in", by=LINK)),
        Asked(newest("link_out_use_percent", "out", by=LINK)),
        Asked(newest("link_in_p95_bps", "p95_in", by=LINK)),
        Asked(newest("link_out_p95_bps", "p95_out", by=LINK)),
        Asked(newest("link_capacity_bps", "capacity", by=LINK)),
    ]
    to = [
        links.to_link(draft, Clicked.ROW),
        links.to_board(draft, "metro-network", site=Clicked.ROW.tag(Tag.SITE)),
        links.to_board(draft, "school", site=Clicked.ROW.tag(Tag.SITE)),
    ]
    use = "link_in_use_percent"
    columns = [
        Column(name="site", title=draft.word("site"), links=to),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("port"), links=to),
        Column(name="fuller", title=draft.word("fuller"), metric=use, steps=FULLNESS, bar=True),
        Column(name="in", title=draft.word("use_in"), metric=use, steps=FULLNESS),
        Column(name="out", title=draft.word("use_out"), metric=use, steps=FULLNESS),
        Column(name="p95_in", title=draft.word("p95_in_column"), metric="link_in_p95_bps"),
        Column(name="p95_out", title=draft.word("p95_out_column"), metric="link_out_p95_bps"),
        Column(name="capacity", title=draft.word("capacity_column"), metric="link_capacity_bps"),
    ]
    return panels.rows(draft, "links", columns, *asked, sort="fuller", larger=("fuller", ("in", "out")))


def _talkers(draft: Draft, way: str) -> table.Panel:
    metric = f"link_{way}_p95_bps"
    query = most(newest(metric, "traffic", by=LINK), "traffic", _TEN, *LINK)
    colour = IN if way == "in" else OUT
    columns = [
        Column(name="site", title=draft.word("site"), links=[links.to_link(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("port")),
        Column(name="traffic", title=draft.word("traffic_column"), metric=metric, steps=(colour, ()), bar=True, full=0),
        Column(name="device", title=draft.word("device"), hidden=True),
    ]
    return panels.rows(draft, f"talkers_{way}", columns, Asked(query), sort="traffic")


def _errors(draft: Draft) -> table.Panel:
    each = Select(columns=(mean().named("errors"),), of=fitting("if_in_errors_per_s"), where=(_AT_GATEWAYS,), by=LINK)
    steps: Steps = (QUIET, ((ERRORS_PER_S.level, FAILED),))
    columns = [
        Column(name="site", title=draft.word("site")),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("port")),
        Column(name="errors", title=draft.word("errors_column"), metric="if_in_errors_per_s", steps=steps),
    ]
    return panels.rows(draft, "errors", columns, Asked(most(each, "errors", _TEN, *LINK)), sort="errors")


def _ports(draft: Draft) -> table.Panel:
    each = Select(columns=(mean().named("traffic"),), of=fitting("if_in_bps"), where=(chosen(Tag.SITE),), by=_PORT)
    columns = [
        Column(
            name="device",
            title=draft.word("device"),
            links=[
                links.to_device(draft, Clicked.ROW, site=Clicked.CHOSEN),
                links.to_board(draft, "device", site=Clicked.CHOSEN.tag(Tag.SITE), device=Clicked.ROW.tag(Tag.DEVICE)),
            ],
        ),
        Column(name="instance", title=draft.word("port")),
        Column(
            name="traffic", title=draft.word("traffic_column"), metric="if_in_bps", steps=(IN, ()), bar=True, full=0
        ),
    ]
    return panels.rows(draft, "ports", columns, Asked(most(each, "traffic", _TEN, *_PORT)), sort="traffic")


def _faults(draft: Draft) -> timeseries.Panel:
    def way(what: str, direction: str, sign: int) -> Asked:
        figure = mean() if sign > 0 else -mean()
        word = f"{what}_{direction}"
        query = trend(f"if_{direction}_{what}_per_s", figure.named(word), *OF_SCHOOL, by=LINK)
        return Asked(query, f"$tag_instance {draft.word(word)}")

    panel = panels.lines(
        draft,
        "faults",
        "if_in_errors_per_s",
        way("errors", "in", 1),
        way("errors", "out", -1),
        way("discards", "in", 1),
        way("discards", "out", -1),
    )
    panels.draw_limits(panel, FAILED, (-ERRORS_PER_S.level, QUIET), (ERRORS_PER_S.level, FAILED))
    return panel.axis_centered_zero(True).decimals(2)


def _optics(draft: Draft) -> timeseries.Panel:
    name = "$tag_device $tag_instance"
    panel = panels.lines(
        draft,
        "optics",
        "optical_rx_dbm",
        Asked(
            trend("optical_rx_dbm", mean().named("rx"), chosen(Tag.SITE), by=_PORT), f"{name} {draft.word('received')}"
        ),
        Asked(trend("optical_tx_dbm", mean().named("tx"), chosen(Tag.SITE), by=_PORT), f"{name} {draft.word('sent')}"),
    )
    panels.draw_limits(panel, FAILED, (LIGHT_WEAK_DBM.level, ATTENTION), (LASER_WEAK_DBM.level, QUIET))
    panel.span_nulls(panels.SLOW_GAP_MS).decimals(1)
    return panel.data_links([links.to_device(draft, Clicked.LINE, site=Clicked.CHOSEN)])
