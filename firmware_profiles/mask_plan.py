"""Which objects of a recording bear what has to be masked: names, places, people, serial numbers. The rest stays as it is."""

from collections.abc import Iterable
from typing import Final

from firmware_profiles.mask_text import Mode, words_in
from firmware_profiles.model import FactForm, Naming, Profile, Source
from firmware_profiles.survey import points_of
from firmware_profiles.walk import Oid, Row

DROPPED: Final = ((1, 3, 6, 1, 6, 3),)
"""SNMP's own administration (RFC 3411 to 3418): engine, communities, users, targets. No profile reads it, nobody else should."""
_SERIALS: Final = ("1.3.6.1.2.1.47.1.1.1.1.11", "1.3.6.1.2.1.43.5.1.1.17")
_STRICT: Final = (
    "1.3.6.1.2.1.1.4",  # sysContact
    "1.3.6.1.2.1.1.6",  # sysLocation
    "1.3.6.1.2.1.25.4.2.1.5",  # hrSWRunParameters
    "1.3.6.1.2.1.43.5.1.1.4",  # prtGeneralCurrentOperator
    "1.3.6.1.2.1.43.5.1.1.5",  # prtGeneralServicePerson
    "1.3.6.1.2.1.47.1.2.1.4",  # entLogicalCommunity
    "1.3.6.1.4.1.9.9.23.1.2.1.1.19",  # cdpCachePhysLocation
    "1.3.6.1.4.1.2021.8.1",  # commands that a host's administrator wrote
)
_NAMES: Final = (
    "1.3.6.1.2.1.1.5",  # sysName
    "1.3.6.1.2.1.31.1.1.1.18",  # ifAlias
    "1.3.6.1.2.1.33.1.1.5",  # upsIdentName
    "1.3.6.1.2.1.33.1.1.6",  # upsIdentAttachedDevices
    "1.3.6.1.2.1.43.5.1.1.16",  # prtGeneralPrinterName
    "1.3.6.1.2.1.47.1.1.1.1.14",  # entPhysicalAlias
    "1.3.6.1.2.1.47.1.1.1.1.15",  # entPhysicalAssetID
    "1.0.8802.1.1.2.1.3.3",  # lldpLocSysName
    "1.0.8802.1.1.2.1.4.1.1.9",  # lldpRemSysName
    "1.3.6.1.4.1.9.9.23.1.2.1.1.6",  # cdpCacheDeviceId
    "1.3.6.1.4.1.9.9.23.1.2.1.1.17",  # cdpCacheSysName
)
_FREE: Final = (
    "1.3.6.1.4.1",  # what vendors define, unless a profile has to understand its words
    "1.3.6.1.2.1.16",  # RMON: owners, log entries
    "1.3.6.1.2.1.17.7.1.4.3.1.1",  # dot1qVlanStaticName
    "1.3.6.1.2.1.25.3.8.1.3",  # hrFSRemoteMountPoint
    "1.3.6.1.2.1.25.4.2.1",  # running programs
    "1.3.6.1.2.1.43.16",  # a printer's display
    "1.0.8802.1.1.2.1.4.1.1",  # what neighbours tell
    "1.0.8802.1.1.2.1.5",
)


class Plan:
    """For one set of profiles: how each object is masked."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._modes: dict[Oid, Mode] = {}
        for mode, oids in ((Mode.FREE, _FREE), (Mode.NAME, _NAMES), (Mode.STRICT, _STRICT)):
            self._modes |= {_numbers(oid): mode for oid in oids}
        self._serials = {_numbers(oid) for oid in _SERIALS}
        self.sources: list[Source] = []
        """Where serial numbers stand, by a pattern within other texts too."""
        self.products: set[str] = set()
        """Words of vendors and families, which devices bear as names when they come from the factory."""
        for profile in profiles:
            self._take(profile)

    def mode(self, row: Row) -> Mode:
        """How a row's text is masked; the longest of the known prefixes says it."""
        return next(
            (found for size in range(len(row.oid), 5, -1) if (found := self._modes.get(row.oid[:size]))), Mode.KEEP
        )

    def is_serial(self, row: Row) -> bool:
        """Whether the row's value is a serial number."""
        return any(row.oid[:size] in self._serials for size in range(6, len(row.oid) + 1))

    def _take(self, profile: Profile) -> None:
        """Keep what the profile reads words of; its serial numbers and names of its rows are masked."""
        told = (source.text for source in profile.facts.vendor)
        self.products.update(word for text in (profile.title, *told) for word in words_in(text))
        for fact in ("vendor", "model", "firmware", "hardware"):
            self._keep(source.oid or source.column for source in getattr(profile.facts, fact))
        for source in profile.facts.serial:
            self._take_serial(source)
        for point in points_of(profile):
            for way in (point, *point.otherwise):
                self._keep((way.oid, *way.beside))
            self._keep(condition.column for condition in point.where)
        for table in profile.tables.values():
            self._keep(condition.column for condition in table.where)
            self._keep_patterned(table.instance)

    def _keep_patterned(self, naming: Naming) -> None:
        if naming.pattern:
            self._keep(naming.columns)

    def _keep(self, oids: Iterable[str]) -> None:
        for oid in oids:
            if oid:
                self._modes.setdefault(_numbers(oid), Mode.KEEP)

    def _take_serial(self, source: Source) -> None:
        oid = source.oid or source.column
        if not oid or source.form is FactForm.MAC:
            return
        if source.pattern or source.values:
            self.sources.append(source)
            self._keep([oid])
        else:
            self._serials.add(_numbers(oid))


def _numbers(oid: str) -> Oid:
    return tuple(int(arc) for arc in oid.split("."))
