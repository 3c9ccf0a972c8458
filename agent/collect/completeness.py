"""How much of what a device has given before it still gives. Pure.

Learning a device anew cannot tell: rows that it no longer lists are not asked for. So what was given is remembered here.
"""

from collections.abc import Iterable, Mapping

from campus.ids import Instance, MetricId

Point = tuple[MetricId, Instance]
FORGET_AFTER_MS = 86_400_000
"""What a device has not given for so long is no longer expected: a module was taken out, not lost."""


class Completeness:
    """The points of one device and when each was last given; asked once a poll."""

    def __init__(self) -> None:
        self._given_at: dict[Point, int] = {}

    def percent(self, given: Iterable[Point], now: int) -> float | None:
        """Note what a poll at `now` (UTC ms) gave; its share of all that is expected, 0 to 100, None while nothing is.

        >>> ports, port = [("if_in_bps", "GE0/1"), ("if_in_bps", "GE0/2")], [("if_in_bps", "GE0/1")]
        >>> one = Completeness()
        >>> one.percent(ports, 0), one.percent(port, 60_000), one.percent(port, FORGET_AFTER_MS + 1)
        (100.0, 50.0, 100.0)
        """
        told = dict.fromkeys(given, now)
        expected = {point: at for point, at in self._given_at.items() if now - at <= FORGET_AFTER_MS}
        self._given_at = expected | told
        return 100.0 * len(told) / len(self._given_at) if self._given_at else None


def is_another_device(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether facts tell of other hardware or firmware, which has other rows; a fact that one of them lacks tells nothing.

    >>> is_another_device({"serial": "A", "firmware": "8.1"}, {"serial": "", "firmware": "8.2"})
    True
    """
    plates = [(before.get(fact), after.get(fact)) for fact in ("model", "serial", "firmware")]
    return any(old and new and old != new for old, new in plates)
