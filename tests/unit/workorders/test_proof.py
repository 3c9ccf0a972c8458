"""Done is not repaired: telemetry proves it, or takes it back."""

from pathlib import Path

from campus.ids import DeviceId
from controller.alerts.tables import AlertRow
from controller.registry.database import writing
from controller.workorders.model import Act, Command, Opening, Order, OrderState
from controller.workorders.terms import WorkOrderSettings
from tests.support.district import BOARD_101, BOARD_102, DAY_MS, GATEWAY, NO_1, NO_1_SCOPE, SWITCH
from tests.unit.workorders.scene import MINUTE_MS, Scene, scene


def done_order(here: Scene) -> tuple[int, int]:
    """An order of an alert, said to be done now; and the alert, which is open."""
    alert = here.raise_alert(at=here.clock.now - MINUTE_MS)
    order = here.orders.open_order(NO_1_SCOPE, Opening("open", NO_1, alert=alert)).order.id
    for number, act in enumerate((Act.CLAIM, Act.ARRIVE, Act.FINISH)):
        here.orders.command(NO_1_SCOPE, order, Command(f"c{number}", act))
    return order, alert


def now(here: Scene, order: int) -> Order:
    return here.orders.order(NO_1_SCOPE, order)


def notes(here: Scene, order: int) -> list[str]:
    return [step.note for step in here.orders.history(NO_1_SCOPE, order) if step.who == "system"]


def test_it_closes_itself_when_the_device_has_been_healthy_long_enough(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.change_alert(alert, cleared_at=here.clock.now)
        here.pass_minutes(14, healthy=True)
        assert now(here, order).state is OrderState.DONE
        here.pass_minutes(10, healthy=True)
        assert now(here, order).state is OrderState.VERIFIED
        assert notes(here, order) == ["healthy"]


def test_silence_and_no_answer_prove_nothing(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.change_alert(alert, cleared_at=here.clock.now)
        here.pass_minutes(40)  # not one sample
        assert now(here, order).state is OrderState.DONE
        here.pass_minutes(10, healthy=True)
        here.pass_minutes(1, healthy=False)  # the proof begins anew
        here.pass_minutes(14, healthy=True)
        assert now(here, order).state is OrderState.DONE
        here.pass_minutes(10, healthy=True)
        assert now(here, order).state is OrderState.VERIFIED


def test_a_hushed_alert_is_no_proof_either(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.change_alert(alert, silence=7)
        here.pass_minutes(90, healthy=True)
        assert now(here, order).state is OrderState.DONE, "silenced is neither repaired nor failed"


def test_it_reopens_when_the_fault_still_stands_an_hour_later(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.pass_minutes(59, healthy=False)
        assert now(here, order).state is OrderState.DONE
        here.pass_minutes(3, healthy=False)
        told = now(here, order)
        assert (told.state, told.assignee, told.reopened) == (OrderState.ASSIGNED, NO_1_SCOPE.user, 1)
        assert notes(here, order) == [f"still_there {alert}"]


def test_it_reopens_when_the_alert_comes_back_within_days_and_only_once(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.change_alert(alert, cleared_at=here.clock.now)
        here.pass_minutes(25, healthy=True)
        assert now(here, order).state is OrderState.VERIFIED
        here.clock.now += 3 * DAY_MS
        back = here.raise_alert()
        here.pass_minutes(3, healthy=False)
        assert now(here, order).state is OrderState.ASSIGNED
        assert notes(here, order) == ["healthy", f"came_back {back}"]


def test_after_those_days_it_is_another_fault(tmp_path: Path) -> None:
    with scene(tmp_path, WorkOrderSettings(reopen_days=2)) as here:
        order, alert = done_order(here)
        here.change_alert(alert, cleared_at=here.clock.now)
        here.pass_minutes(25, healthy=True)
        here.clock.now += 3 * DAY_MS
        here.raise_alert()
        here.pass_minutes(3, healthy=False)
        assert now(here, order).state is OrderState.VERIFIED


def test_other_faults_and_other_devices_do_not_matter(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.change_alert(alert, cleared_at=here.clock.now)
        here.raise_alert("board-hot", device=BOARD_101)
        for device in (BOARD_102, GATEWAY, SWITCH, DeviceId("")):
            here.raise_alert(device=device)
        here.pass_minutes(25, healthy=True)
        assert now(here, order).state is OrderState.VERIFIED


def test_what_telemetry_never_saw_is_closed_when_nobody_tells_of_it_again(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order = here.orders.open_order(NO_1_SCOPE, Opening("o", NO_1, device=BOARD_102, what="touch")).order.id
        here.orders.command(NO_1_SCOPE, order, Command("1", Act.CLAIM))
        here.orders.command(NO_1_SCOPE, order, Command("2", Act.FINISH))
        here.clock.now += 2 * DAY_MS
        here.pass_minutes(1)
        assert now(here, order).state is OrderState.DONE
        here.clock.now += 1 * DAY_MS
        here.pass_minutes(1)
        assert (now(here, order).state, notes(here, order)) == (OrderState.CLOSED, ["quiet"])


def test_a_person_closes_with_a_reason_and_it_stays_closed_while_the_old_alert_stands(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, _alert = done_order(here)
        closed = here.orders.command(NO_1_SCOPE, order, Command("c", Act.CLOSE, note="taken out of use"))
        assert closed.order.state is OrderState.CLOSED
        here.pass_minutes(70, healthy=False)
        assert now(here, order).state is OrderState.CLOSED


def test_what_the_device_told_of_first_is_no_less_open_once_a_rule_finds_it(tmp_path: Path) -> None:
    """The alert goes on under the rule's name: the order made of it was about the same fault."""
    with scene(tmp_path) as here:
        alert = here.raise_alert("event:link_down", at=here.clock.now - MINUTE_MS)
        order = here.orders.open_order(NO_1_SCOPE, Opening("open", NO_1, alert=alert)).order.id
        rename(here, alert, "uplink-down")
        for number, act in enumerate((Act.CLAIM, Act.ARRIVE, Act.FINISH)):
            here.orders.command(NO_1_SCOPE, order, Command(f"c{number}", act))
        here.pass_minutes(50, healthy=True)
        assert now(here, order).state is OrderState.DONE
        here.pass_minutes(30, healthy=True)
        assert now(here, order).reopened == 1


def test_a_fault_that_the_device_tells_of_before_it_is_measured_reopens_the_order(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        order, alert = done_order(here)
        here.change_alert(alert, cleared_at=here.clock.now)
        here.pass_minutes(30, healthy=True)
        assert now(here, order).state is OrderState.VERIFIED
        here.clock.now += MINUTE_MS
        again = here.raise_alert("event:link_down")
        rename(here, again, "event:link_down", metric="")
        here.orders.tend(here.clock.now)
        assert now(here, order).state is OrderState.VERIFIED
        rename(here, again, "device-unreachable", metric="reachable")
        here.orders.tend(here.clock.now)
        assert now(here, order).reopened == 1


def rename(here: Scene, alert: int, rule: str, metric: str = "if_oper_state") -> None:
    """As the recorder does when both turn out to be one."""
    with writing(here.ready.engine) as session:
        session.get_one(AlertRow, alert).sqlmodel_update({"rule": rule, "metric": metric})
