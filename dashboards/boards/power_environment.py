"""Power and environment: what stands behind the mains, and is the air in rooms fit for people and for machines?"""

from typing import Final

from grafana_foundation_sdk.builders import table, timeseries
from grafana_foundation_sdk.builders.dashboard import QueryVariable

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels, standing
from dashboards.appearance import ATTENTION, FAILED, GOOD, QUIET, Steps
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import Select, TagValues, chosen, is_one_of, is_value, newest, raw
from dashboards.limits import (
    AIR_STALE_PPM,
    BATTERY_LOW_PERCENT,
    NETWORK_ROOM_DAMP_PERCENT,
    NETWORK_ROOM_HOT_CEL,
    UPS_OVERLOADED_PERCENT,
)
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import DEVICE, IN_DISTRICT, SERIES, how_many, in_state
from dashboards.variables import tag_values

_UPS: Final = is_value(Tag.KIND, DeviceKind.UPS)
_ROOM: Final = is_value(Tag.KIND, DeviceKind.SENSOR)
_MARKED: Final = is_one_of(Tag.KIND, (DeviceKind.UPS, DeviceKind.SENSOR))
_CHARGE: Final[Steps] = (FAILED, ((BATTERY_LOW_PERCENT.level, GOOD),))
_LOAD: Final[Steps] = (GOOD, ((UPS_OVERLOADED_PERCENT.level, FAILED),))
_RUNTIME: Final[Steps] = (FAILED, ((300, ATTENTION), (900, GOOD)))
"""Five minutes are what a person needs to come (rule ups-runtime-short); a healthy UPS of a network room has fifteen."""
_HEAT: Final[Steps] = (QUIET, ((NETWORK_ROOM_HOT_CEL.level, FAILED),))
_DAMP: Final[Steps] = (QUIET, ((NETWORK_ROOM_DAMP_PERCENT.level, FAILED),))
_AIR: Final[Steps] = (GOOD, ((1500, ATTENTION), (AIR_STALE_PPM.level, FAILED)))
"""1500 ppm are what GB/T 17226 allows in classrooms."""
_LEAK: Final[Steps] = (GOOD, ((1, FAILED),))
_IN_ROOMS: Final = chosen(Tag.SITE, "rooms")
_SENSED: Final = ("temperature_cel", "humidity_percent", "co2_ppm", "leak_state")
_WORST: Final = 50
_LEGEND: Final = "$tag_device"
_PLACE: Final = "$tag_device $tag_instance"


def power_environment(draft: Draft) -> Sheet:
    """For whoever answers for network rooms and classrooms' air."""
    fit = standing.share_of(
        draft,
        "mains",
        "ups_source_state",
        how_many("ups_source_state", IN_DISTRICT, _UPS, are=in_state("ups_source_state", "normal")),
        how_many("ups_source_state", IN_DISTRICT, _UPS),
    )
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (5, fit),
                    (4, standing.extreme(draft, "lowest_charge", "battery_percent", "min", _CHARGE, _UPS)),
                    (4, standing.extreme(draft, "shortest_runtime", "battery_runtime_s", "min", _RUNTIME, _UPS)),
                    (4, standing.extreme(draft, "highest_load", "load_percent", "max", _LOAD, _UPS)),
                    (4, standing.extreme(draft, "stalest_air", "co2_ppm", "max", _AIR)),
                    (3, standing.extreme(draft, "leaks", "leak_state", "sum", _LEAK).mappings([])),
                ],
            ),
            Row(10, [(14, _supplies(draft)), (10, _rooms(draft))]),
            Row(
                8,
                [
                    (8, standing.worst_over_time(draft, "sources", "ups_source_state", _LEGEND, _UPS, by=DEVICE)),
                    (8, _drawn(draft, "charges", "battery_percent", _CHARGE)),
                    (8, _drawn(draft, "loads", "load_percent", _LOAD)),
                ],
            ),
            Row(
                8,
                [
                    (7, _in_rooms(draft, "temperatures", "temperature_cel", _HEAT)),
                    (6, _in_rooms(draft, "humidities", "humidity_percent", _DAMP)),
                    (6, _in_rooms(draft, "carbon_dioxide", "co2_ppm", _AIR)),
                    (5, standing.worst_over_time(draft, "leaks_over_time", "leak_state", _PLACE, school=_IN_ROOMS)),
                ],
            ),
        ],
        neighbours=("district-now", "school", "device", "kitchen-compliance"),
        console="/alerts",
        variables=[*standing.schools(draft, "ups_source_state"), _schools_with_sensors(draft)],
        marks=[marks.alerts(draft, IN_DISTRICT, _MARKED), marks.maintenance(draft, of_site=True)],
    )


def _schools_with_sensors(draft: Draft) -> QueryVariable:
    """A variable of its own: every school has a UPS, and few have sensors in their rooms."""
    found = TagValues(key=Tag.SITE, of=raw(*_SENSED), where=(IN_DISTRICT, _ROOM))
    return tag_values(draft, "rooms", found)


def _supplies(draft: Draft) -> table.Panel:
    asked = [
        Asked(_reading("ups_source_state", "source")),
        Asked(_reading("battery_percent", "charge")),
        Asked(_reading("battery_runtime_s", "runtime")),
        Asked(_reading("load_percent", "load")),
        Asked(_reading("battery_state", "battery")),
    ]
    school = links.to_board(draft, "power-environment", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[school, links.to_site(draft, Clicked.ROW)]),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="source", title=draft.name("ups_source_state"), metric="ups_source_state"),
        Column(name="charge", title=draft.name("battery_percent"), metric="battery_percent", steps=_CHARGE),
        Column(name="runtime", title=draft.name("battery_runtime_s"), metric="battery_runtime_s", steps=_RUNTIME),
        Column(name="load", title=draft.name("load_percent"), metric="load_percent", steps=_LOAD),
        Column(name="battery", title=draft.name("battery_state"), metric="battery_state"),
    ]
    return standing.sorted_by(panels.rows(draft, "supplies", columns, *asked), "runtime", falling=False)


def _reading(metric: str, alias: str) -> Select:
    """Of a UPS as a whole, whichever of its outputs said it last."""
    return newest(metric, alias, IN_DISTRICT, _UPS, by=DEVICE)


def _rooms(draft: Draft) -> table.Panel:
    tags = (Tag.SITE, Tag.DEVICE, Tag.ROOM)
    inner = newest("temperature_cel", "warmth", IN_DISTRICT, _ROOM, by=tags)
    columns = [
        Column(name="site", title=draft.word("site"), links=[links.to_site(draft, Clicked.ROW)]),
        Column(name="room", title=draft.word("room")),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="warmth", title=draft.name("temperature_cel"), metric="temperature_cel", steps=_HEAT, width=90),
    ]
    panel = panels.rows(draft, "rooms", columns, Asked(standing.most(inner, "warmth", _WORST, *tags)))
    return standing.sorted_by(panel, "warmth", falling=True)


def _drawn(draft: Draft, key: str, metric: str, steps: Steps) -> timeseries.Panel:
    return panels.draw_limits(standing.over_time(draft, key, metric, _PLACE, _UPS), steps[0], *steps[1])


def _in_rooms(draft: Draft, key: str, metric: str, steps: Steps) -> timeseries.Panel:
    tags = (*SERIES, Tag.ROOM)
    legend = "$tag_room $tag_device $tag_instance"
    panel = standing.over_time(draft, key, metric, legend, _ROOM, by=tags, school=_IN_ROOMS)
    return panels.draw_limits(panel, steps[0], *steps[1])
