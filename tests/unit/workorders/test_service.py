"""Orders from opening to closing: one winner of a claim, each command once, nothing anybody wrote is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.errors import Poison
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.workorders.model import (
    Act,
    Answer,
    Command,
    Opening,
    OrderQuery,
    OrderState,
    Outcome,
    PartUsed,
    Source,
    Why,
)
from tests.support.district import BOARD_101, BOARD_102, DISTRICT_SCOPE, HOUR_MS, NO_1, NO_1_SCOPE, NO_2_VIEWER, NOW
from tests.unit.workorders.scene import MINUTE_MS, Scene, scene

WANG = NO_1_SCOPE
LI = Scope("li", Role.TECHNICIAN, frozenset({NO_1}))


def opened(here: Scene, key: str = "open-1") -> int:
    return here.orders.open_order(WANG, Opening(key, NO_1, alert=here.raise_alert(at=NOW - MINUTE_MS))).order.id


def test_an_alert_becomes_an_order_with_its_diagnosis(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.measure(0.0)
        answer = here.orders.open_order(WANG, Opening("open-1", NO_1, alert=here.raise_alert(at=NOW - MINUTE_MS)))
        order = answer.order
        assert (order.state, order.source, order.room, order.device) == (
            OrderState.NEW,
            Source.ALERT,
            "r101",
            BOARD_101,
        )
        assert order.fault_at < NOW - MINUTE_MS, "the rule waited before it told"
        diagnosis = here.orders.diagnosis(WANG, order.id)
        assert diagnosis is not None
        assert diagnosis.is_reachable is False
        assert [each.rule for each in diagnosis.alerts] == ["device-unreachable"]
        assert [each.metric for each in diagnosis.measured] == ["reachable"]


def test_the_same_alert_makes_one_order(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        alert = here.raise_alert()
        ids = {
            here.orders.open_order(who, Opening(key, NO_1, alert=alert)).order.id
            for who, key in ((WANG, "a"), (WANG, "a"), (LI, "b"))
        }
        assert len(ids) == 1
        assert len(here.orders.orders(WANG)) == 1


def test_of_many_who_claim_at_once_one_wins_and_the_others_are_told_who(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, gate = opened(here), Barrier(6)

        def claim(number: int) -> Answer:
            who = Scope(f"person-{number}", Role.TECHNICIAN, frozenset({NO_1}))
            gate.wait()
            return here.orders.command(who, order, Command(f"claim-{number}", Act.CLAIM))

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(claim, range(6)))
        winners = [each for each in answers if each.step.outcome is Outcome.APPLIED]
        assert len(winners) == 1
        name = winners[0].step.who
        assert here.orders.order(WANG, order).assignee == name
        assert {(each.order.assignee, each.step.why) for each in answers if each not in winners} == {(name, Why.TAKEN)}


def test_a_command_sent_twice_counts_once_and_a_refusal_stays_one(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        here.orders.command(WANG, order, Command("w-claim", Act.CLAIM))
        refused = here.orders.command(LI, order, Command("l-claim", Act.CLAIM, note="I am near"))
        here.orders.command(WANG, order, Command("w-back", Act.RELEASE))
        again = here.orders.command(LI, order, Command("l-claim", Act.CLAIM, note="I am near"))
        assert (refused.step.outcome, again.step) == (Outcome.REFUSED, refused.step)
        assert here.orders.order(WANG, order).assignee == "", "what was refused does not happen later by itself"
        notes = [step.note for step in here.orders.history(WANG, order) if step.outcome is Outcome.REFUSED]
        assert notes == ["I am near"], "what was written is kept"


def test_what_was_done_offline_counts_from_when_it_was_done_within_what_can_be(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        here.clock.now = NOW + 2 * HOUR_MS
        sent = [
            Command("1", Act.CLAIM, made_at=NOW + 10 * MINUTE_MS),
            Command("2", Act.ARRIVE, made_at=NOW + 5 * MINUTE_MS),  # before the claim: the phone's clock was set back
            Command("3", Act.FINISH, made_at=NOW + 9 * HOUR_MS, minutes=20, parts=(PartUsed("HDMI"),)),  # and forward
        ]
        for command in sent:
            assert here.orders.command(WANG, order, command).step.outcome is Outcome.APPLIED
        told = here.orders.order(WANG, order)
        assert (told.responded_at, told.arrived_at) == (NOW + 10 * MINUTE_MS, NOW + 10 * MINUTE_MS)
        assert (told.done_at, told.minutes) == (NOW + 2 * HOUR_MS, 20)


def test_notes_are_always_taken_steps_of_others_orders_are_not(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        here.orders.command(WANG, order, Command("1", Act.CLAIM))
        mine = here.orders.command(LI, order, Command("2", Act.FINISH, note="changed the plug"))
        assert (mine.step.why, mine.order.state) == (Why.NOT_YOURS, OrderState.ASSIGNED)
        assert here.orders.command(LI, order, Command("3", Act.NOTE, note="the plug")).step.outcome is Outcome.APPLIED
        taken = here.orders.command(LI, order, Command("4", Act.ASSIGN, to="li"))
        assert taken.order.assignee == "li"
        here.orders.command(LI, order, Command("5", Act.CANCEL, note="no fault"))
        assert here.orders.command(WANG, order, Command("6", Act.NOTE, note="late")).step.outcome is Outcome.APPLIED


def test_a_claim_acknowledges_the_alert(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        here.orders.command(WANG, order, Command("1", Act.CLAIM))
        alert = here.orders.order(WANG, order).alert
        assert here.alerts.alert(WANG, alert).acknowledged_by == WANG.user


def test_who_may_not_is_told_nothing_or_denied(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        viewer = Scope("viewer", Role.VIEWER, frozenset({NO_1}))
        with pytest.raises(NotFound):
            here.orders.order(NO_2_VIEWER, order)
        with pytest.raises(Denied):
            here.orders.command(viewer, order, Command("1", Act.CLAIM))
        with pytest.raises(Denied):
            here.orders.open_order(viewer, Opening("x", NO_1, device=BOARD_102, what="dark"))
        with pytest.raises(Poison):
            here.orders.command(WANG, order, Command("1", Act.NOTE, note="x" * 5_000))
        with pytest.raises(Poison):
            here.orders.command(WANG, order, Command("2", Act.PHOTO))
        refused = here.orders.command(DISTRICT_SCOPE, order, Command("3", Act.VERIFY))
        assert refused.step.why is Why.SYSTEM_ONLY, "no person says that telemetry proved it"


def test_orders_are_found_by_everything_asked(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        first = opened(here)
        second = here.orders.open_order(WANG, Opening("b", NO_1, device=BOARD_102, what="loose", note="left leg")).order
        here.orders.command(WANG, first, Command("1", Act.CLAIM))
        found = here.orders.orders(WANG, OrderQuery(site=NO_1, states=(OrderState.NEW,)))
        assert [each.id for each in found] == [second.id]
        assert [each.id for each in here.orders.orders(WANG, OrderQuery(assignee=WANG.user))] == [first]
        assert here.orders.orders(NO_2_VIEWER) == []
        assert second.causes == (), "telemetry saw nothing of it"
        assert here.orders.history(WANG, second.id)[0].note == "left leg"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=st.lists(
        st.tuples(st.sampled_from([WANG, LI, DISTRICT_SCOPE]), st.sampled_from(list(Act)[1:]), st.integers(0, 5)),
        max_size=12,
    )
)
def test_every_command_stands_in_the_history_once(tmp_path: Path, sent: list[tuple[Scope, Act, int]]) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        ids = []
        for who, act, number in sent:
            if act in {Act.PHOTO, Act.REPORT_AGAIN}:
                continue
            key = f"{who.user}-{act}-{number}"
            ids.append(key)
            here.clock.now += MINUTE_MS
            answer = here.orders.command(who, order, Command(key, act, note="why", to="li"))
            assert answer.order == here.orders.order(WANG, order)
        history = here.orders.history(WANG, order)
        assert [step.command for step in history] == ["open-1", *dict.fromkeys(ids)]
        assert [step.at for step in history] == sorted(step.at for step in history)
        assert history[-1].state is here.orders.order(WANG, order).state
