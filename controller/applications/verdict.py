"""Whose fault it is: from what all sites see of one service to a verdict. Pure.

    everybody, the centre too        the service
    several that share something     the metro network
    one, or a few without a pattern  the school
    fewer than two observers         not to be told

A site whose own line is known to be broken explains itself and is left out of the count. Seeing the service well can only
take blame away from it: whoever is added and sees it well never turns a verdict into "the service" (a test holds it to that).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from controller.applications.model import Cause, Condition, LineTrouble, Observer, Verdict

LEAST_WITHOUT_CENTRE: Final = 3
"""So many schools must fail before a service is blamed where nothing at the centre looks at it."""
METRO_SHARE: Final = 0.1
"""Of a district in which nothing tells how schools hang together: fewer than that are each their own trouble."""


def judge(observers: Sequence[Observer]) -> Verdict:
    """The verdict of what is seen now: of failing, and if nobody sees that, of slowness."""
    failing = _judged(observers, Condition.FAILED)
    return failing if failing.bad else _judged(observers, Condition.SLOW)


def _judged(observers: Sequence[Observer], trouble: Condition) -> Verdict:
    bad = tuple(each for each in observers if each.condition >= trouble)
    good = tuple(each for each in observers if each.condition < trouble)
    if not bad:
        return Verdict(Cause.GOOD if good else Cause.UNKNOWN, Condition.GOOD, (), good)
    unexplained = [each for each in bad if each.line is LineTrouble.NONE]
    if not unexplained:
        return Verdict(Cause.SCHOOL, trouble, bad, good)
    if len(unexplained) + len(good) < 2:
        return Verdict(Cause.UNKNOWN, trouble, bad, good)
    if _is_the_service(unexplained, good):
        return Verdict(Cause.SERVICE, trouble, bad, good)
    shared = _shared(unexplained, good)
    if shared is not None:
        return Verdict(Cause.METRO_NETWORK, trouble, bad, good, shared)
    return Verdict(Cause.SCHOOL, trouble, bad, good)


def _is_the_service(bad: Sequence[Observer], good: Sequence[Observer]) -> bool:
    if any(each.is_centre for each in good):
        return False
    schools_bad = [each for each in bad if not each.is_centre]
    schools_good = [each for each in good if not each.is_centre]
    if len(schools_bad) <= len(schools_good):
        return False
    return len(schools_bad) < len(bad) or len(schools_bad) >= LEAST_WITHOUT_CENTRE


def _shared(bad: Sequence[Observer], good: Sequence[Observer]) -> str | None:
    """What the bad schools have in common: its name, empty for the network as a whole, None where there is no pattern."""
    schools = [each for each in bad if not each.is_centre]
    if len(schools) < 2:
        return None
    everybody = [each for each in (*schools, *good) if not each.is_centre]
    behind: dict[str, list[Observer]] = defaultdict(list)
    for each in everybody:
        behind[each.behind].append(each)
    if len(behind) > 1 and "" not in behind:
        return _worst(behind, schools)
    return "" if len(schools) >= METRO_SHARE * len(everybody) else None


def _worst(behind: dict[str, list[Observer]], bad: Sequence[Observer]) -> str | None:
    """The place behind which two or more, and most, fail: its name where all of `bad` are there, empty for several places."""
    failing: dict[str, int] = defaultdict(int)
    for each in bad:
        failing[each.behind] += 1
    hit = [name for name, number in failing.items() if number >= 2 and 2 * number > len(behind[name])]
    if not hit:
        return None
    return hit[0] if len(failing) == 1 else ""
