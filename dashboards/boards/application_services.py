"""Application services: which are down, from which schools, and is it the service or the way to it?"""

from typing import Final

from grafana_foundation_sdk.builders import stat, table, timeseries

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels, standing
from dashboards.appearance import ATTENTION, CALM, FAILED, GOOD, QUIET, Steps, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import TagValues, chosen, highest, is_value, mean, newest, over, raw, trend
from dashboards.limits import PATH_LOSSY_PERCENT, PATH_SLOW_MS, SCHOOL_BELOW_TARGET_BPS
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import IN_DISTRICT, SERIES, how_many, in_state
from dashboards.variables import tag_values

_SERVICE: Final = (Tag.INSTANCE,)
_AGENT: Final = is_value(Tag.KIND, DeviceKind.AGENT)
_CHOSEN: Final = chosen(Tag.INSTANCE, "service")
_CERTIFICATE: Final[Steps] = (FAILED, ((7, ATTENTION), (21, GOOD)))
"""21 days are what the controller's own settings begin with, for its rule certificate-expiring."""
_LOSS: Final[Steps] = (GOOD, ((PATH_LOSSY_PERCENT.level, FAILED),))
_DELAY: Final[Steps] = (GOOD, ((PATH_SLOW_MS.level, FAILED),))
_DOWN: Final[Steps] = (FAILED, ((SCHOOL_BELOW_TARGET_BPS.level, GOOD),))
_SHADE: Final[Steps] = (CALM, ((1.5, ATTENTION), (2.5, FAILED)))
"""Of `service_state`: 1 is up, 2 slow, all above is down."""
_WORST: Final = 50
_LEGEND: Final = "$tag_instance"


def application_services(draft: Draft) -> Sheet:
    """For whoever is told that a teaching platform does not open."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (6, _up(draft)),
                    (6, standing.extreme(draft, "slowest", "service_response_ms", "max", (QUIET, ()))),
                    (6, standing.extreme(draft, "certificate", "tls_days_left", "min", _CERTIFICATE)),
                    (6, standing.extreme(draft, "most_loss", "path_loss_percent", "max", _LOSS)),
                ],
            ),
            Row(8, [(12, _services(draft)), (12, _answers(draft))]),
            Row(9, [(12, _wall(draft)), (12, _ways(draft))]),
            Row(
                8,
                [
                    (12, standing.worst_over_time(draft, "services_over_time", "service_state", _LEGEND)),
                    (12, standing.over_time(draft, "answers_in_school", "service_response_ms", _LEGEND)),
                ],
            ),
            Row(
                7,
                [
                    (6, standing.worst_over_time(draft, "ways_over_time", "path_state", _LEGEND)),
                    (6, _drawn(draft, "losses", "path_loss_percent", _LOSS)),
                    (6, _drawn(draft, "delays", "path_delay_ms", _DELAY)),
                    (6, _measured(draft)),
                ],
            ),
        ],
        neighbours=("district-now", "metro-network", "school", "campanile"),
        console="/services",
        variables=[
            *standing.schools(draft, "service_state"),
            tag_values(draft, "service", TagValues(key=Tag.INSTANCE, of=raw("service_state"), where=(IN_DISTRICT,))),
        ],
        marks=[marks.alerts(draft, IN_DISTRICT, _AGENT), marks.maintenance(draft, of_site=True)],
    )


def _up(draft: Draft) -> stat.Panel:
    good = how_many("service_state", IN_DISTRICT, are=in_state("service_state", "up"), by=SERIES)
    return standing.share_of(draft, "up", "service_state", good, how_many("service_state", IN_DISTRICT, by=SERIES))


def _services(draft: Draft) -> table.Panel:
    """One line for each service, over all chosen schools."""
    response = newest("service_response_ms", "answer", IN_DISTRICT, by=SERIES)
    days = newest("tls_days_left", "days", IN_DISTRICT, by=SERIES)
    up = in_state("service_state", "up")
    asked = [
        Asked(how_many("service_state", IN_DISTRICT, by=SERIES, each=_SERVICE, named="schools")),
        Asked(how_many("service_state", IN_DISTRICT, are=up, by=SERIES, each=_SERVICE, named="up")),
        Asked(over(response, "mean", "answer", by=_SERVICE, named="usual")),
        Asked(over(response, "max", "answer", by=_SERVICE, named="slowest")),
        Asked(over(days, "min", "days", by=_SERVICE)),
    ]
    service = links.to_page(draft, f"/services/{Clicked.ROW.tag(Tag.INSTANCE)}", "open_service")
    here = links.to_board(draft, "application-services", service=Clicked.ROW.tag(Tag.INSTANCE))
    columns = [
        Column(name="instance", title=draft.word("service"), links=[here, service]),
        Column(name="schools", title=draft.word("schools")),
        Column(name="up", title=draft.word("up_in")),
        Column(name="missing", title=draft.word("missing"), steps=(GOOD, ((1, FAILED),))),
        Column(name="usual", title=draft.word("usual"), metric="service_response_ms"),
        Column(name="slowest", title=draft.word("slowest"), metric="service_response_ms"),
        Column(name="days", title=draft.word("days"), metric="tls_days_left", steps=_CERTIFICATE),
    ]
    panel = standing.calculated(panels.rows(draft, "services", columns, *asked), "missing", "schools", "-", "up")
    return standing.sorted_by(panel, "missing", falling=True)


def _answers(draft: Draft) -> timeseries.Panel:
    """The mean of all schools for each service, and the slowest school of the service chosen, in the whole district."""
    usual = trend("district_service_response_ms", mean().named("usual"), by=_SERVICE)
    slowest = trend("district_service_response_most_ms", highest().named("slowest"), _CHOSEN, by=_SERVICE)
    asked = [Asked(usual, _LEGEND), Asked(slowest, f"{_LEGEND} {draft.word('slowest')}")]
    return panels.lines(draft, "answers", "service_response_ms", *asked)


def _wall(draft: Draft) -> stat.Panel:
    query = newest("service_state", "state", IN_DISTRICT, _CHOSEN, by=(Tag.SITE,))
    panel = panels.tiles(draft, "wall", "service_state", Asked(query, "$tag_site")).thresholds(stepped(_SHADE))
    here = links.to_board(draft, "application-services", school=Clicked.LINE.tag(Tag.SITE))
    return panel.data_links([here, links.to_site(draft, Clicked.LINE)])


def _ways(draft: Draft) -> table.Panel:
    tags = (Tag.SITE, Tag.INSTANCE)
    asked = [
        Asked(newest("path_state", "state", IN_DISTRICT, by=tags)),
        Asked(newest("path_loss_percent", "loss", IN_DISTRICT, by=tags)),
        Asked(newest("path_delay_ms", "delay", IN_DISTRICT, by=tags)),
        Asked(newest("path_jitter_ms", "jitter", IN_DISTRICT, by=tags)),
    ]
    here = links.to_board(draft, "application-services", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[here, links.to_link(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("target")),
        Column(name="state", title=draft.name("path_state"), metric="path_state"),
        Column(name="loss", title=draft.name("path_loss_percent"), metric="path_loss_percent", steps=_LOSS),
        Column(name="delay", title=draft.word("delay"), metric="path_delay_ms", steps=_DELAY),
        Column(name="jitter", title=draft.word("jitter"), metric="path_jitter_ms"),
    ]
    return panels.rows(draft, "ways", columns, *asked, sort="loss", limit=_WORST)


def _drawn(draft: Draft, key: str, metric: str, steps: Steps) -> timeseries.Panel:
    return panels.draw_limits(standing.over_time(draft, key, metric, _LEGEND), steps[0], *steps[1])


def _measured(draft: Draft) -> timeseries.Panel:
    """Measured now and then only, so points and not a line with gaps."""
    panel = standing.over_time(draft, "measured", "path_down_bps", draft.word("downwards"), by=(Tag.SITE, Tag.DEVICE))
    return panels.draw_limits(panel, _DOWN[0], *_DOWN[1]).span_nulls(panels.HOURLY_GAP_MS)
