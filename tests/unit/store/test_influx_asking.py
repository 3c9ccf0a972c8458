"""Which InfluxQL asks for some series: everything wanted is chosen, little else is, and lists are bounded."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.influx.asking import selections
from controller.store.port import DistrictSeries
from controller.store.series_index import SeriesIndex

SITES, DEVICES, INSTANCES, METRICS = 30, 5, 3, 3
NAMES = [
    DistrictSeries(
        SiteId(f"s-{site}"), DeviceId(f"d-{device}"), MetricId(f"m_{metric}"), Instance(f"i'{instance}" * instance)
    )
    for site in range(SITES)
    for device in range(DEVICES)
    for instance in range(INSTANCES)
    for metric in range(METRICS)
]
INDEX = SeriesIndex()
INDEX.ids(NAMES)  # numbers them by their places


def chosen(wanted: list[int], few: int) -> tuple[set[int], list[str]]:
    """The ids that the statements choose, by a second reading of their conditions, and the conditions."""
    found, conditions = set(), []
    for selection in selections(INDEX.columns(0), np.array(sorted(wanted), np.int32), few):
        conditions.append(selection.condition)
        terms = [
            dict(re.findall(r'"(\w+)" = \'((?:[^\'\\]|\\.)*)\'', term)) for term in selection.condition.split(" OR ")
        ]
        found |= {
            number
            for number, name in enumerate(NAMES)
            if name.metric in selection.metrics
            and any(all(getattr(name, tag) == text.replace("\\'", "'") for tag, text in term.items()) for term in terms)
        }
    return found, conditions


@given(st.sets(st.integers(0, len(NAMES) - 1), min_size=1), st.sets(st.sampled_from(range(SITES))), st.booleans())
def test_all_that_is_wanted_is_chosen_and_little_else(wanted: set[int], sites: set[int], is_few: bool) -> None:
    wanted |= {number for number, name in enumerate(NAMES) if int(name.site[2:]) in sites}
    found, conditions = chosen(list(wanted), len(NAMES) if is_few else 0)
    assert not is_few or found == wanted
    assert wanted <= found
    assert len(found) <= 2 * len(wanted)
    assert all(condition.count(" OR ") < 100 for condition in conditions)


def test_many_are_asked_for_by_the_widest_word() -> None:
    everything, conditions = chosen(list(range(len(NAMES))), 0)
    assert (len(everything), conditions) == (len(NAMES), [""])
    of_two_sites = [number for number, name in enumerate(NAMES) if name.site in ("s-1", "s-2")]
    found, conditions = chosen(of_two_sites, 0)
    assert (found, conditions) == (set(of_two_sites), ["\"site\" = 's-1' OR \"site\" = 's-2'"])
