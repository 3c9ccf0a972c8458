"""Use cases of configurations: keep what agents send, list versions, show one, compare two.

A configuration shows how a school's network is protected even with its secrets masked: it is for operators and above.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
import zstandard
from sqlmodel import Session, col, select

from campus.configuration import ConfigurationText, decode_configuration
from campus.errors import Poison
from campus.ids import DeviceId, SiteId
from campus.samples import Document, Event, Severity
from campus.topics import Address
from campus.wire.frame import LATEST_MS, MAX_DOCUMENT_BYTES
from controller.configurations.difference import CONTEXT, compared
from controller.configurations.model import ChangeWindows, Difference, Version
from controller.configurations.tables import ConfigurationRow
from controller.figure import Figure
from controller.identity.scope import NotFound, Role, Scope
from controller.ingest.port import EventSink
from controller.registry.database import reading, writing
from controller.store.port import FrameMark

KEPT_MS: Final = 2 * 366 * 86_400_000
MAX_VERSIONS: Final = 500
"""Of one device, the newest; a device that changes daily is full after more than a year."""
MAX_DEVICES: Final = 1_000
"""Of one site, of which there are configurations: an agent may name devices without end."""
MOST_BYTES: Final = 2 << 30
"""Of the texts of one site; beyond it its oldest versions go, whatever device they are of."""
INSIDE: Final = "configuration_recorded"
OUTSIDE: Final = "configuration_changed_outside"
_OWN_EPOCH: Final = 0
"""Events that we report ourselves stand under an epoch no agent has."""


class ConfigurationService:
    """Thread-safe. `keep_document` is called by ingest (`controller.ingest.port.DocumentSink`), the others with a scope."""

    def __init__(
        self,
        engine: sa.Engine,
        events: EventSink,
        windows: ChangeWindows,
        clock: Callable[[], int],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._engine = engine
        self._most_bytes = most_bytes
        self._events = events
        self._windows = windows
        self._clock = clock
        self.counts: Counter[str] = Counter()
        """Documents by what became of them: ``first``, ``changed``, ``unchanged``, ``late``; and versions ``forgotten``."""

    def keep_document(self, address: Address, document: Document, received_at: int) -> None:
        """Keep a version, or note that the newest is still true; whoever should know of a change is told.

        `Poison` when the content is no configuration, `Transient` when the database is away.
        """
        told = decode_configuration(document.content)
        key = (address.site, document.device, document.observed_at)
        with writing(self._engine) as session:
            row = session.get(ConfigurationRow, key)
            newest = _newest(session, address.site, document.device)
            is_late = newest is not None and newest.taken_at > document.observed_at
            if row is None:
                before = _newest(session, address.site, document.device, document.observed_at)
                if before is not None and before.digest == _digest(told.text):
                    before.last_seen_at = max(before.last_seen_at, document.observed_at)
                    self.counts["unchanged"] += 1
                    return
                if newest is None:
                    _refuse_more_devices(session, address.site)
                row = self._new_row(session, before, address.site, document, told, received_at)
                self.counts["late" if is_late else "changed" if newest else "first"] += 1
            if is_late or not (row.added or row.removed):
                return
            event = _event_of(row)
        self._events.note_events(address, _mark_of(address, row), [event])

    def versions(self, scope: Scope, site: SiteId, device: DeviceId) -> list[Version]:
        """All versions of a device, newest first; none for one that never sent any."""
        scope.require(site, Role.OPERATOR)
        with reading(self._engine) as session:
            of_device = select(ConfigurationRow).where(*_is_of(site, device))
            rows = session.exec(of_device.order_by(col(ConfigurationRow.taken_at).desc()))
            return [_version(row) for row in rows]

    def text(self, scope: Scope, site: SiteId, device: DeviceId, taken_at: int) -> str:
        """One version whole; `NotFound` when there is none of that moment."""
        scope.require(site, Role.OPERATOR)
        with reading(self._engine) as session:
            row = session.get(ConfigurationRow, (site, device, taken_at))
            if row is None:
                raise NotFound
            return _text(row)

    def difference(
        self, scope: Scope, site: SiteId, device: DeviceId, before: int, after: int, context: int | None = CONTEXT
    ) -> Difference:
        """From the version taken at `before` to that taken at `after`; `NotFound` when there is no such one."""
        old, young = (self.text(scope, site, device, taken_at) for taken_at in (before, after))
        return compared(old.splitlines(), young.splitlines(), context)

    def figures(self) -> list[Figure]:
        """Counts for `/metrics`, since start."""
        name, text = "configuration_documents_total", "Configurations received, by what became of them"
        kept = [
            Figure(name, text, self.counts[each], (("outcome", each),))
            for each in ("first", "changed", "unchanged", "late")
        ]
        return [
            *kept,
            Figure(
                "configuration_versions_forgotten_total", "Versions deleted for age or number", self.counts["forgotten"]
            ),
        ]

    def _new_row(
        self,
        session: Session,
        before: ConfigurationRow | None,
        site: SiteId,
        document: Document,
        told: ConfigurationText,
        received_at: int,
    ) -> ConfigurationRow:
        added, removed = _counted(_text(before), told.text) if before else (0, 0)
        changed_at = told.changed_at if before and before.taken_at < told.changed_at <= document.observed_at else 0
        since = changed_at or (before.last_seen_at if before else document.observed_at)
        is_change = bool(added or removed)
        row = ConfigurationRow(
            site=site,
            device=document.device,
            taken_at=document.observed_at,
            last_seen_at=document.observed_at,
            received_at=received_at,
            digest=_digest(told.text),
            text=zstandard.compress(told.text.encode()),
            size_bytes=len(told.text.encode()),
            line_count=len(told.text.splitlines()),
            added=added,
            removed=removed,
            changed_at=changed_at,
            changed_by=told.changed_by[:64],
            is_outside=is_change and self._windows.are_missed(since, changed_at or document.observed_at),
        )
        session.add(row)
        session.flush()
        self._forget(session, site, document.device)
        return row

    def _forget(self, session: Session, site: SiteId, device: DeviceId) -> None:
        """Delete what is too old or too much of one device; its newest version stays, whatever its age."""
        taken_at = col(ConfigurationRow.taken_at)
        newest_first = select(ConfigurationRow.taken_at).where(*_is_of(site, device)).order_by(taken_at.desc())
        instants = list(session.exec(newest_first))
        earliest = self._clock() - KEPT_MS
        gone = [at for place, at in enumerate(instants) if place and (at < earliest or place >= MAX_VERSIONS)]
        if gone:
            session.execute(sa.delete(ConfigurationRow).where(*_is_of(site, device), taken_at.in_(gone)))
            self.counts["forgotten"] += len(gone)
        self._make_room(session, site)

    def _make_room(self, session: Session, site: SiteId) -> None:
        """Delete a site's oldest versions until its texts are few enough; the newest of each device stays."""
        of_site = col(ConfigurationRow.site) == site
        total = sa.select(sa.func.sum(ConfigurationRow.size_bytes)).where(of_site)
        excess = int(session.execute(total).scalar_one() or 0) - self._most_bytes
        if excess <= 0:
            return
        columns = (ConfigurationRow.device, ConfigurationRow.taken_at, ConfigurationRow.size_bytes)
        oldest_first = sa.select(*columns).where(of_site).order_by(col(ConfigurationRow.taken_at))  # type: ignore[call-overload]
        rows = list(session.execute(oldest_first))
        newest = {device: taken_at for device, taken_at, _ in rows}
        for device, taken_at, size_bytes in rows:
            if excess > 0 and newest[device] != taken_at:
                session.execute(
                    sa.delete(ConfigurationRow).where(*_is_of(site, device), col(ConfigurationRow.taken_at) == taken_at)
                )
                self.counts["forgotten"] += 1
                excess -= size_bytes


def _refuse_more_devices(session: Session, site: SiteId) -> None:
    devices = sa.select(sa.func.count(sa.distinct(col(ConfigurationRow.device)))).where(
        col(ConfigurationRow.site) == site
    )
    if int(session.execute(devices).scalar_one()) >= MAX_DEVICES:
        raise Poison("too_many_devices", f"{site} has configurations of {MAX_DEVICES} devices already")


def _is_of(site: SiteId, device: DeviceId) -> tuple[sa.ColumnElement[bool], ...]:
    return col(ConfigurationRow.site) == site, col(ConfigurationRow.device) == device


def _newest(session: Session, site: SiteId, device: DeviceId, until: int = LATEST_MS) -> ConfigurationRow | None:
    """The newest version of a device, of those that were taken before `until`."""
    newest_first = col(ConfigurationRow.taken_at).desc()
    wanted = (*_is_of(site, device), col(ConfigurationRow.taken_at) < until)
    return session.exec(select(ConfigurationRow).where(*wanted).order_by(newest_first).limit(1)).first()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(row: ConfigurationRow) -> str:
    return zstandard.decompress(row.text, max_output_size=MAX_DOCUMENT_BYTES).decode()


def _counted(before: str, after: str) -> tuple[int, int]:
    """Lines that came and lines that went; where lines only changed places, those that did. Quick, for ingest waits."""
    old, young = before.splitlines(), after.splitlines()
    added, removed = Counter(young) - Counter(old), Counter(old) - Counter(young)
    moved = 0 if added or removed else sum(one != other for one, other in zip(old, young, strict=True))
    return added.total() + moved, removed.total() + moved


def _event_of(row: ConfigurationRow) -> Event:
    who_zh = f"，操作人：{row.changed_by}" if row.changed_by else ""
    who_en = f", by {row.changed_by}" if row.changed_by else ""
    when_zh, when_en = ("不在变更时间窗内，", ", outside the change window") if row.is_outside else ("", "")
    text = (
        f"设备配置有变化：{when_zh}新增 {row.added} 行，删除 {row.removed} 行{who_zh} / "
        f"The configuration was changed{when_en}; lines added: {row.added}, removed: {row.removed}{who_en}"
    )
    kind, severity = (OUTSIDE, Severity.MAJOR) if row.is_outside else (INSIDE, Severity.INFO)
    return Event(DeviceId(row.device), row.changed_at or row.taken_at, kind, text, severity)


def _mark_of(address: Address, row: ConfigurationRow) -> FrameMark:
    """A mark of its own for each version, the same whenever the same document comes again."""
    number = row.taken_at << 20 | zlib.crc32(row.device.encode()) & 0xFFFFF
    return FrameMark(address.site, address.agent, _OWN_EPOCH, number)


def _version(row: ConfigurationRow) -> Version:
    return Version(
        site=SiteId(row.site),
        device=DeviceId(row.device),
        taken_at=row.taken_at,
        last_seen_at=row.last_seen_at,
        digest=row.digest,
        size_bytes=row.size_bytes,
        lines=row.line_count,
        added=row.added,
        removed=row.removed,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        is_outside=row.is_outside,
    )
