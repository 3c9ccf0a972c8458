"""The enrolment file: what a district is told about itself before its agents speak. YAML, read strictly.

organisations:
  - {id: district, name_en: East District, name_zh: 东区}
sites:
  - id: no-3-primary
    organisation: district
    name_en: No. 3 Primary School
    name_zh: 第三小学
    agents: [no-3-primary]
    rooms:
      - {id: r101, name_en: Room 101, name_zh: 一（1）班, floor: 1}
    periods: ["08:00-08:40", "08:50-09:30"]
    timetable:
      - {room: r101, weekday: 0, period: 1, subject: maths}
holidays: [2026-10-01, 2026-10-02]
"""

from datetime import date

import msgspec


class OrganisationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node of the tree above the schools; `parent` empty for the root."""

    id: str
    name_en: str
    name_zh: str
    parent: str = ""


class RoomEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in a site."""

    id: str
    name_en: str
    name_zh: str
    floor: int = 0


class LessonEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A weekly lesson: weekday 0 is Monday, period counts from 1 in the site's `periods`."""

    room: str
    weekday: int
    period: int
    subject: str = ""


class SiteEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A school, or the district centre. `periods` are ``HH:MM-HH:MM`` in the district's time zone."""

    id: str
    organisation: str
    name_en: str
    name_zh: str
    agents: tuple[str, ...] = ()
    centre: bool = False
    pupils: int = 0
    rooms: tuple[RoomEntry, ...] = ()
    periods: tuple[str, ...] = ()
    timetable: tuple[LessonEntry, ...] = ()


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `holidays` are days without lessons, district-wide."""

    organisations: tuple[OrganisationEntry, ...]
    sites: tuple[SiteEntry, ...]
    holidays: tuple[date, ...] = ()
