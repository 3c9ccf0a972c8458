"""How much a device is asked for at once: what it bears is found by halving, kept, and grown again with care. Pure."""

DARE_EVERY = 12
"""Rounds of learning until more than the device was seen to bear is tried again: it may have been the line."""
DARE_SELDOM = 96
"""The longest such pause, a day at the usual cadence: who has failed often is tried less often."""


class Portion:
    """One size, of a request or of an answer, at most `most`.

    >>> rows = Portion(20)
    >>> rows.too_much(20), rows.too_much(10), rows.bore(5)
    (None, None, None)
    >>> rows.size, rows.is_proven
    (5, True)
    """

    def __init__(self, most: int) -> None:
        self.size = most
        self._borne = 0
        """The largest size that was answered since one was not; 0 for none."""
        self._too_much = 0
        """The smallest size known not to be answered; 0 for none."""
        self._pause = DARE_EVERY
        self._rounds = 0

    @property
    def is_proven(self) -> bool:
        """Whether the device has answered as much before, so that silence is the line's fault."""
        return self.size <= self._borne

    def begin_round(self, most: int) -> None:
        """A new round of learning with the profile's bound; now and then a larger size is due."""
        self._rounds += 1
        if self._rounds >= self._pause and self.size < most:
            self._rounds = 0
            self.size = self._next()
        self.size = min(self.size, most)

    def bore(self, size: int) -> None:
        """The device has answered `size`."""
        if size > self._borne:
            self._borne = size
            if self._too_much:
                self._pause = 1  # what it bears lies higher: the next round goes on looking

    def too_much(self, size: int) -> None:
        """The device was silent to `size`: back to what it bore, else to half."""
        self._too_much = size
        if 0 < self._borne < size:
            self.size = self._borne
            self._pause = min(max(2 * self._pause, DARE_EVERY), DARE_SELDOM)
        else:
            self._borne = 0
            self.size = max(1, size // 2)
            self._pause = DARE_EVERY

    def _next(self) -> int:
        """Half the way to what was too much; once both meet, double: what was too much then may have been the line."""
        if self._too_much - self.size > 1:
            return (self.size + self._too_much) // 2
        self._too_much = 0
        return 2 * self.size
