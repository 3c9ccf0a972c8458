"""The codes on stickers: which thing each stands for. Unguessable, short enough to type, dead once a new one is made.

A code tells nothing by itself. 50 random bits in letters that are not taken for others: with 100,000 stickers alive and as
many tries a second as the rate limit of pages lets through, nobody hits one in a lifetime.
"""

import secrets
from collections.abc import Callable, Collection
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.identity.scope import SYSTEM, NotFound, Role, Scope
from controller.registry.database import reading, writing
from controller.workorders.port import Registry
from controller.workorders.tables import StickerRow

CODE_CHARS: Final = 10
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_READ_AS: Final = str.maketrans("ILO", "110")
WITHOUT: Final = frozenset({DeviceKind.AGENT})
"""Nobody sees these to put a sticker on."""


class Sticker(NamedTuple):
    """A living code. `device` is empty for a room's."""

    code: str
    site: SiteId
    device: DeviceId
    room: str
    issued_at: int

    @property
    def spoken(self) -> str:
        """The code in pieces, to be read from the sticker and typed.

        >>> Sticker("K7QM2RX9DA", "s", "", "", 0).spoken
        'K7QM-2RX9-DA'
        """
        return "-".join(self.code[first : first + 4] for first in range(0, len(self.code), 4))


class Place(NamedTuple):
    """What a sticker stands for, as far as anybody may know: names, nothing else. `kind` None: a room."""

    site: SiteId
    device: DeviceId
    room: str
    kind: DeviceKind | None
    name_en: str
    name_zh: str
    room_en: str
    room_zh: str


class StickerBook:
    """Every method may be called from any thread. Making codes needs a technician."""

    def __init__(self, engine: sa.Engine, registry: Registry, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._registry = registry
        self._clock = clock

    def stickers(self, scope: Scope, site: SiteId) -> list[Sticker]:
        """The living codes of a school, by room and device."""
        scope.require(site)
        with reading(self._engine) as session:
            return [_sticker(row) for row in _living(session, site)]

    def missing_stickers(self, scope: Scope, site: SiteId) -> int:
        """How many devices and rooms of a school have no code yet."""
        scope.require(site)
        with reading(self._engine) as session:
            held = {(row.device, row.room) for row in _living(session, site)}
        return len(self._wanted(scope, site) - held)

    def issue_stickers(self, scope: Scope, site: SiteId) -> int:
        """Make the codes that are missing; how many."""
        scope.require(site, Role.TECHNICIAN)
        wanted = self._wanted(scope, site)
        with writing(self._engine) as session:
            held = {(row.device, row.room) for row in _living(session, site)}
            missing = sorted(wanted - held)
            for device, room in missing:
                session.add(self._new(site, device, room, scope.user))
        return len(missing)

    def reissue_sticker(self, scope: Scope, site: SiteId, code: str) -> Sticker:
        """A new code in place of one: who scans the old sticker is told that it is out of use."""
        scope.require(site, Role.TECHNICIAN)
        with writing(self._engine) as session:
            row = session.get(StickerRow, read_code(code))
            if row is None or row.site != site or row.ended_at:
                raise NotFound
            row.ended_at = self._clock()
            session.add(row)
            session.flush()
            made = self._new(site, row.device, row.room, scope.user)
            session.add(made)
            return _sticker(made)

    def place_of(self, code: str) -> Place | None:
        """What a living code stands for; None for any other. Asked by anybody, so it tells names alone."""
        with reading(self._engine) as session:
            row = session.get(StickerRow, read_code(code))
        if row is None or row.ended_at:
            return None
        site, device, room, kind = SiteId(row.site), DeviceId(row.device), row.room, None
        name = ""
        try:
            if device:
                told = self._registry.device(SYSTEM, site, device)
                name, room, kind = told.name or str(device), told.room, told.kind
            rooms = {each.id: each for each in self._registry.rooms(SYSTEM, site)}
        except NotFound:
            return None  # the device, or the school, is no more
        where = rooms.get(room)
        room_en, room_zh = (where.name_en, where.name_zh) if where else ("", "")
        return Place(site, device, room, kind, name or room_en, name or room_zh, room_en, room_zh)

    def _wanted(self, scope: Scope, site: SiteId) -> set[tuple[str, str]]:
        devices = self._registry.devices(scope, site)
        of_devices = {(str(each.id), "") for each in devices if each.kind not in WITHOUT}
        return of_devices | {("", each.id) for each in self._registry.rooms(scope, site)}

    def _new(self, site: str, device: str, room: str, who: str) -> StickerRow:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARS))
        return StickerRow(code=code, site=site, device=device, room=room, issued_at=self._clock(), issued_by=who)


def read_code(text: str) -> str:
    """The code in what somebody typed: small letters, dashes and look-alikes are as good.

    >>> read_code("k7qm-2rx9-da"), read_code("O0il")
    ('K7QM2RX9DA', '0011')
    """
    kept = text.upper().translate(_READ_AS)[:64]
    return "".join(letter for letter in kept if letter in _ALPHABET)


def _living(session: Session, site: SiteId) -> Collection[StickerRow]:
    alive = (col(StickerRow.site) == site, col(StickerRow.ended_at) == 0)
    return session.exec(select(StickerRow).where(*alive).order_by(col(StickerRow.room), col(StickerRow.device))).all()


def _sticker(row: StickerRow) -> Sticker:
    return Sticker(row.code, SiteId(row.site), DeviceId(row.device), row.room, row.issued_at)
