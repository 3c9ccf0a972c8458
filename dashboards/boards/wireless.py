"""Wireless: which air is crowded or noisy, and which radios are off.

Clients are never added up: some access points tell of each network, some of each radio, some of both, and of all together.
"""

from typing import Final

from grafana_foundation_sdk.builders import table, timeseries

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels
from dashboards.appearance import ATTENTION, FAILED, QUIET, Steps
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import highest, is_value, newest, trend
from dashboards.limits import AIR_NOISY_DBM, CHANNEL_CROWDED_PERCENT
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import IN_SCHOOL, SERIES, counted, extreme, of_schools, over_time, schools, worst_over_time

_NAME: Final = "$tag_device $tag_instance"
_CROWDED: Final[Steps] = (QUIET, ((CHANNEL_CROWDED_PERCENT.level, ATTENTION), (95, FAILED)))
_NOISY: Final[Steps] = (QUIET, ((AIR_NOISY_DBM.level, ATTENTION),))
_ACCESS_POINT: Final = is_value(Tag.KIND, DeviceKind.ACCESS_POINT)
_SITE: Final = (Tag.SITE,)


def wireless(draft: Draft) -> Sheet:
    """Figures and schools are those in `site`; lines and radios are of the one in `school`."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (
                        6,
                        extreme(
                            draft, "busiest", "school_channel_use_most_percent", "max", _CROWDED, by=_SITE
                        ).decimals(0),
                    ),
                    (6, extreme(draft, "crowd", "school_wireless_clients_most", "max", (QUIET, ()), by=_SITE)),
                    (6, extreme(draft, "noisiest", "school_radio_noise_most_dbm", "max", _NOISY, by=_SITE).decimals(0)),
                    (6, counted(draft, "points", "school_access_points", "school_access_points_answering")),
                ],
            ),
            Row(9, [(12, _clients(draft)), (12, _channels(draft))]),
            Row(9, [(12, _noise(draft)), (12, over_time(draft, "others", "channel_others_percent", _NAME).min(0))]),
            Row(10, [(24, _schools(draft))]),
            Row(10, [(14, _table(draft)), (10, worst_over_time(draft, "radios", "radio_state", _NAME))]),
        ],
        neighbours=("district-now", "school", "device", "metro-network"),
        console="/devices?kind=access_point",
        variables=schools(
            draft, "school_wireless_clients_most"
        ),  # every access point tells its clients, not every one its air
        marks=[marks.alerts(draft, IN_SCHOOL, _ACCESS_POINT), marks.maintenance(draft)],
    )


def _schools(draft: Draft) -> table.Panel:
    """The worst of each school, the most crowded first."""
    metrics: dict[str, tuple[str, Steps | None]] = {
        "use": ("school_channel_use_most_percent", _CROWDED),
        "noise": ("school_radio_noise_most_dbm", _NOISY),
        "clients": ("school_wireless_clients_most", None),
        "points": ("school_access_points", None),
        "answering": ("school_access_points_answering", None),
    }
    here = links.to_board(draft, "wireless", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[here, links.to_site(draft, Clicked.ROW)]),
        *(
            Column(name=name, title=draft.word(name), metric=metric, steps=steps, bar=name == "use")
            for name, (metric, steps) in metrics.items()
        ),
    ]
    asked = [Asked(of_schools(metric, name)) for name, (metric, _) in metrics.items()]
    return panels.rows(draft, "schools", columns, *asked, sort="use")


def _clients(draft: Draft) -> timeseries.Panel:
    query = trend("wireless_clients", highest().named("clients"), IN_SCHOOL, by=SERIES)
    panel = panels.lines(draft, "clients", "wireless_clients", Asked(query, _NAME)).min(0)
    return panel.data_links([links.to_device(draft, Clicked.LINE)])


def _channels(draft: Draft) -> timeseries.Panel:
    panel = over_time(draft, "channels", "channel_use_percent", _NAME).min(0).max(100)
    return panels.draw_limits(panel, QUIET, (CHANNEL_CROWDED_PERCENT.level, ATTENTION))


def _noise(draft: Draft) -> timeseries.Panel:
    panel = over_time(draft, "noise", "radio_noise_dbm", _NAME).axis_soft_max(AIR_NOISY_DBM.level + 2)
    panel.span_nulls(panels.SLOW_GAP_MS)
    return panels.draw_limits(panel, QUIET, (AIR_NOISY_DBM.level, ATTENTION))


def _table(draft: Draft) -> table.Panel:
    metrics = {
        "use": ("channel_use_percent", _CROWDED),
        "noise": ("radio_noise_dbm", _NOISY),
        "power": ("radio_power_dbm", None),
    }
    asked = [Asked(newest(metric, name, IN_SCHOOL, by=SERIES)) for name, (metric, _) in metrics.items()]
    to_board = links.to_board(draft, "device", site=Clicked.ROW.tag(Tag.SITE), device=Clicked.ROW.tag(Tag.DEVICE))
    columns = [
        Column(name="site", title=draft.word("site"), hidden=True),
        Column(name="device", title=draft.word("device"), links=[to_board, links.to_device(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("radio")),
        *(
            Column(name=name, title=draft.word(name), metric=metric, steps=steps, bar=name == "use")
            for name, (metric, steps) in metrics.items()
        ),
    ]
    return panels.rows(draft, "table", columns, *asked, sort="use")
