"""The photos of orders: files under the data folder, a row for each, so many and so much at most, for so long."""

import threading
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import Poison, Transient
from controller.identity.scope import NotFound
from controller.workorders.ledger import Ledger
from controller.workorders.model import Actor, Answer, Command, Outcome
from controller.workorders.pictures import reduced
from controller.workorders.tables import OrderRow, PhotoRow, StepRow

MAX_OF_ORDER: Final = 12
MAX_TOTAL_BYTES: Final = 4 * 1024**3
"""Of all photos together: some twenty thousand."""
KEEP_MS: Final = 730 * 86_400_000
AT_ONCE: Final = 2
"""Pictures decoded at the same time: each takes some tens of megabytes meanwhile."""
WAIT_S: Final = 10.0


class Album:
    """Every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._desk = threading.BoundedSemaphore(AT_ONCE)

    def reduced(self, content: bytes) -> bytes:
        """As `pictures.reduced`, a few at a time; `Transient` when too many are waiting."""
        if not self._desk.acquire(timeout=WAIT_S):
            raise Transient("too many photos are coming in just now: try again in a minute")
        try:
            return reduced(content)
        finally:
            self._desk.release()

    def keep(
        self, session: Session, ledger: Ledger, row: OrderRow, command: Command, who: Actor, picture: bytes
    ) -> Answer:
        """Write a reduced picture to a file and its step into the history, once for each command.

        `Poison` ``photo_too_many`` when the order, or the district, has no room for it.
        """
        known = select(StepRow).where(col(StepRow.order) == row.id, col(StepRow.command) == command.id)
        if session.exec(known).first() is not None:
            return ledger.apply(row, command, who)
        self._check_room(session, row.id or 0, len(picture))
        photo = PhotoRow(order=row.id or 0, who=who.user, at=ledger.now, size_bytes=len(picture))
        session.add(photo)
        session.flush()
        try:
            self._write(photo.id or 0, picture)
        except Transient:
            session.delete(photo)  # the caller may go on without it
            raise
        answer = ledger.apply(row, command, who, photo=photo.id or 0)
        if answer.step.outcome is Outcome.REFUSED:
            session.delete(photo)
            self._path(photo.id or 0).unlink(missing_ok=True)
        return answer

    def read(self, photo: int) -> bytes:
        """A kept picture; `NotFound` when its file is gone."""
        try:
            return self._path(photo).read_bytes()
        except OSError as error:
            raise NotFound from error

    def forget_old(self, session: Session, now: int) -> int:
        """Delete the files of photos whose time is over; how many."""
        old = (col(PhotoRow.deleted_at) == 0, col(PhotoRow.at) < now - KEEP_MS)
        rows = session.exec(select(PhotoRow).where(*old).limit(1_000)).all()
        for row in rows:
            self._path(row.id or 0).unlink(missing_ok=True)
            row.deleted_at = now
            session.add(row)
        return len(rows)

    def _check_room(self, session: Session, order: int, size_bytes: int) -> None:
        kept = sa.select(sa.func.count(), sa.func.sum(col(PhotoRow.size_bytes))).where(col(PhotoRow.deleted_at) == 0)
        of_order = session.execute(kept.where(col(PhotoRow.order) == order)).one()[0]
        total = session.execute(kept).one()[1] or 0
        if of_order >= MAX_OF_ORDER:
            raise Poison("photo_too_many", f"an order has at most {MAX_OF_ORDER} photos")
        if int(total) + size_bytes > MAX_TOTAL_BYTES:
            raise Poison("photo_too_many", "the place for photos is full: old ones go first, tell the district centre")

    def _write(self, photo: int, picture: bytes) -> None:
        path = self._path(photo)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture)
        except OSError as error:
            raise Transient(f"the photo cannot be kept now: {error.strerror}") from error

    def _path(self, photo: int) -> Path:
        """A thousand in a folder."""
        return self._folder / f"{photo // 1000:04d}" / f"{photo}.jpg"
