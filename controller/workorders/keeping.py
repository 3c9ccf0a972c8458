"""Keeps the promises of orders in view: their clocks in the school's hours, and an alert for each that is broken."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from campus.ids import DeviceId, SiteId
from controller.alerts.model import AlertKey, Verdict
from controller.identity.scope import SYSTEM, NotFound
from controller.workorders.contracts import ContractBook
from controller.workorders.model import Order
from controller.workorders.port import Calendar, SchoolHours, Verdicts
from controller.workorders.promise import Clocks, clocks_of
from controller.workorders.terms import NO_CONTRACT, Contract, WorkOrderSettings

OVERDUE_RULE: Final = "order-overdue"
HOURS_KEPT_MS: Final = 300_000
"""What somebody tells of a school's calendar is heeded so much later."""
TELL_AGAIN_MS: Final = 60_000


class PromiseKeeper:
    """`clocks` may be called from any thread, `tend` by one."""

    def __init__(
        self,
        calendar: Calendar,
        contracts: ContractBook,
        verdicts: Verdicts,
        clock: Callable[[], int],
        settings: WorkOrderSettings,
    ) -> None:
        self._calendar = calendar
        self._contracts = contracts
        self._verdicts = verdicts
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._hours: dict[SiteId, tuple[int, SchoolHours]] = {}
        self._told_at: dict[AlertKey, int] = {}
        self.overdue = 0
        """Orders at the last look."""

    def clocks(self, orders: Sequence[Order]) -> dict[int, Clocks]:
        """How the promises for some orders stand now, by order; none for orders of a school that is no more."""
        now = self._clock()
        terms = {each.id: each for each in self._contracts.contracts(SYSTEM)} if orders else {}
        found = {}
        for order in orders:
            hours = self.hours_of(order.site)
            if hours is not None:
                found[order.id] = self._clocks(order, terms.get(order.contract, NO_CONTRACT), hours, now)
        return found

    def hours_of(self, site: SiteId) -> SchoolHours | None:
        """A school's hours, as told some minutes ago at most; None for one that is no more."""
        now = self._clock()
        with self._lock:
            read_at, hours = self._hours.get(site, (0, None))
        if hours is not None and 0 <= now - read_at < HOURS_KEPT_MS:
            return hours
        try:
            told = self._calendar.school(SYSTEM, site)
        except NotFound:
            return None
        with self._lock:
            self._hours[site] = (now, told)
        return told

    def tend(self, orders: Sequence[Order], now: int) -> None:
        """Tell the alerts which of the open orders are overdue, and which are not any more."""
        clocks = self.clocks(orders)
        late = {_key(each): each for each in orders if each.id in clocks and clocks[each.id].is_overdue}
        self.overdue = len(late)
        is_open = {key for key in self._verdicts.judged_elsewhere() if key.rule == OVERDUE_RULE}
        self._told_at = {key: at for key, at in self._told_at.items() if key in late and now - at < TELL_AGAIN_MS}
        new = [key for key in late if key not in is_open and key not in self._told_at]
        self._told_at |= dict.fromkeys(new, now)
        told = [_verdict(key, late[key], now) for key in new]
        told += [Verdict(key, now, now, "", "", is_over=True) for key in _sorted(is_open - late.keys())]
        if told:
            self._verdicts.note_verdicts(told)

    def _clocks(self, order: Order, contract: Contract, hours: SchoolHours, now: int) -> Clocks:
        return clocks_of(order, self._settings.target(order.severity, order.kind), contract, hours, now)


def _key(order: Order) -> AlertKey:
    return AlertKey(OVERDUE_RULE, order.site, DeviceId(""), f"order-{order.id}")


def _verdict(key: AlertKey, order: Order, now: int) -> Verdict:
    what = f"{order.device} · " if order.device else ""
    return Verdict(
        key,
        now,
        now,
        f"work order {order.id} ({what}{order.what_en}) has not been repaired as promised",
        f"工单 {order.id}（{what}{order.what_zh}）未按承诺时限修复",
    )


def _sorted(keys: Iterable[AlertKey]) -> list[AlertKey]:
    return sorted(keys)
