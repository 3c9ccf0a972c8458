"""Chance that repeats: every choice has a name, and the same seed and name give the same choice on every machine."""

import hashlib
import random


def dice(seed: int, *name: object) -> random.Random:
    """A generator for one named choice (`random.Random` over SHA-256 of the name: the same everywhere)."""
    return random.Random(_digest(seed, name))


def key_of(seed: int, *name: object) -> int:
    """A 64-bit key for the vectorised noise of `simulator.life.noise`."""
    return _digest(seed, name) & 0xFFFF_FFFF_FFFF_FFFF


def _digest(seed: int, name: tuple[object, ...]) -> int:
    text = "/".join(map(str, (seed, *name)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
