"""Values that change nothing: for each series a range within which none of its bindings departs from its phase.

Nearly all samples lie there, and are told apart from the others at the cost of a sample, however many rules watch the series.
A range is worked out when a sample lies outside of it, and forgotten when anything changes that it was worked out from.
"""

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.layers import grown
from controller.store.port import Ids, Values

Mask = NDArray[np.bool_]


class QuietRanges:
    """A range for each series, both ends included: everything while nothing is bound, nothing where it is not known."""

    def __init__(self) -> None:
        self._lowest = np.empty(0, dtype=np.float64)
        self._highest = np.empty(0, dtype=np.float64)

    def reach(self, size: int) -> None:
        """Make room for series ids below `size`; nothing is bound to new ones."""
        if size > len(self._lowest):
            self._lowest = grown(self._lowest, size, -np.inf)
            self._highest = grown(self._highest, size, np.inf)

    def leaves(self, series: NDArray[np.intp], value: Values) -> Mask:
        """Which samples lie outside of the range of their series."""
        outside: Mask = (value < self._lowest[series]) | (value > self._highest[series])
        return outside

    def forget(self, series: Ids) -> None:
        """What binds these series has changed: the next sample of each is looked at closely."""
        self._lowest[series], self._highest[series] = np.inf, -np.inf

    def note(self, series: Ids, lowest: Values, highest: Values) -> None:
        """Between these, ends included, nothing happens to these series."""
        self._lowest[series], self._highest[series] = lowest, highest


def range_beside(bound: Values, is_upper: Mask) -> tuple[Values, Values]:
    """The range on one side of each bound, which belongs to it: below where `is_upper`, above elsewhere.

    A bound of NaN bounds nothing.

    >>> low, high = range_beside(np.array([5.0, 5.0, np.nan]), np.array([True, False, True]))
    >>> low.tolist(), high.tolist()
    ([-inf, 5.0, -inf], [5.0, inf, inf])
    """
    is_none = np.isnan(bound)
    return np.where(is_upper | is_none, -np.inf, bound), np.where(is_upper & ~is_none, bound, np.inf)
