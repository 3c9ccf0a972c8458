"""What telling promises whatever happens: whoever is on duty is told, nobody twice, the ladder in its order, nothing lost."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from campus.errors import Transient
from campus.samples import Severity
from controller.alerts.model import AlertState
from controller.identity.scope import SYSTEM
from controller.telling.model import Duty, Person, Policy, Reason, Standing, What
from controller.telling.plan import Rung, Urgency, ask, escalate_at
from tests.unit.telling.town import BOARD_101, HOUR, LI, MINUTE, WANG, ZHAO, Town

NOW, DIGEST_AT, GROUP_MS = 1_000_000, 9_000_000, 30_000


@st.composite
def ladders(draw: st.DrawFn) -> tuple[list[Rung], set[str]]:
    """One to four rungs of one to three people, and who of them is on duty."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    numbers = iter(range(sum(sizes)))
    rungs = [tuple(replace(LI, id=f"p{next(numbers)}") for _ in range(size)) for size in sizes]
    on_duty = draw(st.sets(st.sampled_from([person.id for rung in rungs for person in rung])))
    return rungs, on_duty


@given(made=ladders(), severity=st.sampled_from(Severity), is_at_once=st.booleans(), data=st.data())
def test_the_first_rung_with_anybody_on_duty_is_asked_and_all_on_duty_there(
    made: tuple[list[Rung], set[str]], severity: Severity, is_at_once: bool, data: st.DataObject
) -> None:
    rungs, on_duty = made
    start = data.draw(st.integers(0, len(rungs) - 1))
    pressing = Urgency(severity, is_at_once)
    asked = ask(rungs, start, pressing, NOW, lambda each: each.id in on_duty, DIGEST_AT, GROUP_MS)
    called = {call.person.id for call in asked.calls if call.standing is Standing.HELD}
    assert called, "somebody is always owed it"
    assert max(Counter(call.person.id for call in asked.calls).values()) == 1
    assert [call.level for call in asked.calls] == sorted(call.level for call in asked.calls)
    assert asked.level >= start
    if not is_at_once:
        assert (asked.level, called) == (start, {each.id for each in rungs[start]})
        return
    with_duty = [n for n in range(start, len(rungs)) if any(each.id in on_duty for each in rungs[n])]
    if with_duty:
        assert asked.level == with_duty[0]
        assert called == {each.id for each in rungs[with_duty[0]] if each.id in on_duty}
    else:
        assert called == {each.id for each in rungs[start]}
        if severity is Severity.CRITICAL:
            assert all(call.reason is Reason.GROUPING for call in asked.calls)
    above = escalate_at(asked.level, rungs, pressing, NOW, Policy())
    assert (above > NOW) == (asked.level + 1 < len(rungs))


@dataclass(frozen=True)
class Happening:
    """Something at a time (minutes after 10:00): an alert begins, ends, is taken by somebody, a channel fails or works."""

    at_min: int
    what: str
    number: int


HAPPENINGS = st.lists(
    st.builds(
        Happening,
        at_min=st.integers(0, 300),
        what=st.sampled_from(["critical", "major", "minor", "clear", "acknowledge", "mail fails", "mail works"]),
        number=st.integers(0, 5),
    ),
    min_size=1,
    max_size=12,
)
DUTIES = st.sampled_from([(), (Duty(hours="07:00-12:00"),), (Duty(hours="12:00-20:00"),), (Duty(("sun",)),)])
QUIETS = st.sampled_from(["", "11:00-14:00", "21:00-06:00"])


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    """Some of the usual three, each with hours of their own."""
    some = draw(st.lists(st.sampled_from([LI, WANG, ZHAO]), min_size=1, max_size=3, unique=True))
    return [replace(each, duty=draw(DUTIES), quiet=draw(QUIETS)) for each in some]


def happen(town: Town, alerts: list[int], event: Happening) -> None:
    if event.what in ("critical", "major", "minor"):
        alerts.append(town.open(event.what, device=BOARD_101, instance=str(len(alerts))))
    elif event.what.startswith("mail"):
        town.boxes["mail"].trouble = Transient("no answer") if event.what == "mail fails" else None
    elif alerts and event.what in ("clear", "acknowledge"):
        alert = alerts[event.number % len(alerts)]
        town.clear(alert) if event.what == "clear" else town.acknowledge(alert)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(staff=people(), events=HAPPENINGS)
def test_nothing_is_lost_and_nobody_is_told_twice(staff: list[Person], events: list[Happening]) -> None:
    with TemporaryDirectory(prefix="telling-") as folder:
        town, alerts = Town(Path(folder), staff), list[int]()
        began = town.clock.now
        for event in sorted(events, key=lambda each: each.at_min):
            town.pass_ms(max(0, began + event.at_min * MINUTE - town.clock.now), step=10 * MINUTE)
            happen(town, alerts, event)
        town.boxes["mail"].trouble = None
        town.pass_ms(26 * HOUR, step=20 * MINUTE)  # every digest, quiet hour and duty but Sunday's comes round
        for alert in alerts:
            opened = [each for each in town.told_of(alert) if each.what is What.OPENED]
            assert max(Counter(each.person for each in opened).values()) == 1
            assert [each.level for each in opened] == sorted(each.level for each in opened)
            found = town.alerts.alert(SYSTEM, alert)
            if found.state is AlertState.OPEN and not found.acknowledged_at:
                waits = {each.reason for each in opened if each.standing is Standing.HELD}
                assert waits <= {Reason.NOT_ON_DUTY}, "nothing but a rota keeps it back a day later"
                assert waits or any(each.standing is Standing.TOLD for each in opened)
        for box in town.boxes.values():
            ids = [letter.id for letter in box.letters]
            assert len(ids) == len(set(ids))
