"""What anybody may do who holds a sticker: see whether it was told of, and tell of it. No account, so nothing is believed.

Bounded on every side: by sticker, by address and by school in time, and by one open order for each thing at all: what is
told of again is counted on that order and makes no other.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import CampusError, Poison
from controller.figure import Figure, labelled
from controller.identity.scope import SYSTEM
from controller.registry.database import reading, writing
from controller.workorders.ledger import Ledger
from controller.workorders.model import Act, Actor, Command, Opening, OrderState, Outcome, Source
from controller.workorders.opening import Opener
from controller.workorders.patience import Patience, address_key
from controller.workorders.photos import Album
from controller.workorders.proof import Found
from controller.workorders.rows import order_of
from controller.workorders.stickers import Place, StickerBook
from controller.workorders.tables import OrderRow, StepRow
from controller.workorders.troubles import Trouble, troubles_of

REPORTER: Final = "sticker"
"""Who is written down: nobody knows more."""
MAX_TEXT_CHARS: Final = 200
MAX_NOTED: Final = 20
"""Of one order: later reports are counted, and no longer written down one by one."""
HOUR_S: Final = 3_600.0


class Told(StrEnum):
    """What became of a report."""

    OPENED = "opened"
    ADDED = "added"
    """To the order that was open already."""
    TOO_MANY = "too_many"
    UNKNOWN = "unknown"
    """There is no such code (any more)."""
    NO_TROUBLE = "no_trouble"
    BAD_PHOTO = "bad_photo"


class Seen(NamedTuple):
    """What the page of a sticker shows. `state` None: nothing is open."""

    place: Place
    troubles: tuple[Trouble, ...]
    state: OrderState | None
    opened_at: int


class Report(NamedTuple):
    """What somebody sends. `key` is made by the page, so that two taps on the button are one report."""

    key: str
    trouble: str
    text: str = ""
    photo: bytes = b""


class ReportDesk:
    """Every method may be called from any thread."""

    def __init__(
        self, engine: sa.Engine, stickers: StickerBook, opener: Opener, album: Album, clock: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._stickers = stickers
        self._opener = opener
        self._album = album
        self._clock = clock
        self.counts: Counter[str] = Counter()
        """Looks and reports, by what became of them."""
        self._looks = Patience(240, 600)  # a school's teachers may share one address
        self._guesses = Patience(20, 600)
        self._of_code = Patience(6, HOUR_S)
        self._of_address = Patience(40, HOUR_S)
        self._of_site = Patience(120, HOUR_S)

    def look(self, code: str, address: str) -> Seen | Told:
        """What a sticker's page shows to whoever asks from `address`; `Told.UNKNOWN`, `Told.TOO_MANY`."""
        key, now = address_key(address), self._clock()
        if not self._looks.takes(key, now):
            return self._counted(Told.TOO_MANY, "look")
        place = self._stickers.place_of(code)
        if place is None:
            # Right codes go on being answered: a school's teachers share the address of who tries codes. What keeps them
            # from being found is their length, and how many may be looked at.
            return self._counted(Told.UNKNOWN if self._guesses.takes(key, now) else Told.TOO_MANY, "look")
        with reading(self._engine) as session:
            row = _open_of(session, place)
            order = order_of(row) if row is not None else None
        return Seen(place, troubles_of(place.kind), order.state if order else None, order.opened_at if order else 0)

    def report(self, code: str, address: str, report: Report) -> Told:
        """Take a report: a new order, or one more voice for the one that is open."""
        now = self._clock()
        place = self._stickers.place_of(code)
        if place is None:
            is_known_guesser = not self._guesses.takes(address_key(address), now)
            return self._counted(Told.TOO_MANY if is_known_guesser else Told.UNKNOWN, "report")
        trouble = next((each for each in troubles_of(place.kind) if each.id == report.trouble), None)
        if trouble is None:
            return self._counted(Told.NO_TROUBLE, "report")
        if not (
            self._of_code.takes(f"{place.site} {place.device} {place.room}", now)
            and self._of_address.takes(address_key(address), now)
            and self._of_site.takes(place.site, now)
        ):
            return self._counted(Told.TOO_MANY, "report")
        try:
            picture = self._album.reduced(report.photo) if report.photo else b""
        except Poison as error:
            self.counts[f"report {error.reason}"] += 1
            return Told.BAD_PHOTO
        return self._counted(self._take(place, trouble, report, picture, now), "report")

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        return list(labelled("sticker_visits_total", "Visits of stickers, by what became of them", "what", self.counts))

    def _take(self, place: Place, trouble: Trouble, report: Report, picture: bytes, now: int) -> Told:
        words = (trouble.en, trouble.zh)
        draft = self._opener.of_place(
            SYSTEM, place.site, place.device, place.room, Source.STICKER, trouble.severity, words, REPORTER, now
        )
        key = f"sticker-{report.key}"[:60]
        note = report.text.strip()[:MAX_TEXT_CHARS]
        with writing(self._engine) as session:
            ledger = Ledger(session, now)
            row = _open_of(session, place)
            told = Told.OPENED if row is None else Told.ADDED
            if row is None:
                opened = ledger.open(draft, Opening(key, place.site, note=note), REPORTER).order
                row = session.get_one(OrderRow, opened.id)
            else:
                self._note(
                    session,
                    ledger,
                    row,
                    Command(key, Act.REPORT_AGAIN, note=f"{trouble.zh} · {trouble.en}\n{note}".strip()),
                )
            if picture:
                try:
                    photo = Command(f"{key}-p", Act.PHOTO)
                    self._album.keep(session, ledger, row, photo, Actor(REPORTER), picture)
                except CampusError as error:  # the report counts without it
                    self.counts[f"photo {getattr(error, 'reason', 'not_kept')}"] += 1
        return told

    def _note(self, session: Session, ledger: Ledger, row: OrderRow, command: Command) -> None:
        """One more voice; of an order that was said to be done, the word that it is not."""
        noted = sa.select(sa.func.count()).where(
            col(StepRow.order) == row.id, col(StepRow.act) == Act.REPORT_AGAIN.value
        )
        if session.execute(noted).scalar_one() >= MAX_NOTED:
            row.reports += 1
            session.add(row)
            return
        answer = ledger.apply(row, command, Actor(REPORTER))
        if answer.step.outcome is Outcome.APPLIED and OrderState(row.state) is OrderState.DONE:
            again = Command(f"{command.id}-r"[:64], Act.REOPEN, note=Found.TOLD_AGAIN.value)
            ledger.apply(row, again, Actor(SYSTEM.user, is_overseer=True, is_system=True))

    def _counted(self, told: Told, what: str) -> Told:
        self.counts[f"{what} {told}"] += 1
        return told


def _open_of(session: Session, place: Place) -> OrderRow | None:
    """The order that is open of a thing, whoever opened it; of several the one opened first."""
    here = [col(OrderRow.site) == place.site, col(OrderRow.device) == place.device, col(OrderRow.closed_at) == 0]
    if not place.device:
        here.append(col(OrderRow.room) == place.room)
    return session.exec(select(OrderRow).where(*here).order_by(col(OrderRow.id)).limit(1)).first()
