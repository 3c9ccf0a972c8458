"""Use cases of work orders: look, open, move. How conflicts of late commands are settled stands in `machine`.

Every method may be called from any thread. What the caller does not see is `NotFound`; changing needs a technician.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import CampusError, Poison
from campus.ids import SiteId
from controller.figure import Figure, labelled
from controller.identity.scope import SYSTEM, NotFound, Role, Scope
from controller.registry.database import reading, writing
from controller.workorders.contracts import ContractBook
from controller.workorders.keeping import PromiseKeeper
from controller.workorders.ledger import Ledger, actor_of
from controller.workorders.metrics import By, Performance, performance, total
from controller.workorders.model import (
    TO_DO,
    Act,
    Answer,
    Command,
    Diagnosis,
    Opening,
    Order,
    OrderQuery,
    Outcome,
    Photo,
    Proof,
    Refused,
    Step,
    Why,
)
from controller.workorders.opening import Opener
from controller.workorders.photos import Album
from controller.workorders.port import AlertRoom, Calendar, Registry, Telemetry, Verdicts
from controller.workorders.promise import Clocks
from controller.workorders.proof import Prover
from controller.workorders.reports import ReportDesk
from controller.workorders.rows import diagnosis_of, order_of, photo_of, step_of
from controller.workorders.stickers import StickerBook
from controller.workorders.tables import OrderRow, PhotoRow, StepRow
from controller.workorders.terms import WorkOrderSettings

MOST_LISTED: Final = 5_000


class WorkOrderService:
    """Orders and their histories."""

    def __init__(
        self,
        engine: sa.Engine,
        alerts: AlertRoom,
        registry: Registry,
        telemetry: Telemetry,
        calendar: Calendar,
        verdicts: Verdicts,
        clock: Callable[[], int],
        zone: ZoneInfo,
        folder: Path,
        settings: WorkOrderSettings = WorkOrderSettings(),  # noqa: B008 - frozen
    ) -> None:
        """Photos are kept in `folder`, which is made when the first comes."""
        self._engine = engine
        self._alerts = alerts
        self._clock = clock
        self._settings = settings
        self._opener = Opener(alerts, alerts, registry, telemetry)
        self._album = Album(folder)
        self._prover = Prover(engine, alerts, telemetry, self._album, settings)
        self.contracts = ContractBook(engine, registry, clock, zone)
        self._keeper = PromiseKeeper(calendar, self.contracts, verdicts, clock, settings)
        self.stickers = StickerBook(engine, registry, clock)
        self.reports = ReportDesk(engine, self.stickers, self._opener, self._album, clock)

    def tend(self, now: int) -> None:
        """A few times a minute, in one thread: prove repairs, reopen what came back, tell of broken promises."""
        self._prover.tend(now)
        self._keeper.tend(self.orders(SYSTEM, OrderQuery(states=TO_DO, limit=MOST_LISTED)), now)

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        with reading(self._engine) as session:
            counted = sa.select(col(OrderRow.state), sa.func.count()).where(col(OrderRow.closed_at) == 0)
            held = Counter({str(state): int(n) for state, n in session.execute(counted.group_by(col(OrderRow.state)))})
        return [
            *labelled("orders_open", "Work orders that are not over", "state", held),
            Figure("orders_overdue", "Work orders that take longer than promised", self._keeper.overdue),
            *self._prover.figures(),
            *self.reports.figures(),
        ]

    # Looking.

    def orders(self, scope: Scope, query: OrderQuery = OrderQuery()) -> list[Order]:  # noqa: B008 - frozen
        """Orders that match, the last opened first."""
        if query.site is not None:
            scope.require(query.site)
        found = select(OrderRow).where(_within(scope), *_matching(query))
        newest_first = found.order_by(col(OrderRow.opened_at).desc(), col(OrderRow.id).desc())
        with reading(self._engine) as session:
            return [order_of(row) for row in session.exec(newest_first.limit(min(query.limit, MOST_LISTED)))]

    def order(self, scope: Scope, order_id: int) -> Order:
        """One order."""
        with reading(self._engine) as session:
            return order_of(_seen(session, scope, order_id))

    def of_alert(self, scope: Scope, alert_id: int) -> Order | None:
        """The order that was made of an alert last; None without one."""
        return next(iter(self.orders(scope, OrderQuery(alert=alert_id, limit=1))), None)

    def clocks(self, scope: Scope, orders: Sequence[Order]) -> dict[int, Clocks]:
        """How the promises for some orders stand, by order; of orders the caller does not see nothing is told."""
        return self._keeper.clocks([each for each in orders if scope.sees(each.site)])

    def performance(
        self, scope: Scope, by: By, start: int, end: int, site: SiteId | None = None
    ) -> tuple[Performance, list[Performance]]:
        """Of the orders opened in [start, end), in UTC ms (at one school): all together, and by group."""
        opened = self.orders(scope, OrderQuery(site=site, opened_after=start, limit=MOST_LISTED))
        orders = [each for each in opened if each.opened_at < end]
        clocks = self.clocks(scope, orders)
        vendors = {each.id: each.vendor for each in self.contracts.contracts(scope)}
        group_of: dict[By, Callable[[Order], str]] = {
            By.SITE: lambda each: str(each.site),
            By.KIND: lambda each: each.kind.value,
            By.VENDOR: lambda each: vendors.get(each.contract, ""),
            By.SOURCE: lambda each: each.source.value,
        }
        return total(orders, clocks), performance(orders, clocks, group_of[by])

    def proof(self, scope: Scope, order_id: int) -> Proof:
        """How far telemetry has proved the repair of an order that is done."""
        order = self.order(scope, order_id)
        return Proof(
            bool(order.causes), self._prover.healthy_since(order_id), round(self._settings.verify_min * 60_000)
        )

    def diagnosis(self, scope: Scope, order_id: int) -> Diagnosis | None:
        """What telemetry said when the order was opened; None where it could not be asked."""
        with reading(self._engine) as session:
            return diagnosis_of(_seen(session, scope, order_id).diagnosis)

    def history(self, scope: Scope, order_id: int) -> list[Step]:
        """Its steps in the order they count; refused ones too."""
        with reading(self._engine) as session:
            _seen(session, scope, order_id)
            rows = session.exec(
                select(StepRow).where(col(StepRow.order) == order_id).order_by(col(StepRow.at), col(StepRow.id))
            )
            return [step_of(row) for row in rows]

    # Changing.

    def open_order(self, scope: Scope, opening: Opening) -> Answer:
        """Make an order, or answer with the one that this opening, or this alert, has already."""
        scope.require(opening.site, Role.TECHNICIAN)
        draft = self._opener.draft(scope, opening, self._clock())
        with writing(self._engine) as session:
            return Ledger(session, self._clock()).open(draft, opening, scope.user)

    def command(self, scope: Scope, order_id: int, command: Command) -> Answer:
        """Do what a person wants done, once; the same again, or what was refused then, answers as it did the first time.

        A claim or a hand-off acknowledges the alert the order was made of.
        """
        if command.act in _NOT_BY_COMMAND:
            raise Poison("bad_command", f"{command.act} is not done by a command")
        refusal = self._no_such_vendor(scope, order_id, command)
        with writing(self._engine) as session:
            row = _taken(session, scope, order_id)
            answer = Ledger(session, self._clock()).apply(row, command, actor_of(scope), refusal=refusal)
        if answer.step.outcome is Outcome.APPLIED and command.act in _ACKNOWLEDGES:
            self._acknowledge(scope, answer.order)
        return answer

    def _no_such_vendor(self, scope: Scope, order_id: int, command: Command) -> Refused | None:
        """Why an order cannot be handed to the vendor of a contract: there is none that covers it now."""
        if command.act is not Act.HAND_OFF or not command.contract:
            return None
        order = self.order(scope, order_id)
        covering = self.contracts.covering(scope, order.site, order.device, order.kind)
        if any(each.id == command.contract for each in covering):
            return None
        return Refused(Why.NO_CONTRACT, f"no contract {command.contract} covers this in force")

    def _acknowledge(self, scope: Scope, order: Order) -> None:
        if not order.alert:
            return
        try:
            self._alerts.acknowledge(scope, order.alert)
        except CampusError:
            return  # the alert may be forgotten by now; whoever has the order has it all the same

    # Photos.

    def add_photo(self, scope: Scope, order_id: int, key: str, content: bytes, note: str = "") -> Answer:
        """Keep a picture, made smaller and without what a camera writes beside it; `key` is the command's id.

        `Poison` (``photo_...``) for what is none, is too large or one too many.
        """
        with reading(self._engine) as session:
            scope.require(SiteId(_seen(session, scope, order_id).site), Role.TECHNICIAN)
        picture = self._album.reduced(content)
        with writing(self._engine) as session:
            row = _taken(session, scope, order_id)
            command = Command(key, Act.PHOTO, note=note)
            return self._album.keep(session, Ledger(session, self._clock()), row, command, actor_of(scope), picture)

    def photos(self, scope: Scope, order_id: int) -> list[Photo]:
        """Pictures of an order that are still kept, oldest first."""
        with reading(self._engine) as session:
            _seen(session, scope, order_id)
            kept = (col(PhotoRow.order) == order_id, col(PhotoRow.deleted_at) == 0)
            return [photo_of(row) for row in session.exec(select(PhotoRow).where(*kept).order_by(col(PhotoRow.id)))]

    def photo(self, scope: Scope, order_id: int, photo_id: int) -> bytes:
        """One as JPEG."""
        if not any(each.id == photo_id for each in self.photos(scope, order_id)):
            raise NotFound
        return self._album.read(photo_id)


_NOT_BY_COMMAND: Final = frozenset({Act.OPEN, Act.PHOTO, Act.REPORT_AGAIN})
_ACKNOWLEDGES: Final = frozenset({Act.CLAIM, Act.ASSIGN, Act.HAND_OFF, Act.ARRIVE})


def _matching(query: OrderQuery) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    for column, value in (
        (OrderRow.site, query.site),
        (OrderRow.device, query.device),
        (OrderRow.assignee, query.assignee),
        (OrderRow.alert, query.alert or None),
    ):
        if value is not None:
            wanted.append(col(column) == value)
    if query.states:
        wanted.append(col(OrderRow.state).in_([state.value for state in query.states]))
    if query.contracts:
        wanted.append(col(OrderRow.contract).in_(query.contracts))
    if query.opened_after:
        wanted.append(col(OrderRow.opened_at) >= query.opened_after)
    return wanted


def _within(scope: Scope) -> sa.ColumnElement[bool]:
    return sa.true() if scope.sites is None else col(OrderRow.site).in_(sorted(scope.sites))


def _seen(session: Session, scope: Scope, order_id: int) -> OrderRow:
    row = session.get(OrderRow, order_id)
    if row is None or not scope.sees(SiteId(row.site)):
        raise NotFound
    return row


def _taken(session: Session, scope: Scope, order_id: int) -> OrderRow:
    """For a transaction that writes: who comes second sees what the first has done; `Denied` for a viewer."""
    row = session.get(OrderRow, order_id, with_for_update=True)
    if row is None or not scope.sees(SiteId(row.site)):
        raise NotFound
    scope.require(SiteId(row.site), Role.TECHNICIAN)
    return row
