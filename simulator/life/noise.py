"""Chance that needs no memory: hashes of (key, step), vectorised over instants and keys.

SplitMix64's finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) over the sum of
key and step.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Keys = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)
_MIX_1 = np.uint64(0xBF58_476D_1CE4_E5B9)
_MIX_2 = np.uint64(0x94D0_49BB_1331_11EB)
_TO_UNIT = 1.0 / (1 << 53)


def chance(keys: Keys, steps: Longs) -> Floats:
    """Uniform in [0, 1) for each step and key: shape (len(steps), len(keys)).

    `steps` may have any sign and order; equal steps and keys give equal numbers.
    """
    z = keys[np.newaxis, :] + steps.astype(np.uint64)[:, np.newaxis] * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    z ^= z >> np.uint64(31)
    unit: Floats = (z >> np.uint64(11)).astype(np.float64) * _TO_UNIT
    return unit


def wander(keys: Keys, at: Longs, period_ms: int) -> Floats:
    """A line that wanders between -1 and 1, through a new random height each `period_ms`; shape (len(at), len(keys))."""
    step, rest = np.divmod(at, period_ms)
    nodes, where = np.unique(np.concatenate((step, step + 1)), return_inverse=True)
    heights = chance(keys, nodes) * 2 - 1
    begin, end = heights[where[: len(at)]], heights[where[len(at) :]]
    share = (rest / period_ms)[:, np.newaxis]
    eased: Floats = begin + (end - begin) * (share * share * (3 - 2 * share))
    return eased


def keys_for(seed_keys: list[int], salt: int = 0) -> Keys:
    """An array of keys; `salt` tells uses of the same things apart."""
    keys = np.array(seed_keys, dtype=np.uint64)
    return keys ^ (np.uint64(salt) * _GOLDEN)
