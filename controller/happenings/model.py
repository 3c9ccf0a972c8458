"""Nouns of happenings. The measurements, with their tags and fields, are described in `campus/influx.py`."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT, Tag

MEASUREMENTS: Final = (ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT)
TAGS: Final = {
    ALERT_MEASUREMENT: (Tag.SITE, Tag.DEVICE, Tag.KIND, Tag.INSTANCE, "rule", "severity"),
    MAINTENANCE_MEASUREMENT: (Tag.SITE,),
}
OPEN: Final = "open"
CLEARED: Final = "cleared"


class Key(NamedTuple):
    """What makes a point the same: another one takes its place. Tags ascend by name, none is empty."""

    measurement: str
    at: int
    tags: tuple[tuple[str, str], ...]


class Happening(NamedTuple):
    """One point: when it began (UTC ms) and what is told of it."""

    key: Key
    fields: Mapping[str, str | int]

    @property
    def is_open(self) -> bool:
        """Whether it is an alert that stands: its `ends_at` is now, whenever that is."""
        return self.fields.get("state") == OPEN


def key_of(measurement: str, at: int, tags: Mapping[str, str]) -> Key:
    """A key; tags without a value are left out, and blanks around one.

    >>> key_of("campanile_maintenance", 7, {"site": ""}).tags
    ()
    """
    words = ((name, value.strip()) for name, value in tags.items())
    return Key(measurement, at, tuple(sorted((str(name), str(value)) for name, value in words if value)))
