"""`campanile controller calendar ...`: tell a controller when its schools are schools, and ask it."""

import csv
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus.errors import ConfigError
from controller.cli_backup import config_option

if TYPE_CHECKING:
    from campus.ids import SiteId

_CONFIG = config_option()
_SITE = click.option("--site", help="This school (its id); without it, the whole district.")


@click.group()
def calendar() -> None:
    """Terms, holidays, make-up and exam days, bells, meals and lessons.

    What is told of the district holds for every school that says nothing else of itself. A running controller heeds it in
    alerts within five minutes, in everything else at once.
    """


@calendar.command("import", short_help="Tell it what a CSV or iCalendar file says.")
@_CONFIG
@_SITE
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_command(config_path: Path, site: str | None, file: Path) -> None:
    """Tell the controller what FILE says, whole or, where a line is wrong, not at all.

    Days and terms stand in place of what was told of those days; bells, meals and lessons, where there are any, replace all
    that the school had.

    \b
      what,from,to,weekday,period,room,name
      term,2026-09-01,2027-01-22,,,,Autumn term
      holiday,2026-10-01,2026-10-07,,,,National Day
      make_up,2026-10-10,,2,,,as on Wednesday (weekday 0 is Monday)
      exam,2026-11-12,2026-11-13,,,,Mid-term
      period,08:00,08:40,,1,,
      meal,11:30,12:30,,,,
      lesson,,,0,1,r101,maths

    A file that ends in .ics is iCalendar: whole days that call themselves holidays, make-up days or exams, and weekly lessons
    whose place is a room of the school and which begin with a bell the school has told. What is none of these is named.
    """
    from controller.calendar.sheet import sheet_rows
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM

    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    with registry_of(config_path) as opened:
        read = opened.calendar.read_file(SYSTEM, str(file), content, _site(site))
        opened.calendar.take_sheet(SYSTEM, read.sheet, _site(site))
    for each in read.left_out:
        click.echo(f"left out: {each}", err=True)
    rows = [row[0] for row in sheet_rows(read.sheet)]
    counts = ", ".join(f"{rows.count(what)} {what}" for what in dict.fromkeys(rows))
    click.echo(f"{file}: {counts or 'nothing'}")


@calendar.command(short_help="Write what was told as CSV.")
@_CONFIG
@_SITE
def export(config_path: Path, site: str | None) -> None:
    """Print what was told of a school itself, or of the district, as `import` reads it back."""
    from controller.calendar.sheet import COLUMNS, sheet_rows
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM

    with registry_of(config_path) as opened:
        told = opened.calendar.sheet(SYSTEM, _site(site))
    csv.writer(sys.stdout, lineterminator="\n").writerows([COLUMNS, *sheet_rows(told)])


@calendar.command(short_help="Say what a day is.")
@_CONFIG
@_SITE
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]), metavar="[DAY]", required=False)
def show(config_path: Path, site: str | None, day: "date | None") -> None:
    """Say what DAY (2026-10-10; today without it) is, and how many lessons and school hours a school has then."""
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM

    with registry_of(config_path) as opened:
        school = opened.calendar.school(SYSTEM, _site(site))
        wanted = date(day.year, day.month, day.day) if day else school.day_at(opened.clock())
    start, end = school.bounds_of(wanted)
    mark = school.marks.get(wanted)
    name = f" ({mark.name})" if mark and mark.name else ""
    click.echo(f"{wanted}: {school.kind_of(wanted).value}{name}")
    if site:
        hours = school.school_ms(start, end) / 3_600_000
        click.echo(f"{hours:.1f} h of school, {len(school.lessons(start, end))} lessons")


@calendar.command(short_help="Take over China's public holidays of a year.")
@_CONFIG
@click.argument("year", type=click.IntRange(2004, 2100))
def national(config_path: Path, year: int) -> None:
    """Take over the public holidays and make-up working days of China of YEAR, but for days that something was said of.

    They are announced each November; a year that this version does not know yet is refused.
    """
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM

    with registry_of(config_path) as opened:
        taken = opened.calendar.mark_national_days(SYSTEM, year)
    click.echo(f"{year}: {taken} days taken over")


@calendar.command(short_help="Take back what was said of a day.")
@_CONFIG
@_SITE
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def forget(config_path: Path, site: str | None, day: date) -> None:
    """Take back what was said of DAY: it is what its weekday and the terms make of it then."""
    from controller.cli import registry_of
    from controller.identity.scope import SYSTEM

    with registry_of(config_path) as opened:
        opened.calendar.unmark_day(SYSTEM, date(day.year, day.month, day.day), _site(site))
        kind = opened.calendar.school(SYSTEM, _site(site)).kind_of(date(day.year, day.month, day.day))
    click.echo(f"{date(day.year, day.month, day.day)}: {kind.value}")


def _site(site: str | None) -> "SiteId | None":
    from campus.ids import SiteId

    return SiteId(site) if site else None
