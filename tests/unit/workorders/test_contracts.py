"""Who repairs what until when; and how fast it went."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceKind
from controller.alerts.model import States
from controller.alerts.rulebook import shipped_rules
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.workorders.metrics import By
from controller.workorders.model import Act, Command, Opening, Order, OrderState, Why
from controller.workorders.terms import Contract
from tests.support.district import (
    BOARD_101,
    BOARD_102,
    DISTRICT_SCOPE,
    GATEWAY,
    HOUR_MS,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
)
from tests.unit.workorders.scene import MINUTE_MS, Scene, scene

BOARDS = Contract(0, "Bright Boards", "Boards 2026", date(2026, 9, 1), date(2031, 8, 31), kinds=(DeviceKind.BOARD,))
OPERATOR_1 = Scope("op", Role.OPERATOR, frozenset({NO_1}))


def test_the_most_particular_contract_in_force_comes_first(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        book = here.orders.contracts
        wide = book.put_contract(DISTRICT_SCOPE, replace(BOARDS, kinds=(), title="everything"))
        boards = book.put_contract(DISTRICT_SCOPE, BOARDS)
        gone = book.put_contract(DISTRICT_SCOPE, replace(BOARDS, ends_on=date(2026, 9, 6)))
        firewalls = book.put_contract(DISTRICT_SCOPE, replace(BOARDS, kinds=(), models=("usg6",)))
        found = book.covering(NO_1_SCOPE, NO_1, BOARD_101, DeviceKind.BOARD)
        assert [each.id for each in found] == [boards.id, wide.id]
        assert gone.id not in {each.id for each in found}
        found = book.covering(NO_1_SCOPE, NO_1, GATEWAY, DeviceKind.GATEWAY)
        assert [each.id for each in found] == [firewalls.id, wide.id]
        book.end_contract(DISTRICT_SCOPE, wide.id)
        assert book.covering(NO_1_SCOPE, NO_1, DeviceId(""), DeviceKind.OTHER) == []


def test_contracts_that_end_soon_are_listed(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        book = here.orders.contracts
        book.put_contract(DISTRICT_SCOPE, BOARDS)
        soon = book.put_contract(DISTRICT_SCOPE, replace(BOARDS, ends_on=date(2027, 1, 31)))
        assert [each.id for each in book.ending_contracts(NO_1_SCOPE)] == [soon.id]


def test_a_schools_contract_is_its_own_and_a_districts_is_for_who_sees_it_all(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        book = here.orders.contracts
        both = book.put_contract(DISTRICT_SCOPE, replace(BOARDS, sites=(NO_1, NO_2)))
        assert book.contract(OPERATOR_1, both.id).sites == (NO_1,), "of the others nothing shows"
        mine = book.put_contract(OPERATOR_1, replace(BOARDS, sites=(NO_1,)))
        with pytest.raises(NotFound):
            book.contract(NO_2_VIEWER, mine.id)
        with pytest.raises(Denied):
            book.put_contract(OPERATOR_1, BOARDS)
        with pytest.raises(NotFound):
            book.put_contract(OPERATOR_1, replace(both, sites=(NO_1,)))  # would take it from the other school
        with pytest.raises(Denied):
            book.end_contract(NO_1_SCOPE, mine.id)
        with pytest.raises(Poison, match="before it begins"):
            book.put_contract(DISTRICT_SCOPE, replace(BOARDS, ends_on=date(2020, 1, 1)))


def test_an_order_goes_to_a_vendor_whose_contract_covers_it_and_to_no_other(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        boards = here.orders.contracts.put_contract(DISTRICT_SCOPE, BOARDS)
        order = here.orders.open_order(NO_1_SCOPE, Opening("o", NO_1, device=GATEWAY, what="fan")).order.id
        for key, contract in (("a", boards.id), ("b", 999)):
            answer = here.orders.command(NO_1_SCOPE, order, Command(key, Act.HAND_OFF, contract=contract))
            assert (answer.step.why, answer.order.state) == (Why.NO_CONTRACT, OrderState.NEW)
        without = here.orders.command(NO_1_SCOPE, order, Command("c", Act.HAND_OFF))
        assert without.order.state is OrderState.WITH_VENDOR


def held_ms() -> int:
    """How long the rule waits before it tells."""
    rule = shipped_rules().rule("device-unreachable")
    assert rule is not None
    assert isinstance(rule.condition, States)
    return round(rule.condition.hold_s * 1000)


def repaired(here: Scene, device: DeviceId, hours: float, *, visits: int = 1, contract: int = 0) -> Order:
    """An order opened a quarter of an hour after its fault, taken half an hour later, done after some hours."""
    here.clock.now = NOW
    alert = here.raise_alert(device=device, at=NOW - 15 * MINUTE_MS + held_ms())
    order = here.orders.open_order(NO_1_SCOPE, Opening(f"o{alert}", NO_1, alert=alert)).order.id
    here.clock.now += 30 * MINUTE_MS
    acts = [Command("c", Act.CLAIM), *(Command(f"a{n}", Act.ARRIVE) for n in range(1))]
    for n in range(1, visits):
        acts += [Command(f"w{n}", Act.WAIT), Command(f"a{n}", Act.ARRIVE)]
    if contract:
        acts += [Command("h", Act.HAND_OFF, contract=contract)]
    for command in acts:
        here.orders.command(NO_1_SCOPE, order, command)
    here.clock.now = NOW + round(hours * HOUR_MS)
    answer = here.orders.command(NO_1_SCOPE, order, Command("f", Act.FINISH))
    here.change_alert(alert, cleared_at=here.clock.now)
    assert answer.order.state is OrderState.DONE
    return answer.order


def test_times_to_notice_to_take_and_to_repair(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        repaired(here, BOARD_101, 1)
        repaired(here, BOARD_102, 2, visits=2)
        repaired(here, GATEWAY, 4)
        total, by_kind = here.orders.performance(NO_1_SCOPE, By.KIND, NOW - HOUR_MS, NOW + HOUR_MS)
        assert total.notice.median_ms == 15 * MINUTE_MS
        assert total.response == (30 * MINUTE_MS, 30 * MINUTE_MS)
        assert total.repair == (2 * HOUR_MS, 4 * HOUR_MS)
        assert (total.repaired, total.first_time, total.first_time_share) == (3, 2, 2 / 3)
        assert [(each.group, each.orders) for each in by_kind] == [("board", 2), ("gateway", 1)]
        assert by_kind[0].repair == (HOUR_MS, 2 * HOUR_MS)
        assert here.orders.performance(NO_2_VIEWER, By.SITE, 0, NOW + HOUR_MS)[0].orders == 0


def test_vendors_are_compared_by_name(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        contract = here.orders.contracts.put_contract(DISTRICT_SCOPE, BOARDS)
        repaired(here, BOARD_101, 3, contract=contract.id)
        repaired(here, GATEWAY, 1)
        _, found = here.orders.performance(NO_1_SCOPE, By.VENDOR, NOW - HOUR_MS, NOW + HOUR_MS)
        assert {each.group: each.orders for each in found} == {"Bright Boards": 1, "": 1}
