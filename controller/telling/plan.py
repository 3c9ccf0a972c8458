"""Who is asked about an alert, in which order and when. Pure.

The ladder of a school goes up its branch of the tree: its own people, those of its organisation, and so on to the top.
Only rungs with people count. Who is off duty is passed over; where nobody at all is on duty, what is critical is told to
the lowest rung all the same, and the rest waits until one of them is on duty.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from campus.samples import Severity
from controller.registry.model import Site
from controller.telling.model import Person, Policy, Reason, Standing
from controller.telling.rota import is_on_duty, next_digest

Rung = tuple[Person, ...]


class Call(NamedTuple):
    """What becomes of one person for one alert: told once `ready_at` has come, or spared."""

    person: Person
    level: int
    standing: Standing
    reason: Reason
    ready_at: int


class Asked(NamedTuple):
    """The rung that was reached, and everybody up to it."""

    level: int
    calls: tuple[Call, ...]


def ladder(site: Site, parents: Mapping[str, str | None], people: Iterable[Person]) -> list[Rung]:
    """The people of a school's branch, lowest first; `parents` by organisation. A place left empty is the top."""
    branch, current = [str(site.id)], site.organisation or None
    while current is not None and current not in branch:
        branch.append(current)
        current = parents.get(current)
    people = tuple(people)
    rungs = [tuple(each for each in people if each.place == place) for place in branch]
    rungs[-1] += tuple(each for each in people if not each.place)
    return [rung for rung in rungs if rung]


def ask(rungs: Sequence[Rung], start: int, severity: Severity, now: int, zone: ZoneInfo, policy: Policy) -> Asked:
    """Whom to tell next, from rung `start` on, which exists."""
    if not policy.is_at_once(severity):
        at = next_digest(policy.digest, now, zone)
        return Asked(start, tuple(Call(each, start, Standing.HELD, Reason.DIGEST, at) for each in rungs[start]))
    ready_at = now + round(policy.group_s * 1000)
    passed: list[Call] = []
    for level in range(start, len(rungs)):
        there = [each for each in rungs[level] if is_on_duty(each, now, zone)]
        passed += [Call(p, level, Standing.SPARED, Reason.NOT_ON_DUTY, 0) for p in rungs[level] if p not in there]
        if there:
            return Asked(level, (*passed, *(Call(p, level, Standing.HELD, Reason.GROUPING, ready_at) for p in there)))
    reason = Reason.GROUPING if severity is Severity.CRITICAL else Reason.NOT_ON_DUTY
    return Asked(start, tuple(Call(p, start, Standing.HELD, reason, ready_at) for p in rungs[start]))


def escalate_at(level: int, rungs: Sequence[Rung], severity: Severity, now: int, policy: Policy) -> int:
    """When the rung above is asked unless somebody acknowledges; 0 for never."""
    if level + 1 >= len(rungs) or not policy.is_at_once(severity):
        return 0
    return now + round(policy.escalate_min[severity.value] * 60_000)
