"""The rows of each minute, from what was measured last and what the services say. Pure but for what it reads."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.ids import Instance, MetricId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert
from controller.capacity.model import LinkPercentiles
from controller.gauges.model import (
    BOARD_USE,
    LINK_CAPACITY,
    LINK_IN_P95,
    LINK_IN_USE,
    LINK_OUT_P95,
    LINK_OUT_USE,
    SCHOOL,
    SCHOOL_ALERTS,
    SCHOOL_BOARDS,
    SCHOOL_DEVICES,
    SCHOOL_SILENT,
    SCHOOL_UNREACHABLE,
    WHOLE,
    Matrix,
    Table,
)
from controller.gauges.places import Places
from controller.gauges.sight import Newest, Sight
from controller.ingest.model import Made
from controller.store.port import DistrictSeries, SampleStore, Times, Values
from controller.utilisation.model import HourUse

FRESH_MS: Final = 5 * 60_000
"""A number older than this does not say how it is; as pages have it."""
HEARD_MS: Final = 15 * 60_000
"""What a device said of itself counts for so long; then it is unknown, as pages have it."""
LONG_MS: Final = 86_400_000
SEVERITIES: Final = tuple(Severity)
ON: Final = 2
"""`power_state` on, as `controller.utilisation.rules` has it."""


def devices(places: Places, store: SampleStore, sight: Sight) -> list[Table]:
    """How many devices each school has, and how many of them do not answer."""
    asked = store.find_ids(metric=MetricId("reachable"), instance=WHOLE)
    names = store.series_columns()
    asked = asked[names.device[asked] < len(places.school)]
    is_down = sight.newest(asked, HEARD_MS).value == 0
    count = np.repeat(places.devices[:, None], len(sight.instants), axis=1)
    return [
        Table(places.of_schools(SCHOOL, SCHOOL_DEVICES), count),
        Table(places.of_schools(SCHOOL, SCHOOL_UNREACHABLE), places.by_school(names.device[asked], is_down)),
    ]


def boards_in_use(places: Places, store: SampleStore, sight: Sight) -> Table:
    """The share of each school's boards in use, of those whose state is known; use is what the reports call use."""
    names = store.series_columns()

    def of_boards(metric: str) -> tuple[NDArray[np.int32], Newest]:
        ids = places.series_of(store, MetricId(metric), DeviceKind.BOARD)
        return names.device[ids], sight.newest(ids, FRESH_MS)

    device, power = of_boards("power_state")
    is_known, is_on = ~np.isnan(power.value), power.value == ON
    seat = np.full(len(places.school), -1)
    seat[device] = np.arange(len(device))
    is_active = np.zeros(is_on.shape, np.bool_)
    for metric in ("touch_per_min", "input_state"):
        those, told = of_boards(metric)
        mine = seat[those] >= 0
        np.logical_or.at(is_active, seat[those[mine]], told.value[mine] > 0)
    known = places.by_school(device, is_known)
    used = places.by_school(device, is_on & is_active)
    share = np.divide(100 * used, known, out=np.full(known.shape, np.nan), where=known > 0)
    return Table(places.of_schools(SCHOOL, SCHOOL_BOARDS), share)


def links(places: Places, store: SampleStore, sight: Sight) -> list[Table]:
    """What each uplink may carry, and how much of that it does."""

    def newest(metric: str, fresh_ms: int) -> Matrix:
        ids = store.ids_of(places.of_links(MetricId(metric)))
        found = np.full((len(ids), len(sight.instants)), np.nan)
        found[ids >= 0] = sight.newest(ids[ids >= 0], fresh_ms).value
        return found

    contracted = np.array([each.capacity_bps for each in places.links]).reshape(-1, 1)
    capacity = np.where(contracted > 0, contracted, newest("if_speed_bps", LONG_MS))
    capacity[capacity <= 0] = np.nan
    return [
        Table(places.of_links(LINK_CAPACITY), capacity),
        Table(places.of_links(LINK_IN_USE), 100 * newest("if_in_bps", FRESH_MS) / capacity),
        Table(places.of_links(LINK_OUT_USE), 100 * newest("if_out_bps", FRESH_MS) / capacity),
    ]


def silent(places: Places, heard_at: Mapping[SiteId, int], now: int) -> Table:
    """For how long nothing was heard of the agent of each school that was ever heard; of several, of the last heard."""
    heard = np.array([heard_at.get(site, 0) for site in places.sites], np.float64)
    since = np.where(heard > 0, np.maximum(now - heard, 0) / 1000, np.nan)
    return Table(places.of_schools(SCHOOL, SCHOOL_SILENT), since.reshape(-1, 1))


def silent_then(places: Places, store: SampleStore, sight: Sight, speaking: Sequence[DistrictSeries]) -> Table:
    """As `silent`, of the past: while any series of `speaking` has samples, its school's agent was heard."""
    ids = store.ids_of(speaking)
    number_of = {site: number for number, site in enumerate(places.sites)}
    heard = np.zeros((len(places.sites), len(sight.instants)))
    place = np.array([number_of.get(name.site, -1) for name in speaking], np.int64)
    is_known = (ids >= 0) & (place >= 0)
    np.maximum.at(heard, place[is_known], sight.newest(ids[is_known], LONG_MS).measured_at)
    since = np.where(heard > 0, (sight.instants[None, :] - heard) / 1000, np.nan)
    return Table(places.of_schools(SCHOOL, SCHOOL_SILENT), since)


def alerts(places: Places, open_: Mapping[tuple[SiteId, Severity], int]) -> Table:
    """Open alerts of each school that stand for themselves, by severity."""
    counts = [[float(open_.get((site, severity), 0))] for site in places.sites for severity in SEVERITIES]
    return Table(places.of_schools(SCHOOL, SCHOOL_ALERTS, SEVERITIES), np.array(counts).reshape(-1, 1))


def alerts_then(places: Places, told: Sequence[Alert], instants: Times) -> Table:
    """As `alerts`, of the past."""
    names = places.of_schools(SCHOOL, SCHOOL_ALERTS, SEVERITIES)
    row_of = {(name.site, name.instance): row for row, name in enumerate(names)}
    counts = np.zeros((len(names), len(instants)))
    for each in told:
        row = row_of.get((each.site, Instance(each.severity)))
        if row is not None:
            counts[row] += (instants >= each.opened_at) & ((instants < each.cleared_at) | (each.cleared_at == 0))
    return Table(names, counts)


def links_p95(uses: Sequence[LinkPercentiles], instants: Times) -> list[Table]:
    """The percentiles of each link, by instant."""

    def table(metric: MetricId, rows: Sequence[Values]) -> Table:
        names = [DistrictSeries(use.link.site, use.link.device, metric, Instance(use.link.instance)) for use in uses]
        return Table(names, np.array(rows).reshape(len(names), len(instants)))

    return [
        table(LINK_IN_P95, [use.inbound for use in uses]),
        table(LINK_OUT_P95, [use.outbound for use in uses]),
    ]


def boards_use(uses: Sequence[HourUse]) -> Made:
    """The used share of each board and hour."""
    number_of = {key: number for number, key in enumerate(dict.fromkeys((use.site, use.device) for use in uses))}
    return Made(
        [DistrictSeries(*key, BOARD_USE, WHOLE) for key in number_of],
        np.array([number_of[use.site, use.device] for use in uses], np.int32),
        np.array([use.at for use in uses], np.int64),
        np.array([100 * use.share for use in uses], np.float64),
    )
