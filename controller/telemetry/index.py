"""What was measured last, by device: whole columns over the store's series, no object for any of them. Pure."""

import numpy as np

from campus.metrics import made_by_centre
from controller.store.port import Ids, Latest, SeriesColumns
from controller.telemetry.model import DevicesNow


def devices_now(names: SeriesColumns, ids: Ids, latest: Latest, asked: Ids, answers: Latest) -> DevicesNow:
    """The columns of the devices that `ids` are of; `asked` are the series that tell whether a device answers.

    What the controller makes itself says nothing of a device: one that fell silent would be heard for ever. `names` are
    those of all series from the first; `latest` and `answers` are aligned with `ids` and `asked`.
    """
    is_measured = np.array([metric not in made_by_centre() for metric in names.metrics], np.bool_)[names.metric[ids]]
    ids, measured_at = ids[is_measured], latest.measured_at[is_measured]
    newest_at = np.zeros(len(names.devices), np.int64)
    reachable_at = np.zeros(len(names.devices), np.int64)
    reachable = np.full(len(names.devices), np.nan)
    np.maximum.at(newest_at, names.device[ids], measured_at)
    reachable_at[names.device[asked]] = answers.measured_at
    reachable[names.device[asked]] = answers.value
    measured = np.flatnonzero(newest_at)
    devices = [names.devices[number] for number in measured.tolist()]
    return DevicesNow(devices, newest_at[measured], reachable_at[measured], reachable[measured])
