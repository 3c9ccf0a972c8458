"""A notification as an event a person understands, by the words of profiles. Pure."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import msgspec

from agent.traps.port import Known, Notification
from campus.ids import DeviceId
from campus.samples import Event, Severity
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.model import Naming, Profile
from firmware_profiles.raw import Raw, instance_of, text_of
from firmware_profiles.select import named
from firmware_profiles.traps import STANDARD, InstanceForm, Trap, trap_key

UNKNOWN_TRAP = "unknown_trap"
MAX_TEXT_CHARS = 400
_NAME_COLUMNS = ("1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2")
"""ifName and ifDescr (RFC 2863), which many devices send with the index of a port."""
_MAX_VALUE_CHARS = 80


class TrapBook:
    """What all profiles say of notifications."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._of = lru_cache(maxsize=256)(self._read)

    def event_of(self, notification: Notification, device: DeviceId, known: Known, occurred_at: int) -> Event:
        """The event; one that no profile has words for is told as `UNKNOWN_TRAP` with what it carried."""
        for trap in self._of(known.profile_name).get(trap_key(notification.oid), ()):
            if all(_holds(notification, each.varbind, each.any_of) for each in trap.where):
                return _told(trap, notification, device, self._named(known, notification), occurred_at)
        return Event(device, occurred_at, UNKNOWN_TRAP, _unread(notification), Severity.INFO)

    def _named(self, known: Known, notification: Notification) -> Callable[[str], str]:
        """What gives the port with an ifIndex its name.

        Polling's name counts, for samples bear it; but a device that numbered its ports anew since it was learnt tells another
        one in the column that names them, and knows better.
        """
        profile = self._catalogue.profiles.get(known.profile_name)
        naming = profile.tables[profile.ports.table].instance if profile and profile.ports else Naming()

        def name_of(port: str) -> str:
            remembered = known.port_name(port)
            told = _at(notification, naming.columns[0], port) if naming.columns and not naming.index_pattern else ""
            name = named(naming, port, [told]) if told else ""
            is_contradicted = name and remembered != name and not remembered.startswith((f"{name} (", f"{name} #"))
            return name if is_contradicted else remembered

        return name_of

    def _read(self, profile_name: str) -> dict[str, tuple[Trap, ...]]:
        """Traps by key: the profile's own words first, those any device may use behind them."""
        book: dict[str, tuple[Trap, ...]] = {}
        read = _metrics_of(self._catalogue.profiles.get(profile_name))
        for name in (profile_name, STANDARD):
            profile = self._catalogue.profiles.get(name)
            for trap in profile.traps if profile else ():
                key = trap_key(trap.oid)
                book[key] = (*book.get(key, ()), _quiet(trap) if trap.read_as in read else trap)
        return book


def _metrics_of(profile: Profile | None) -> set[str]:
    """What polling reads of a device of this profile."""
    if profile is None:
        return set()
    return {
        point.metric for points in (profile.points, *(t.points for t in profile.tables.values())) for point in points
    }


def _quiet(trap: Trap) -> Trap:
    return msgspec.structs.replace(trap, severity=Severity.INFO)


def _told(
    trap: Trap, notification: Notification, device: DeviceId, name_of: Callable[[str], str], occurred_at: int
) -> Event:
    instance = _instance(trap, notification, name_of)
    told = {name: _text(_value(notification, oid)) for name, oid in trap.values.items()}
    told["instance"] = instance
    words = f"{trap.zh.format(**told)} / {trap.en.format(**told)}"
    return Event(device, occurred_at, trap.kind, words[:MAX_TEXT_CHARS], trap.severity, instance)


def _instance(trap: Trap, notification: Notification, name_of: Callable[[str], str]) -> str:
    spec = trap.instance
    if spec is None:
        return ""
    index, value = next(_found(notification, spec.varbind), ("", None))
    if spec.form is InstanceForm.VALUE:
        return instance_of(text_of(value))
    if spec.form is InstanceForm.INDEX:
        return instance_of(index)
    port = index if spec.form is InstanceForm.PORT_INDEX else text_of(value)
    return instance_of(name_of(port) or _name_in(notification, port) or port)


def _name_in(notification: Notification, port: str) -> str:
    """What the trap itself calls the port."""
    return next((name for column in _NAME_COLUMNS if (name := _at(notification, column, port))), "")


def _at(notification: Notification, column: str, port: str) -> str:
    """What a notification carries of a column at a port; v1 devices may forget the index."""
    told = (text_of(value) for index, value in _found(notification, column) if index in {port, ""})
    return next(filter(None, told), "")


def _found(notification: Notification, oid: str) -> Iterator[tuple[str, Raw]]:
    """(index behind `oid`, value) of every varbind under it; the index is empty when it is `oid` itself."""
    for name, value in notification.varbinds:
        if name == oid or name.startswith(f"{oid}."):
            yield name[len(oid) + 1 :], value


def _value(notification: Notification, oid: str) -> Raw:
    return next((value for _, value in _found(notification, oid)), None)


def _holds(notification: Notification, oid: str, any_of: tuple[int | str, ...]) -> bool:
    return text_of(_value(notification, oid)) in {str(word) for word in any_of}


def _text(value: Raw) -> str:
    return text_of(value)[:_MAX_VALUE_CHARS] or "?"


def _unread(notification: Notification) -> str:
    """An unknown notification for the person who will write its words: its OID and the values it came with."""
    values = ", ".join(_text(value) for _, value in notification.varbinds if value is not None)
    return f"{notification.oid}: {values}"[:MAX_TEXT_CHARS] if values else notification.oid
