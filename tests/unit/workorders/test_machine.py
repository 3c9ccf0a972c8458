"""Whatever anybody sends in whatever order: no order does what it may not, and every step stands in its history."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.workorders.machine import acts_possible, moved
from controller.workorders.model import (
    ALWAYS_TAKEN,
    OPEN,
    TO_DO,
    Act,
    Actor,
    Command,
    Order,
    OrderState,
    Refused,
    Source,
    Why,
)

PEOPLE = (
    Actor("wang"),
    Actor("li"),
    Actor("head", is_overseer=True),
    Actor("system", is_overseer=True, is_system=True),
)
LEADS_TO = {
    OrderState.NEW: {OrderState.ASSIGNED, OrderState.WITH_VENDOR, OrderState.CLOSED, OrderState.CANCELLED},
    OrderState.ASSIGNED: {*OPEN, OrderState.CLOSED, OrderState.CANCELLED},
    OrderState.ON_SITE: {*OPEN, OrderState.CLOSED, OrderState.CANCELLED},
    OrderState.WAITING_PART: {*OPEN, OrderState.CLOSED, OrderState.CANCELLED},
    OrderState.WITH_VENDOR: {*OPEN, OrderState.CLOSED, OrderState.CANCELLED},
    OrderState.DONE: {OrderState.VERIFIED, OrderState.CLOSED, OrderState.ASSIGNED, OrderState.NEW},
    OrderState.VERIFIED: {OrderState.ASSIGNED, OrderState.NEW},
    OrderState.CLOSED: {OrderState.ASSIGNED, OrderState.NEW},
    OrderState.CANCELLED: set(),
}
"""What may follow what, whoever acts: written down here a second time, on purpose."""


def new_order() -> Order:
    """An order nobody has yet."""
    return Order(
        id=1,
        site=SiteId("s"),
        device=DeviceId("d"),
        room="",
        kind=DeviceKind.BOARD,
        source=Source.ALERT,
        severity=Severity.MAJOR,
        what_en="It is dark",
        what_zh="不亮",
        state=OrderState.NEW,
        opened_at=1_000,
        opened_by="wang",
        fault_at=900,
        changed_at=1_000,
    )


class OrderMachine(RuleBasedStateMachine):
    """Sends every act by everybody, sensible or not."""

    def __init__(self) -> None:
        super().__init__()
        self.order = new_order()
        self.now = 1_000

    @rule(
        act=st.sampled_from([act for act in Act if act is not Act.OPEN]),
        who=st.sampled_from(PEOPLE),
        to=st.sampled_from(["", "wang", "li"]),
        note=st.sampled_from(["", "why"]),
        later=st.integers(0, 50),
    )
    def send(self, act: Act, who: Actor, to: str, note: str, later: int) -> None:
        self.now += later
        before = self.order
        was_possible = act in acts_possible(before, who)
        try:
            after = moved(before, Command("c", act, note=note, to=to), who, self.now)
        except Refused as refused:
            assert act not in ALWAYS_TAKEN
            wants_more = refused.why in {Why.NO_REASON, Why.NO_NAME}
            assert not was_possible or wants_more or act is Act.ASSIGN
            return
        if after.state is not before.state:
            assert after.state in LEADS_TO[before.state], (before.state, act, after.state)
            assert after.changed_at == self.now
        if act in {Act.CLOSE, Act.CANCEL} and after is not before:
            assert note
        if act is Act.CLAIM and after is not before:
            assert not before.assignee
            assert after.assignee == who.user
        if after.state is OrderState.VERIFIED and before.state is not OrderState.VERIFIED:
            assert who.is_system
        self.order = after

    @invariant()
    def instants_tell_the_state(self) -> None:
        order = self.order
        assert bool(order.closed_at) is order.state.is_over
        assert not (order.state in TO_DO and order.done_at)
        assert (order.state is OrderState.NEW) <= (not order.assignee)
        assert order.opened_at <= (order.responded_at or self.now) <= self.now

    @invariant()
    def nobody_waits_twice_at_once(self) -> None:
        waits = self.order.waits
        assert all(wait.end_at for wait in waits[:-1])
        assert all(wait.end_at >= wait.start_at for wait in waits if wait.end_at)
        assert all(one.end_at <= other.start_at for one, other in itertools.pairwise(waits))
        is_waiting = bool(waits) and not waits[-1].end_at
        assert is_waiting == (self.order.state in {OrderState.WAITING_PART, OrderState.WITH_VENDOR, OrderState.DONE})


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
