"""The calendar's rows, in the registry's database. Times of day are minutes after local midnight."""

from datetime import date

from sqlmodel import Field, SQLModel

_ID_CHARS = 63
DISTRICT = ""
"""Stands in `site` where a row is the whole district's."""


def _site() -> str:
    value: str = Field(primary_key=True, foreign_key="site.id", max_length=_ID_CHARS)
    return value


class PeriodRow(SQLModel, table=True):
    """One period of a site's school day; `number` counts from 1."""

    __tablename__ = "period"

    site: str = _site()
    number: int = Field(primary_key=True)
    start_minute: int
    end_minute: int


class LessonRow(SQLModel, table=True):
    """A weekly lesson of a room; weekday 0 is Monday."""

    __tablename__ = "lesson"

    site: str = _site()
    room: str = Field(primary_key=True, max_length=_ID_CHARS)
    weekday: int = Field(primary_key=True)
    period: int = Field(primary_key=True)
    subject: str = ""


class MealRow(SQLModel, table=True):
    """When a site's kitchen serves."""

    __tablename__ = "meal"

    site: str = _site()
    start_minute: int = Field(primary_key=True)
    end_minute: int


class DayMarkRow(SQLModel, table=True):
    """What is told of one day, of a site or of the district."""

    __tablename__ = "day_mark"

    site: str = Field(primary_key=True, max_length=_ID_CHARS)
    day: date = Field(primary_key=True)
    kind: str = Field(max_length=16)
    name: str = ""
    follows: int | None = None
    is_enrolled: bool = False
    """Stands in the enrolment, and goes when it does not any more."""


class TermRow(SQLModel, table=True):
    """A term, of a site or of the district."""

    __tablename__ = "term"

    site: str = Field(primary_key=True, max_length=_ID_CHARS)
    first_day: date = Field(primary_key=True)
    last_day: date
    name: str = ""
