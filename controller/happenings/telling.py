"""An alert, or a time of silence, as a point: its tags, and what is said of it in both languages. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from campus.ids import SiteId
from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT, Tag
from campus.samples import DeviceKind
from controller.alerts.model import Alert, AlertState
from controller.happenings.model import CLEARED, OPEN, Happening, Key, key_of
from controller.registry.model import Device, Site
from controller.silences.model import Begun, Kind
from controller.silences.words import said_of

_KINDS = {Kind.SILENCE: ("Silence", "静默"), Kind.MAINTENANCE: ("Maintenance", "维护")}
_BETWEEN = " · "


class Said(NamedTuple):
    """What an alert is called, in English and Chinese."""

    en: str
    zh: str


class Where(NamedTuple):
    """What an alert is about; None where nobody knows it (any more)."""

    site: Site | None
    device: Device | None
    kind: DeviceKind


def of_alert(alert: Alert, said: Said, where: Where, now: int) -> Happening:
    """The point of an alert as of `now`, at the instant it opened."""
    is_open = alert.state is AlertState.OPEN
    tags = {
        Tag.SITE: alert.site,
        Tag.DEVICE: alert.device,
        Tag.KIND: where.kind if alert.device else "",
        Tag.INSTANCE: alert.instance,
        "rule": alert.rule,
        "severity": alert.severity,
    }
    device = where.device.name if where.device else alert.device
    site_en, site_zh = (where.site.name_en, where.site.name_zh) if where.site else (alert.site, alert.site)
    return Happening(
        key_of(ALERT_MEASUREMENT, alert.opened_at, tags),
        {
            "id": alert.id,
            "ends_at": now if is_open else max(alert.cleared_at, alert.opened_at),
            "title_en": said.en,
            "title_zh": said.zh,
            "text_en": _BETWEEN.join(filter(None, (site_en, device, alert.instance))),
            "text_zh": _BETWEEN.join(filter(None, (site_zh, device, alert.instance))),
            "state": OPEN if is_open else CLEARED,
        },
    )


def of_silences(begun: Iterable[Begun]) -> Iterator[Happening]:
    """Their points, in the same order; of several that begin at once at one place each a millisecond after the other."""
    taken: set[Key] = set()
    for each in begun:
        place = each.site or SiteId("")
        at = each.begins_at
        while (key := key_of(MAINTENANCE_MEASUREMENT, at, {Tag.SITE: place})) in taken:
            at += 1
        taken.add(key)
        kind_en, kind_zh = _KINDS[each.window.draft.kind]
        text_en, text_zh = said_of(each.window)
        reason = each.window.draft.reason
        yield Happening(
            key,
            {
                "id": each.window.id,
                "ends_at": each.ends_at,
                "title_en": f"{kind_en}: {reason}",
                "title_zh": f"{kind_zh}：{reason}",
                "text_en": text_en,
                "text_zh": text_zh,
            },
        )
