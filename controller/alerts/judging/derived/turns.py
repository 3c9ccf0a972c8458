"""Samples of a batch put in the order they were measured, many things at a time. Pure."""

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.layers import Numbers
from controller.store.port import Times

Places = NDArray[np.intp]


def without_twins(number: Numbers, at: Times) -> Places:
    """Places in the order of number, then time; of two of one instant the one that arrived first alone.

    >>> without_twins(np.array([1, 0, 1, 1]), np.array([9, 5, 7, 9])).tolist()
    [1, 2, 0]
    """
    order = np.lexsort((at, number))
    is_twin = (np.diff(number[order], prepend=-1) == 0) & (np.diff(at[order], prepend=0) == 0)
    kept: Places = order[~is_twin]
    return kept


def turns(unit: Numbers, at: Times) -> list[Places]:
    """Places cut into turns: in each a unit stands at one instant only, from turn to turn at a later one.

    >>> [turn.tolist() for turn in turns(np.array([1, 0, 1, 1]), np.array([9, 5, 7, 9]))]
    [[1, 2], [0, 3]]
    """
    if not len(unit):
        return []
    order = np.lexsort((at, unit))
    is_new_unit = np.diff(unit[order], prepend=-1) != 0
    moment = np.cumsum(is_new_unit | (np.diff(at[order], prepend=0) != 0))
    turn = moment - np.maximum.accumulate(np.where(is_new_unit, moment, 0))
    by_turn = np.argsort(turn, kind="stable")
    edges = np.cumsum(np.bincount(turn))[:-1]
    return np.split(order[by_turn], edges)


def last_of_each(number: Numbers) -> Places:
    """The last place of each of some numbers that stand side by side.

    >>> last_of_each(np.array([4, 4, 7])).tolist()
    [1, 2]
    """
    return np.flatnonzero(np.diff(number, append=-1) != 0)
