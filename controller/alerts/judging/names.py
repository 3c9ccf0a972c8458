"""Names of series as columns of word numbers. All columns here begin at series 0. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.layers import Numbers
from controller.store.port import DistrictSeries, Ids, SeriesColumns

Keys = NDArray[np.int64]
NONE: Final = -1


def name_of(names: SeriesColumns, series: int) -> DistrictSeries:
    """The name of one series."""
    site, device = names.devices[names.device[series]]
    return DistrictSeries(site, device, names.metrics[names.metric[series]], names.instances[names.instance[series]])


def part_keys(device: Numbers, instance: Numbers) -> Keys:
    """One number for each part of a device."""
    return (device.astype(np.int64) << 32) | instance.astype(np.int64)


def is_in(ordered: Keys | Ids, keys: Keys | Ids) -> NDArray[np.bool_]:
    """Which of `keys` stand in an ascending array."""
    if not len(ordered):
        return np.zeros(len(keys), dtype=np.bool_)
    found: NDArray[np.bool_] = ordered[np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)] == keys
    return found


def of_same_part(names: SeriesColumns, series: Ids, metric: str) -> Ids:
    """For each series the one of `metric` of the same part of the same device, `NONE` where there is none."""
    found = np.full(len(series), NONE, dtype=np.int32)
    numbers = [number for number, word in enumerate(names.metrics) if word == metric]
    is_wanted = np.zeros(len(names.devices), dtype=np.bool_)
    is_wanted[names.device[series]] = True
    candidates = np.flatnonzero(np.isin(names.metric, numbers)).astype(np.int32)
    candidates = candidates[is_wanted[names.device[candidates]]]
    keys = part_keys(names.device[candidates], names.instance[candidates])
    order = np.argsort(keys)
    sought = part_keys(names.device[series], names.instance[series])
    known = is_in(keys[order], sought)
    found[known] = candidates[order][np.searchsorted(keys[order], sought[known])]
    return found
