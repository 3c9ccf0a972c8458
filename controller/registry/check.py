"""What an enrolment must satisfy before a line of it is written: every problem at once, each with its place. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from campus.document import nearest
from campus.errors import ConfigError
from campus.ids import is_id
from controller.calendar.model import parse_period
from controller.registry.enrolment import Enrolment, LessonEntry, OrganisationEntry, RoomEntry, SiteEntry

Steps = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing wrong: where (`campus.document.line_of` takes the steps) and what to do about it."""

    steps: Steps
    message: str

    @property
    def place(self) -> str:
        """The steps as people read them: ``sites[2].periods[0]``."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps).lstrip(".")


def check_enrolment(enrolment: Enrolment) -> list[Problem]:
    """Every problem, in the order of the file; an empty list when there is none."""
    organisations = {entry.id for entry in enrolment.organisations}
    problems = [*_twins("organisations", enrolment.organisations), *_tree(enrolment.organisations)]
    problems += _twins("sites", enrolment.sites)
    problems += _agent_problems(enrolment.sites)
    for index, site in enumerate(enrolment.sites):
        here: Steps = ("sites", index)
        if site.organisation not in organisations:
            advice = nearest(site.organisation, sorted(organisations))
            problems.append(Problem((*here, "organisation"), f"unknown organisation {site.organisation!r}.{advice}"))
        problems += [Problem((*here, *steps), message) for steps, message in _site_problems(site)]
    return problems


def refuse_problems(problems: list[Problem]) -> None:
    """Raise one `ConfigError` that names the first problems, when there are any."""
    if problems:
        lines = [f"{problem.place}: {problem.message}" for problem in problems[:10]]
        more = f" (and {len(problems) - 10} more)" if len(problems) > 10 else ""
        raise ConfigError("the enrolment cannot be taken: " + "; ".join(lines) + more)


def _tree(entries: tuple[OrganisationEntry, ...]) -> Iterator[Problem]:
    parents = {entry.id: entry.parent for entry in entries}
    roots = [entry.id for entry in entries if not entry.parent]
    if len(roots) != 1:
        yield Problem(("organisations",), f"exactly one organisation must have no parent, found {len(roots)}: {roots}")
    for index, entry in enumerate(entries):
        if entry.parent and entry.parent not in parents:
            advice = nearest(entry.parent, sorted(parents))
            yield Problem(("organisations", index, "parent"), f"unknown organisation {entry.parent!r}.{advice}")
        elif _in_circle(entry.id, parents):
            yield Problem(("organisations", index, "parent"), f"{entry.id!r} stands above itself: break the circle")


def _in_circle(start: str, parents: dict[str, str]) -> bool:
    above, seen = parents[start], {start}
    while above and above in parents and above not in seen:
        seen.add(above)
        above = parents[above]
    return above == start


def _agent_problems(sites: tuple[SiteEntry, ...]) -> Iterator[Problem]:
    for index, site in enumerate(sites):
        for place, agent in enumerate(site.agents):
            if not is_id(agent):
                yield Problem(("sites", index, "agents", place), _id_advice(agent))
            elif agent in site.agents[:place]:
                yield Problem(("sites", index, "agents", place), f"agent {agent!r} stands twice: keep one of them")


def _site_problems(site: SiteEntry) -> Iterator[tuple[Steps, str]]:
    yield from _twins("rooms", site.rooms)
    for index, period in enumerate(site.periods):
        try:
            parse_period(period)
        except ConfigError as error:
            yield ("periods", index), str(error)
    rooms = {room.id for room in site.rooms}
    slots: Counter[tuple[str, int, int]] = Counter()
    for index, lesson in enumerate(site.timetable):
        slots[lesson.room, lesson.weekday, lesson.period] += 1
        for step, message in _lesson_problems(lesson, rooms, len(site.periods)):
            yield ("timetable", index, step), message
        if slots[lesson.room, lesson.weekday, lesson.period] == 2:
            yield ("timetable", index), f"room {lesson.room!r} has two lessons in this period: keep one of them"


def _lesson_problems(lesson: LessonEntry, rooms: set[str], periods: int) -> Iterator[tuple[str, str]]:
    if lesson.room not in rooms:
        yield "room", f"unknown room {lesson.room!r}.{nearest(lesson.room, sorted(rooms))}"
    if not 0 <= lesson.weekday <= 6:
        yield "weekday", f"{lesson.weekday} is not a weekday: 0 is Monday, 6 is Sunday"
    if not 1 <= lesson.period <= periods:
        yield "period", f"the site has no period {lesson.period}: its periods are 1 to {periods}"


def _twins(section: str, entries: Iterable[OrganisationEntry | SiteEntry | RoomEntry]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        name = entry.id
        if not is_id(name):
            yield Problem((section, index, "id"), _id_advice(name))
        elif name in seen:
            yield Problem((section, index, "id"), f"{name!r} stands twice in {section}: ids must differ")
        seen.add(name)


def _id_advice(name: str) -> str:
    return f"{name[:80]!r} is not an id: use 1 to 63 lower-case letters, digits and hyphens, such as 'no-3-primary'"
