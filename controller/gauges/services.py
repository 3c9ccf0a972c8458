"""How services answer over all schools, so that a picture of the district need not read every school's answers."""

import numpy as np

from campus.ids import Instance
from controller.gauges.model import CONTROLLER, SERVICE_ANSWER, SERVICE_ANSWERS, SERVICE_SLOWEST, Table
from controller.gauges.places import Places
from controller.gauges.sight import Sight
from controller.store.port import DistrictSeries, SampleStore

ANSWERED_MS = 15 * 60_000
"""An answer counts for so long, though agents ask every minute."""


def services(places: Places, store: SampleStore, sight: Sight) -> list[Table]:
    """Of each service: the mean of its newest answers to each school, and the slowest of them."""
    ids = places.series_of(store, SERVICE_ANSWER)
    names = store.series_columns()
    is_school = np.array([site != places.centre for site in places.sites], np.bool_)
    ids = ids[is_school[places.school[names.device[ids]]]]
    instances, service = np.unique(names.instance[ids], return_inverse=True)
    value = sight.newest(ids, ANSWERED_MS).value
    is_known = ~np.isnan(value)
    sums, counts = np.zeros((2, len(instances), value.shape[1]))
    slowest = np.full((len(instances), value.shape[1]), -np.inf)
    np.add.at(sums, service, np.where(is_known, value, 0))
    np.add.at(counts, service, is_known)
    np.maximum.at(slowest, service, np.where(is_known, value, -np.inf))
    mean = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    called = [Instance(names.instances[number]) for number in instances.tolist()]
    return [
        Table([DistrictSeries(places.centre, CONTROLLER, metric, each) for each in called], figure)
        for metric, figure in ((SERVICE_ANSWERS, mean), (SERVICE_SLOWEST, np.where(counts > 0, slowest, np.nan)))
    ]
