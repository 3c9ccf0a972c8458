"""Between the rows of silences and their nouns."""

from typing import Any

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.calendar.model import Period
from controller.silences.model import Days, Draft, Kind, Pattern, Selector, Window
from controller.silences.tables import SilenceRow


def window_of(row: SilenceRow) -> Window:
    """The window a stored row stands for."""
    hours = Period(row.start_minute, row.end_minute) if row.start_minute >= 0 else None
    selector = Selector(
        organisation=row.organisation,
        site=SiteId(row.site),
        kind=DeviceKind(row.device_kind) if row.device_kind else None,
        device=DeviceId(row.device),
        room=row.room,
        rule=row.rule,
        severity=Severity(row.severity) if row.severity else None,
    )
    draft = Draft(
        kind=Kind(row.kind),
        selector=selector,
        starts_at=row.starts_at,
        until=row.until,
        reason=row.reason,
        pattern=Pattern(Days(row.days), tuple(map(int, row.weekdays)), hours),
        takes_open=row.takes_open,
        covers_danger=row.covers_danger,
    )
    return Window(row.id or 0, draft, row.made_by, row.made_at, row.ended_at, row.ended_by)


def columns_of(draft: Draft) -> dict[str, Any]:
    """The columns that keep a draft."""
    chosen, pattern = draft.selector, draft.pattern
    start, end = pattern.hours or (-1, -1)
    return {
        "kind": draft.kind.value,
        "organisation": chosen.organisation if not chosen.site else "",
        "site": chosen.site,
        "device_kind": chosen.kind.value if chosen.kind else "",
        "device": chosen.device,
        "room": chosen.room,
        "rule": chosen.rule,
        "severity": chosen.severity.value if chosen.severity else "",
        "starts_at": draft.starts_at,
        "until": draft.until,
        "days": pattern.days.value,
        "weekdays": "".join(map(str, sorted(set(pattern.weekdays)))),
        "start_minute": start,
        "end_minute": end,
        "reason": draft.reason.strip(),
        "takes_open": draft.takes_open,
        "covers_danger": draft.covers_danger,
    }
