"""How many of a school's things are as they should be, and the worst of its readings, so that a picture of 800 schools need
not read every camera and every radio. What `COUNTS` and `EXTREMES` say of a school is what asking its series would say.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import MetricId
from campus.metrics import catalogue
from campus.samples import DeviceKind
from controller.gauges.measuring import HEARD_MS
from controller.gauges.model import SCHOOL, Matrix, Table
from controller.gauges.places import Places
from controller.gauges.sight import Newest, Sight
from controller.store.port import SampleStore

STANDING_MS: Final = 3_600_000
"""A state counts for so long after it was read: four times as long as the rarest are asked for."""


class Count(NamedTuple):
    """How many series of a metric each school has, and how many of them are in one of the states `good`."""

    every: str
    fine: str
    metric: str
    good: tuple[str, ...]
    kind: DeviceKind | None = None
    fine_ms: int = STANDING_MS
    """What was read longer ago is not fine."""
    with_unheard: bool = False
    """Whether all count that were ever read, not only those read within the hour."""


class Extreme(NamedTuple):
    """The worst of the newest readings of each school, as `worst` has it: the highest or the lowest."""

    name: str
    metric: str
    worst: Callable[..., None]


COUNTS: Final = (
    # At night a picture is dark without fault.
    Count("school_pictures", "school_pictures_fine", "picture_state", ("ok", "dark")),
    Count("school_streams", "school_streams_fine", "stream_state", ("ok",)),
    Count("school_recordings", "school_recordings_running", "recording_state", ("recording",)),
    Count("school_recorder_channels", "school_recorder_channels_online", "channel_state", ("online",)),
    # As pages have it: what has not been heard of for a while does not answer, and is there all the same.
    Count(
        "school_access_points",
        "school_access_points_answering",
        "reachable",
        ("yes",),
        DeviceKind.ACCESS_POINT,
        fine_ms=HEARD_MS,
        with_unheard=True,
    ),
)
EXTREMES: Final = (
    Extreme("school_recording_days_least", "recording_days", np.minimum.at),
    Extreme("school_channel_use_most_percent", "channel_use_percent", np.maximum.at),
    Extreme("school_radio_noise_most_dbm", "radio_noise_dbm", np.maximum.at),
    Extreme("school_wireless_clients_most", "wireless_clients", np.maximum.at),
)


def schools(places: Places, store: SampleStore, sight: Sight) -> list[Table]:
    """A row for each school and figure, unknown where the school has nothing of it. Nothing read lately is a count of 0: a
    school that fell silent would else be shown with its last count, of the few devices that were read last."""
    found = [table for count in COUNTS for table in _counted(count, places, store, sight)]
    return found + [_extreme(each, places, store, sight) for each in EXTREMES]


def _counted(count: Count, places: Places, store: SampleStore, sight: Sight) -> Sequence[Table]:
    device, newest = _newest(count.metric, count.kind, places, store, sight)
    is_recent = newest.measured_at >= sight.instants[None, :] - count.fine_ms
    numbers = [state.value for state in catalogue()[MetricId(count.metric)].states if state.name in count.good]
    has_any = np.bincount(places.school[device], minlength=len(places.sites)).reshape(-1, 1) > 0
    every = places.by_school(device, (newest.measured_at > 0) | count.with_unheard)
    fine = places.by_school(device, np.isin(newest.value, numbers) & is_recent)
    return [
        Table(places.of_schools(SCHOOL, MetricId(name)), np.where(has_any, those, np.nan))
        for name, those in ((count.every, every), (count.fine, fine))
    ]


def _extreme(extreme: Extreme, places: Places, store: SampleStore, sight: Sight) -> Table:
    device, newest = _newest(extreme.metric, None, places, store, sight)
    return Table(places.of_schools(SCHOOL, MetricId(extreme.name)), _worst(extreme, places, device, newest.value))


def _worst(extreme: Extreme, places: Places, device: NDArray[np.int32], value: Matrix) -> Matrix:
    nothing = np.inf if extreme.worst == np.minimum.at else -np.inf
    found = np.full((len(places.sites), value.shape[1]), nothing)
    extreme.worst(found, places.school[device], np.where(np.isnan(value), nothing, value))
    return np.where(np.isinf(found), np.nan, found)


def _newest(
    metric: str, kind: DeviceKind | None, places: Places, store: SampleStore, sight: Sight
) -> tuple[NDArray[np.int32], Newest]:
    """Of the series of a metric at schools, of one kind of devices or of all: the device of each, and what it said last."""
    ids = places.series_of(store, MetricId(metric), *([kind] if kind else []))
    return store.series_columns().device[ids], sight.newest(ids, STANDING_MS)
