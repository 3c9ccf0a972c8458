"""Wireless: which air is crowded or noisy, and which radios are off.

Clients are never added up: some access points tell of each network, some of each radio, some of both, and of all together.
"""

from typing import Final

from grafana_foundation_sdk.builders import stat, table, timeseries

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels
from dashboards.appearance import ATTENTION, FAILED, QUIET, Steps, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import Select, call, highest, is_value, newest, trend
from dashboards.limits import AIR_NOISY_DBM, CHANNEL_CROWDED_PERCENT
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import DEVICE, IN_DISTRICT, IN_SCHOOL, SERIES, extreme, over_time, schools, worst_over_time

_NAME: Final = "$tag_device $tag_instance"
_CROWDED: Final[Steps] = (QUIET, ((CHANNEL_CROWDED_PERCENT.level, ATTENTION), (95, FAILED)))
_NOISY: Final[Steps] = (QUIET, ((AIR_NOISY_DBM.level, ATTENTION),))
_ACCESS_POINT: Final = is_value(Tag.KIND, DeviceKind.ACCESS_POINT)
_MOST_ROWS: Final = 50


def wireless(draft: Draft) -> Sheet:
    """Figures and the table are of the schools in `site`, lines of the one in `school`."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (6, extreme(draft, "busiest", "channel_use_percent", "max", _CROWDED).decimals(0)),
                    (6, extreme(draft, "crowd", "wireless_clients", "max", (QUIET, ()))),
                    (6, extreme(draft, "noisiest", "radio_noise_dbm", "max", _NOISY).decimals(0)),
                    (6, _points(draft)),
                ],
            ),
            Row(9, [(12, _clients(draft)), (12, _channels(draft))]),
            Row(9, [(12, _noise(draft)), (12, over_time(draft, "others", "channel_others_percent", _NAME).min(0))]),
            Row(10, [(14, _table(draft)), (10, worst_over_time(draft, "radios", "radio_state", _NAME))]),
        ],
        neighbours=("district-now", "school", "device", "metro-network"),
        console="/devices?kind=access_point",
        variables=schools(draft, "wireless_clients"),  # every access point tells it, not every one how busy its air is
        marks=[marks.alerts(draft, IN_SCHOOL, _ACCESS_POINT), marks.maintenance(draft)],
    )


def _points(draft: Draft) -> stat.Panel:
    each = newest("reachable", "answers", IN_DISTRICT, _ACCESS_POINT, by=DEVICE)
    share = Select(columns=((call("mean", "answers") * 100).named("answers"),), of=each)
    panel = panels.figures(draft, "points", "reachable", Asked(share, draft.name("reachable")))
    steps: Steps = (FAILED, ((90, ATTENTION), (100, QUIET)))
    return panel.unit("percent").decimals(1).mappings([]).thresholds(stepped(steps))


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
    asked = [Asked(newest(metric, name, IN_DISTRICT, by=SERIES)) for name, (metric, _) in metrics.items()]
    to_school = links.to_board(draft, "wireless", school=Clicked.ROW.tag(Tag.SITE))
    to_board = links.to_board(draft, "device", site=Clicked.ROW.tag(Tag.SITE), device=Clicked.ROW.tag(Tag.DEVICE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[to_school, links.to_site(draft, Clicked.ROW)]),
        Column(name="device", title=draft.word("device"), links=[to_board, links.to_device(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("radio")),
        *(
            Column(name=name, title=draft.word(name), metric=metric, steps=steps, bar=name == "use")
            for name, (metric, steps) in metrics.items()
        ),
    ]
    return panels.rows(draft, "table", columns, *asked, sort="use", limit=_MOST_ROWS)
