"""Who is asked about an alert, in which order and when. Pure.

The ladder of a school goes up its branch of the tree: its own people, those of its organisation, and so on to the top.
Only rungs with people count. Whose work it is (`Rule.owner`) decides where one begins: see `by_owner`. Who is off duty is
passed over; where nobody at all is on duty, what is critical is told to the lowest rung all the same, and the rest waits
until one of them is on duty.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from campus.samples import Severity
from controller.alerts.model import Horizon, Owner, Rule
from controller.registry.model import Site
from controller.telling.model import Person, Policy, Reason, Standing

Rung = tuple[Person, ...]
OnDuty = Callable[[Person], bool]
_LATER: Final = (Horizon.WEEK, Horizon.TERM)


class Urgency(NamedTuple):
    """How an alert presses."""

    severity: Severity
    is_at_once: bool
    """Told now, and not in a digest."""

    @property
    def is_critical(self) -> bool:
        """Whether neither quiet hours nor a rota keep it back."""
        return self.severity is Severity.CRITICAL


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


def urgency(severity: Severity, rule: Rule | None, policy: Policy) -> Urgency:
    """What has to be done now is told at once, whatever its severity; what has a week waits for a digest unless it is
    critical; of the rest the severities in `escalate_min` are told at once. A rule that was removed has the day.
    """
    horizon = rule.horizon if rule else Horizon.TODAY
    is_at_once = severity.value in policy.escalate_min and (severity is Severity.CRITICAL or horizon not in _LATER)
    return Urgency(severity, is_at_once or horizon is Horizon.NOW)


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


def by_owner(rungs: Sequence[Rung], owner: Owner) -> list[Rung]:
    """The ladder for whose work it is: first those of this role at the lowest place that has any, then the others there,
    then the places above.

    What is a technician's begins at the lowest place in any case. Where nobody has the role the ladder stays as it is.
    """
    first = next((n for n, rung in enumerate(rungs) if any(each.role == owner.value for each in rung)), None)
    if first is None or (owner is Owner.TECHNICIAN and first > 0):
        return list(rungs)
    theirs = tuple(each for each in rungs[first] if each.role == owner.value)
    others = tuple(each for each in rungs[first] if each.role != owner.value)
    return [rung for rung in (theirs, others, *rungs[first + 1 :]) if rung]


def ask(
    rungs: Sequence[Rung], start: int, pressing: Urgency, now: int, is_on_duty: OnDuty, digest_at: int, group_ms: int
) -> Asked:
    """Whom to tell next, from rung `start` on, which exists; `digest_at` is the next digest."""
    if not pressing.is_at_once:
        calls = tuple(Call(each, start, Standing.HELD, Reason.DIGEST, digest_at) for each in rungs[start])
        return Asked(start, calls)
    ready_at = now + group_ms
    passed: list[Call] = []
    for level in range(start, len(rungs)):
        there = [each for each in rungs[level] if is_on_duty(each)]
        passed += [Call(p, level, Standing.SPARED, Reason.NOT_ON_DUTY, 0) for p in rungs[level] if p not in there]
        if there:
            return Asked(level, (*passed, *(Call(p, level, Standing.HELD, Reason.GROUPING, ready_at) for p in there)))
    reason = Reason.GROUPING if pressing.is_critical else Reason.NOT_ON_DUTY
    return Asked(start, tuple(Call(p, start, Standing.HELD, reason, ready_at) for p in rungs[start]))


def escalate_at(level: int, rungs: Sequence[Rung], pressing: Urgency, now: int, policy: Policy) -> int:
    """When the rung above is asked unless somebody acknowledges; 0 for never.

    A severity without a time of its own has the longest that is told.
    """
    if level + 1 >= len(rungs) or not pressing.is_at_once or not policy.escalate_min:
        return 0
    minutes = policy.escalate_min.get(pressing.severity.value, max(policy.escalate_min.values()))
    return now + round(minutes * 60_000)


def next_rung(rungs: Sequence[Rung], asked: Iterable[str]) -> int:
    """The rung above all that were asked, by the ids of people: the first where the register knows none of them."""
    known = set(asked)
    reached = [n for n, rung in enumerate(rungs) if any(each.id in known for each in rung)]
    return max(reached, default=-1) + 1
