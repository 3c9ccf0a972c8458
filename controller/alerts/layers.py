"""From series ids to what is bound to them, as arrays: a batch is looked up with one gather per layer.

A series may be bound several times; the first binding stands in layer 0, the second in layer 1, and so on. Series ids
are dense, so a layer is an array of binding numbers by series id, -1 where there is none.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.store.port import Ids

Numbers = NDArray[np.int32]
_NONE: Final = -1


class Layers:
    """Bindings by series. Not thread-safe."""

    def __init__(self) -> None:
        self._layers: list[Numbers] = []
        self._size = 0

    def reach(self, size: int) -> None:
        """Make room for series ids below `size`; new ones are bound to nothing."""
        if size > self._size:
            self._size = max(size, 2 * self._size)
            self._layers = [self._grown(layer) for layer in self._layers]

    def bind(self, series: int, binding: int) -> None:
        """Add a binding to a series."""
        self.reach(series + 1)
        for layer in self._layers:
            if layer[series] == _NONE:
                layer[series] = binding
                return
        self._layers.append(self._grown(np.empty(0, dtype=np.int32)))
        self._layers[-1][series] = binding

    def unbind(self, series: int, binding: int) -> None:
        """Take a binding away again."""
        for layer in self._layers:
            if layer[series] == binding:
                layer[series] = _NONE

    def look_up(self, series: Ids) -> list[tuple[NDArray[np.intp], Numbers]]:
        """For each layer that has any: positions in `series` that are bound, and to what. Ids must be within reach."""
        found = []
        for layer in self._layers:
            bound = layer[series]
            places = np.flatnonzero(bound >= 0)
            if len(places):
                found.append((places, bound[places]))
        return found

    def _grown(self, layer: Numbers) -> Numbers:
        return np.concatenate([layer, np.full(self._size - len(layer), _NONE, dtype=np.int32)])
