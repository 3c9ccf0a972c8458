"""All formulas of a site worked out for many instants at once: a few numpy operations per kind of formula, not per series."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.history.formula import Constant, Formula, Jitter, Linear, Lookup, Running
from simulator.life.noise import Floats, Longs, chance, keys_for

RunningSince = Callable[[str, Longs], Floats]
"""Seconds a device has been running at each instant."""
_MOST_STATES = 64


class SeriesTable:
    """The compiled formulas of one site."""

    def __init__(self, formulas: tuple[Formula, ...], running: RunningSince) -> None:
        self._count = len(formulas)
        self._running = running
        self._alive = np.array([formula.alive for formula in formulas])
        self._digits: dict[int, list[int]] = defaultdict(list)
        for place, formula in enumerate(formulas):
            self._digits[round(-np.log10(formula.resolution))].append(place)
        self._linear = _places(formulas, Linear)
        rules = [formula.rule for formula in formulas]
        linear = [rule for rule in rules if isinstance(rule, Linear)]
        self._column = np.array([rule.column for rule in linear], dtype=np.int64)
        self._a, self._b = np.array([rule.a for rule in linear]), np.array([rule.b for rule in linear])
        self._scale, self._offset = (
            np.array([rule.scale for rule in linear]),
            np.array([rule.offset for rule in linear]),
        )
        self._whole = np.array([rule.is_whole for rule in linear], dtype=np.bool_)
        self._constant = _places(formulas, Constant)
        self._constants = np.array([rule.value for rule in rules if isinstance(rule, Constant)])
        self._lookups = _grouped_lookups(formulas)
        self._runners = [(place, formulas[place].key.device) for place in _places(formulas, Running)]
        self._jitter = _places(formulas, Jitter)
        self._jitter_keys = keys_for([rule.key for rule in rules if isinstance(rule, Jitter)])

    def __len__(self) -> int:
        return self._count

    def values(self, at: Longs, matrix: Floats) -> Floats:
        """Every series at every instant, rounded as agents round: shape (series, instants)."""
        out = np.empty((len(at), self._count))
        raw = matrix[:, self._column] * self._a + self._b
        raw[:, self._whole] = np.rint(raw[:, self._whole])
        out[:, self._linear] = raw * self._scale + self._offset
        out[:, self._constant] = self._constants
        for places, columns, numbers in self._lookups:
            out[:, places] = numbers[matrix[:, columns].astype(np.int64)]
        for place, device in self._runners:
            out[:, place] = self._running(device, at)
        steps = at // 1000
        out[:, self._jitter] = 0.3 + 1.4 * chance(self._jitter_keys, steps) ** 3
        for digits, rounded in self._digits.items():
            out[:, rounded] = np.round(out[:, rounded], digits)
        return np.ascontiguousarray(out.T)

    def present(self, matrix: Floats) -> NDArray[np.bool_]:
        """Which samples exist, shape (series, instants): a device without power says nothing."""
        there = matrix[:, np.maximum(self._alive, 0)] > 0
        there |= self._alive < 0
        return np.ascontiguousarray(there.T)


def _places(formulas: tuple[Formula, ...], rule: type) -> list[int]:
    return [place for place, formula in enumerate(formulas) if isinstance(formula.rule, rule)]


def _grouped_lookups(formulas: tuple[Formula, ...]) -> list[tuple[list[int], list[int], Floats]]:
    """(places, columns, numbers by raw value) for each distinct table of states."""
    groups: dict[tuple[tuple[int, float], ...], list[tuple[int, int]]] = defaultdict(list)
    for place, formula in enumerate(formulas):
        if isinstance(formula.rule, Lookup):
            groups[formula.rule.numbers].append((place, formula.rule.column))
    found = []
    for numbers, members in groups.items():
        table = np.zeros(_MOST_STATES)
        for raw, number in numbers:
            table[raw] = number
        found.append(([place for place, _ in members], [column for _, column in members], table))
    return found
