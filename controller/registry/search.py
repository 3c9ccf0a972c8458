"""The search box: schools, rooms and devices by name, id, serial, MAC or IP, best matches first."""

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from campus.ids import DeviceId, SiteId
from controller.identity.scope import Scope
from controller.registry.facts import bare_mac
from controller.registry.model import SearchHit
from controller.registry.tables import DeviceRow, PortRow, RoomRow, SiteRow

MAX_TEXT_CHARS = 64
_MIN_MAC_DIGITS = 4


def search_registry(session: Session, scope: Scope, text: str, limit: int) -> list[SearchHit]:
    """At most `limit` hits the caller may see: exact matches first, then schools, rooms, devices. Blank text: none."""
    wanted = text.strip()[:MAX_TEXT_CHARS]
    if not wanted or limit <= 0:
        return []
    hits = [
        *_sites(session, scope, wanted, limit),
        *_rooms(session, scope, wanted, limit),
        *_devices(session, scope, wanted, limit),
    ]
    return sorted(hits, key=lambda hit: _rank(hit, wanted))[:limit]


def _sites(session: Session, scope: Scope, text: str, limit: int) -> list[SearchHit]:
    rows = session.exec(
        select(SiteRow)
        .where(_any_like(text, SiteRow.id, SiteRow.name_en, SiteRow.name_zh), within(scope, SiteRow.id))
        .order_by(col(SiteRow.id))
        .limit(limit)
    )
    return [SearchHit(SiteId(row.id), row.name_en, row.id, label_zh=row.name_zh) for row in rows]


def _rooms(session: Session, scope: Scope, text: str, limit: int) -> list[SearchHit]:
    rows = session.exec(
        select(RoomRow)
        .where(_any_like(text, RoomRow.id, RoomRow.name_en, RoomRow.name_zh), within(scope, RoomRow.site))
        .order_by(col(RoomRow.site), col(RoomRow.id))
        .limit(limit)
    )
    return [SearchHit(SiteId(row.site), row.name_en, row.id, room=row.id, label_zh=row.name_zh) for row in rows]


def _devices(session: Session, scope: Scope, text: str, limit: int) -> list[SearchHit]:
    matches = _any_like(text, DeviceRow.id, DeviceRow.name, DeviceRow.serial, DeviceRow.address, DeviceRow.model)
    mac = bare_mac(text)
    if len(mac) >= _MIN_MAC_DIGITS:
        with_mac = (
            select(PortRow.site)
            .where(
                col(PortRow.site) == DeviceRow.site,
                col(PortRow.device) == DeviceRow.id,
                col(PortRow.mac).like(f"{mac}%"),
            )
            .exists()
        )
        matches = or_(matches, with_mac)
    rows = session.exec(
        select(DeviceRow)
        .where(matches, within(scope, DeviceRow.site))
        .order_by(col(DeviceRow.site), col(DeviceRow.id))
        .limit(limit)
    )
    return [_device_hit(row) for row in rows]


def _device_hit(row: DeviceRow) -> SearchHit:
    detail = " · ".join(part for part in (row.id, row.model, row.serial, row.address) if part)
    return SearchHit(SiteId(row.site), row.name, detail, room=row.room, device=DeviceId(row.id), label_zh=row.name)


def within(scope: Scope, site: str) -> sa.ColumnElement[bool]:
    """The condition that a column of site ids is inside the scope."""
    if scope.sites is None:
        return sa.true()
    return col(site).in_(sorted(scope.sites))


def _any_like(text: str, *columns: str) -> sa.ColumnElement[bool]:
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(*(sa.func.lower(col(column)).like(f"%{escaped}%", escape="\\") for column in columns))


def _rank(hit: SearchHit, text: str) -> tuple[int, int]:
    words = [word.lower() for word in (hit.label, hit.label_zh, *hit.detail.split(" · "))]
    wanted = text.lower()
    exact = 0 if wanted in words else 1 if any(word.startswith(wanted) for word in words) else 2
    return exact, 2 if hit.device else 1 if hit.room else 0
