"""From series ids to what is bound to them, as arrays: a batch is looked up with one gather per layer.

A series may be bound several times: each binding stands in another layer. Series ids are dense, so a layer is an array of
binding numbers by series id, -1 where there is none.
"""

from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.store.port import Ids

Numbers = NDArray[np.int32]
T = TypeVar("T", bound=np.generic)
_NONE: Final = -1


class Bound(NamedTuple):
    """Bindings: which series each is of, by which rule, and its number in the core. Columns of equal length."""

    series: Ids
    rule: Numbers
    binding: Numbers


class Layers:
    """Bindings by series. Not thread-safe."""

    def __init__(self) -> None:
        self._layers: list[Numbers] = []
        self._size = 0
        self._depth = np.zeros(0, dtype=np.uint16)

    def reach(self, size: int) -> None:
        """Make room for series ids below `size`; new ones are bound to nothing."""
        if size > self._size:
            self._size = roomier(size, self._size)
            self._layers = [grown(layer, self._size, _NONE) for layer in self._layers]
            self._depth = grown(self._depth, self._size)

    def depth(self, series: NDArray[np.intp]) -> NDArray[np.uint16]:
        """How many bindings each series has. Ids must be within reach."""
        return self._depth[series]

    def bind(self, series: Ids, binding: Numbers) -> None:
        """Add bindings, each to the series at its place; a series may stand there several times."""
        self.reach(int(series.max(initial=-1)) + 1)
        np.add.at(self._depth, series, 1)
        number = 0
        while len(series):
            if number == len(self._layers):
                self._layers.append(np.full(self._size, _NONE, dtype=np.int32))
            layer = self._layers[number]
            free = layer[series] == _NONE
            layer[series[free]] = binding[free]
            left = layer[series] != binding  # the place was taken, by an older binding or by another of these
            series, binding, number = series[left], binding[left], number + 1

    def unbind(self, series: Ids, binding: Numbers) -> None:
        """Take bindings away again, each from the series at its place."""
        for layer in self._layers:
            freed = series[layer[series] == binding]
            layer[freed] = _NONE
            np.subtract.at(self._depth, freed, 1)

    def look_up(self, series: Ids) -> list[tuple[NDArray[np.intp], Numbers]]:
        """For each layer that has any: positions in `series` that are bound, and to what. Ids must be within reach."""
        found = []
        for layer in self._layers:
            bound = layer[series]
            places = np.flatnonzero(bound >= 0)
            if len(places):
                found.append((places, bound[places]))
        return found

    def bound(self, series: Ids, rule: Numbers) -> Bound:
        """The bindings of some series; `rule` is that of each binding by its number."""
        found = self.look_up(series)
        places = np.concatenate([each for each, _ in found] or [np.empty(0, np.intp)])
        binding = np.concatenate([each for _, each in found] or [np.empty(0, np.int32)])
        return Bound(series[places], rule[binding], binding)


def roomier(wanted: int, held: int) -> int:
    """How long an array of `held` elements becomes that needs `wanted`: half as much more, so that it seldom grows again."""
    return max(wanted, held + held // 2, 64)


def grown(array: NDArray[T], size: int, fill: float = 0) -> NDArray[T]:
    """A longer copy, `fill` behind what was there. Zeros behind it take no memory until something is written there."""
    longer = np.zeros(size, dtype=array.dtype)
    longer[: len(array)] = array
    if fill:
        longer[len(array) :] = fill
    return longer
