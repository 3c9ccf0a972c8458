"""Regular expressions of whoever asks, by RE2: the engine whose syntax InfluxDB's own is, linear in time for any pattern."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import re2
from numpy.typing import NDArray

from controller.influxql.errors import ParseError, Place

_MAX_BYTES: Final = 1 << 20
"""Of the compiled pattern and its automaton; RE2 gives up on a pattern that needs more."""
_WORDS_AT_ONCE: Final = 64
"""The worst patterns take some 30 ms for one."""


def check_pattern(text: str, place: Place) -> None:
    """`ParseError` when it is no regular expression, or one too large to be tried."""
    try:
        _compiled(text)
    except re2.error as error:
        words = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise ParseError(f"error parsing regexp: {words[:200]}", place) from None


def matching(text: str, words: Sequence[str], step: Callable[[], None] = lambda: None) -> NDArray[np.bool_]:
    """For each word whether the pattern is found anywhere in it; the pattern has been checked. `step` is called now and then.

    >>> matching("^a|b$", ["ab", "xab", "ba"]).tolist()
    [True, True, False]
    """
    search = _compiled(text)
    found = np.zeros(len(words), np.bool_)
    for first in range(0, len(words), _WORDS_AT_ONCE):
        step()
        some = words[first : first + _WORDS_AT_ONCE]
        found[first : first + len(some)] = [search(word) is not None for word in some]
    return found


@lru_cache(maxsize=64)
def _compiled(text: str) -> Callable[[str], Any]:
    options = re2.Options()
    options.max_mem = _MAX_BYTES
    options.log_errors = False
    found: Callable[[str], Any] = re2.compile(text, options).search
    return found
