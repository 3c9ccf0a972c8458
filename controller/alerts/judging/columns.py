"""Samples in columns, as everything that judges takes them, and which of them are meant. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.layers import Numbers
from controller.store.port import Ids, Times, Values

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


class Rows(NamedTuple):
    """Samples of one batch: columns of equal length in arrival order."""

    series: Ids
    measured_at: Times
    value: Values

    def at_places(self, places: Mask | Places) -> "Rows":
        """The rows that are chosen."""
        return Rows(self.series[places], self.measured_at[places], self.value[places])

    def between(self, first: int, end: int) -> "Rows":
        """The rows at places first <= place < end."""
        return Rows(self.series[first:end], self.measured_at[first:end], self.value[first:end])


class Evidence(NamedTuple):
    """Samples of bindings, with what each says; columns of equal length."""

    binding: Numbers
    at: Times
    value: Values
    is_bad: Mask
    is_good: Mask

    def at_places(self, places: Mask | Places) -> "Evidence":
        """The samples that are chosen."""
        binding, at, value, is_bad, is_good = self
        return Evidence(binding[places], at[places], value[places], is_bad[places], is_good[places])
