"""Kitchen compliance: are cold stores, freezers and hot counters within their bands, and for how many hours were they not?

Hours are those of the hourly roll-up: one is out of range when its mean is, which is about what the alert rules wait for. A
hot counter below `HOT_COUNTER_OFF_CEL` is taken to be switched off.
"""

from typing import Final

from grafana_foundation_sdk.builders import table, timeseries

from campus.influx import Field, Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels, standing
from dashboards.appearance import ATTENTION, FAILED, GOOD, QUIET, Steps
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import (
    Condition,
    Select,
    at_least,
    at_most,
    begins,
    below,
    by_hour,
    count,
    either,
    is_one_of,
    is_value,
    newest,
    total,
)
from dashboards.limits import (
    COLD_STORE_FROZEN_CEL,
    COLD_STORE_WARM_CEL,
    FREEZER_WARM_CEL,
    GAS_PERCENT_LEL,
    HOT_COUNTER_COLD_CEL,
)
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import IN_DISTRICT, IN_SCHOOL, SERIES

HOT_COUNTER_OFF_CEL: Final = 40.0
_FREEZER: Final = begins(Tag.INSTANCE, "freezer")
_COLD_STORE: Final = begins(Tag.INSTANCE, "cold-store")
_HOT_COUNTER: Final = begins(Tag.INSTANCE, "hot-holding")
_UNIT: Final = either(_FREEZER, _COLD_STORE, _HOT_COUNTER)
_KITCHEN: Final = is_value(Tag.KIND, DeviceKind.KITCHEN_MONITOR)
_WATCHED: Final = is_one_of(Tag.KIND, (DeviceKind.KITCHEN_MONITOR, DeviceKind.SENSOR))
"""What the rules about these readings are for: sensors of their own count as much as those of a kitchen monitor."""
_FREEZERS: Final[Steps] = (GOOD, ((FREEZER_WARM_CEL.level, FAILED),))
_COLD_STORES: Final[Steps] = (
    ATTENTION,
    ((COLD_STORE_FROZEN_CEL.level, GOOD), (COLD_STORE_WARM_CEL.level, FAILED)),
)
_HOT_COUNTERS: Final[Steps] = (QUIET, ((HOT_COUNTER_OFF_CEL, FAILED), (HOT_COUNTER_COLD_CEL.level, GOOD)))
_GAS: Final[Steps] = (GOOD, ((GAS_PERCENT_LEL.level, FAILED),))
_SOME: Final[Steps] = (GOOD, ((1, ATTENTION),))
_ANY: Final[Steps] = (GOOD, ((1, FAILED),))


def kitchen_compliance(draft: Draft) -> Sheet:
    """For the canteen's manager and the food inspector."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (
                        4,
                        standing.extreme(
                            draft, "warmest_freezer", "temperature_cel", "max", _FREEZERS, _WATCHED, _FREEZER
                        ),
                    ),
                    (
                        4,
                        standing.extreme(
                            draft, "warmest_cold_store", "temperature_cel", "max", _COLD_STORES, _WATCHED, _COLD_STORE
                        ),
                    ),
                    (
                        4,
                        standing.extreme(
                            draft, "coldest_counter", "temperature_cel", "min", _HOT_COUNTERS, _WATCHED, _HOT_COUNTER
                        ),
                    ),
                    (
                        4,
                        standing.extreme(draft, "doors_open", "door_state", "sum", _SOME, _WATCHED, _UNIT).mappings([]),
                    ),
                    (4, standing.extreme(draft, "most_gas", "gas_percent_lel", "max", _GAS, _WATCHED)),
                    (4, standing.extreme(draft, "smoke_now", "smoke_state", "sum", _ANY, _KITCHEN).mappings([])),
                ],
            ),
            Row(9, [(10, _schools(draft)), (14, _hours(draft))]),
            Row(
                9,
                [
                    (8, _band(draft, "freezers", _FREEZER, _FREEZERS)),
                    (8, _band(draft, "cold_stores", _COLD_STORE, _COLD_STORES)),
                    (8, _band(draft, "hot_counters", _HOT_COUNTER, _HOT_COUNTERS)),
                ],
            ),
            Row(
                7,
                [
                    (
                        9,
                        standing.worst_over_time(
                            draft, "doors_over_time", "door_state", "$tag_device $tag_instance", _UNIT
                        ),
                    ),
                    (9, _gas(draft)),
                    (6, standing.worst_over_time(draft, "smoke_over_time", "smoke_state", "$tag_device", _KITCHEN)),
                ],
            ),
        ],
        neighbours=("district-now", "school", "power-environment", "cameras"),
        console="/alerts",
        variables=standing.schools(draft, "gas_percent_lel"),
        marks=[marks.alerts(draft, IN_DISTRICT, _KITCHEN), marks.maintenance(draft, of_site=True)],
        span="now-7d",
    )


def _schools(draft: Draft) -> table.Panel:
    """Hours of all units of each school, as the controller counts them hour by hour."""
    asked = [
        Asked(
            Select(columns=(total(Field.MEAN).named(name),), of=by_hour(metric), where=(IN_DISTRICT,), by=(Tag.SITE,))
        )
        for name, metric in (
            ("measured", "school_kitchen_units_measured"),
            ("within", "school_kitchen_units_within"),
        )
    ]
    school = links.to_board(draft, "kitchen-compliance", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[school, links.to_site(draft, Clicked.ROW)]),
        *_hours_columns(draft),
    ]
    return _judged(panels.rows(draft, "schools", columns, *asked))


def _hours_columns(draft: Draft) -> list[Column]:
    return [
        Column(name="measured", title=draft.word("measured"), unit="suffix:h"),
        Column(name="within", title=draft.word("within"), unit="suffix:h"),
        Column(name="outside", title=draft.word("outside"), unit="suffix:h", steps=(GOOD, ((1, FAILED),))),
        Column(name="compliance", title=draft.word("compliance"), unit="percentunit"),
    ]


def _judged(panel: table.Panel) -> table.Panel:
    """Out of range is what was measured less what was within: so what was never out has a 0 and not a gap."""
    standing.calculated(panel, "outside", "measured", "-", "within")
    standing.calculated(panel, "compliance", "within", "/", "measured")
    return standing.sorted_by(panel, "outside", falling=True)


def _hours(draft: Draft) -> table.Panel:
    """Each unit of the school in detail."""
    within = (
        (_FREEZER, at_most(Field.MEAN, FREEZER_WARM_CEL.level)),
        (
            _COLD_STORE,
            at_most(Field.MEAN, COLD_STORE_WARM_CEL.level),
            at_least(Field.MEAN, COLD_STORE_FROZEN_CEL.level),
        ),
        (
            _HOT_COUNTER,
            either(at_least(Field.MEAN, HOT_COUNTER_COLD_CEL.level), below(Field.MEAN, HOT_COUNTER_OFF_CEL)),
        ),
    )
    asked = [
        Asked(newest("temperature_cel", "now", IN_SCHOOL, _WATCHED, _UNIT, by=SERIES)),
        Asked(_hours_of("measured", _UNIT)),
        *(Asked(_hours_of("within", *conditions)) for conditions in within),
    ]
    columns = [
        Column(name="site", title=draft.word("site"), hidden=True),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="instance", title=draft.word("unit")),
        Column(name="now", title=draft.word("now"), metric="temperature_cel"),
        *_hours_columns(draft),
    ]
    return _judged(panels.rows(draft, "hours", columns, *asked))


def _hours_of(alias: str, *where: Condition) -> Select:
    """So many hours of each unit have a mean for which this holds."""
    return Select(
        columns=(count(Field.MEAN).named(alias),),
        of=by_hour("temperature_cel"),
        where=(IN_SCHOOL, _WATCHED, *where),
        by=SERIES,
    )


def _band(draft: Draft, key: str, unit: Condition, steps: Steps) -> timeseries.Panel:
    panel = standing.over_time(draft, key, "temperature_cel", "$tag_device $tag_instance", _WATCHED, unit)
    return panels.draw_limits(panel, steps[0], *steps[1])


def _gas(draft: Draft) -> timeseries.Panel:
    panel = standing.over_time(draft, "gas_over_time", "gas_percent_lel", "$tag_device", _WATCHED)
    return panels.draw_limits(panel, _GAS[0], *_GAS[1])
