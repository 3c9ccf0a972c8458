"""Promises run in school hours, rest as contracts say, and are told when they break."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from campus.samples import DeviceKind, Severity
from controller.identity.scope import SYSTEM
from controller.workorders.model import Act, Command, Opening, PartUsed
from controller.workorders.promise import Clocks
from controller.workorders.terms import Away, Contract, Target, WorkOrderSettings
from tests.support.district import BOARD_101, CENTRE, DISTRICT_SCOPE, HOUR_MS, MONDAY, NO_1, NO_1_SCOPE, NOW
from tests.unit.workorders.scene import MINUTE_MS, Scene, scene

# The school's day lasts from 08:00 to 14:40; it is Monday, 10:00; Thursday is a holiday.
END_OF_MONDAY = MONDAY + 14 * HOUR_MS + 40 * MINUTE_MS
TUESDAY_8 = MONDAY + 32 * HOUR_MS
FRIDAY_8 = MONDAY + (4 * 24 + 8) * HOUR_MS


def opened(here: Scene) -> int:
    alert = here.raise_alert(at=NOW)
    return here.orders.open_order(NO_1_SCOPE, Opening("o", NO_1, alert=alert)).order.id


def clocks(here: Scene, order: int) -> Clocks:
    return here.orders.clocks(NO_1_SCOPE, [here.orders.order(NO_1_SCOPE, order)])[order]


def test_nights_weekends_and_holidays_do_not_count(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        told = clocks(here, order)
        # major: 4 h to take, 16 h to repair
        assert (told.response.left_ms, told.repair.left_ms) == (4 * HOUR_MS, 16 * HOUR_MS)
        assert told.response.due_at == NOW + 4 * HOUR_MS
        left_after_monday = 16 * HOUR_MS - (END_OF_MONDAY - NOW)
        day = 6 * HOUR_MS + 40 * MINUTE_MS
        assert told.repair.due_at == MONDAY + (2 * 24 + 8) * HOUR_MS + left_after_monday - day, "on Wednesday"
        here.clock.now = TUESDAY_8 - 1
        assert clocks(here, order).response.used_ms == END_OF_MONDAY - NOW
        here.clock.now = FRIDAY_8
        assert clocks(here, order).repair.used_ms == (END_OF_MONDAY - NOW) + 2 * day, "Thursday is a holiday"
        assert clocks(here, order).is_overdue


def test_a_site_without_bells_has_the_usual_hours(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = here.orders.open_order(DISTRICT_SCOPE, Opening("o", CENTRE, what="rack door")).order
        here.clock.now = TUESDAY_8
        assert here.orders.clocks(DISTRICT_SCOPE, [order])[order.id].repair.used_ms == 7 * HOUR_MS


@dataclass(frozen=True)
class Case:
    """What an order waits for, what the contract says of it, how much the clock runs in two hours."""

    act: Act
    away: Away
    used_h: float


@pytest.mark.parametrize(
    "case",
    [
        Case(Act.WAIT, Away.RESTS, 0),
        Case(Act.WAIT, Away.RUNS, 2),
        Case(Act.HAND_OFF, Away.RESTS, 0),
        Case(Act.HAND_OFF, Away.RUNS, 2),
    ],
)
def test_waiting_counts_as_the_contract_says(tmp_path: Path, case: Case) -> None:
    with scene(tmp_path) as here:
        contract = here.orders.contracts.put_contract(
            SYSTEM,
            Contract(
                0,
                "Vendor",
                "Boards",
                date(2026, 1, 1),
                date(2030, 12, 31),
                response_h=1,
                repair_h=4,
                while_part=case.away,
                while_vendor=case.away,
            ),
        )
        order = opened(here)
        here.orders.command(NO_1_SCOPE, order, Command("1", Act.HAND_OFF, contract=contract.id))
        if case.act is Act.WAIT:
            here.orders.command(NO_1_SCOPE, order, Command("2", Act.ARRIVE))
            here.orders.command(NO_1_SCOPE, order, Command("3", Act.WAIT))
        here.clock.now += 2 * HOUR_MS
        told = clocks(here, order)
        assert told.repair.used_ms == case.used_h * HOUR_MS
        assert told.repair.is_resting is (case.away is Away.RESTS)
        assert told.vendor_repair is not None
        assert told.vendor_repair.used_ms == 2 * HOUR_MS, "the vendor's own promise runs on"
        assert told.vendor_response is not None
        assert told.vendor_response.is_broken is (case.act is Act.HAND_OFF), "nobody came within the hour"


def test_taken_back_the_schools_clock_goes_on(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        here.orders.command(NO_1_SCOPE, order, Command("1", Act.HAND_OFF))
        here.clock.now += HOUR_MS
        here.orders.command(NO_1_SCOPE, order, Command("2", Act.TAKE_BACK))
        here.clock.now += HOUR_MS
        told = clocks(here, order)
        assert (told.repair.used_ms, told.repair.is_resting, told.vendor_repair) == (HOUR_MS, False, None)


def test_the_time_between_a_repair_and_its_return_is_nobodys(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = opened(here)
        here.orders.command(NO_1_SCOPE, order, Command("1", Act.CLAIM))
        here.orders.command(NO_1_SCOPE, order, Command("2", Act.FINISH, parts=(PartUsed("plug"),)))
        here.clock.now += HOUR_MS
        here.orders.command(NO_1_SCOPE, order, Command("3", Act.REOPEN))
        here.clock.now += HOUR_MS
        assert clocks(here, order).repair.used_ms == HOUR_MS


def test_a_broken_promise_is_told_once_and_taken_back_when_somebody_acts(tmp_path: Path) -> None:
    targets = (Target(0.5, 100, (Severity.MAJOR,), (DeviceKind.BOARD,)),)
    with scene(tmp_path, WorkOrderSettings(targets=targets)) as here:
        order = opened(here)
        here.pass_minutes(29)
        assert here.verdicts.told == []
        here.pass_minutes(5)
        told = here.verdicts.told
        assert [(each.key.rule, each.key.instance, each.is_over) for each in told] == [
            ("order-overdue", f"order-{order}", False)
        ]
        assert BOARD_101 in told[0].text
        here.orders.command(NO_1_SCOPE, order, Command("1", Act.CLAIM))
        here.pass_minutes(1)
        assert [each.is_over for each in here.verdicts.told] == [False, True]


def test_targets_that_cannot_be_are_refused() -> None:
    wrong = WorkOrderSettings(targets=(Target(0, 4),), verify_min=0, reopen_days=-1)
    assert [key for key, _ in wrong.problems()] == ["targets", "verify_min", "reopen_days"]
    assert WorkOrderSettings().problems() == []
