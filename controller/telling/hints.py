"""What is not wrong in a register and will disappoint somebody. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from controller.telling.model import Person, Register
from controller.telling.plan import Rung

MOST_NAMED: Final = 5


def hints(register: Register, ladders: Mapping[str, Sequence[Rung]]) -> Iterator[str]:
    """One sentence each, with what to do; `ladders` by school."""
    unheard = [site for site, rungs in ladders.items() if not rungs]
    if unheard:
        yield f"nobody is told of faults in {_named(unheard)}: give somebody that place, one above it, or none"
    used = {reach.channel for person in register.people for reach in person.reach}
    if idle := [name for name in register.channels if name not in used]:
        yield f"nobody is reached by {_named(idle)}"
    if not any(_hears_of_channels(person) for person in register.people):
        yield "when a channel fails nobody hears of it by another: give somebody without a place a second one"
    if not any(_is_there_on_holidays(person) for person in register.people):
        yield "on public holidays nobody is on duty, and only what is critical is told: give somebody days: [holidays]"


def _hears_of_channels(person: Person) -> bool:
    return not person.place and len({reach.channel for reach in person.reach}) > 1


def _is_there_on_holidays(person: Person) -> bool:
    return not person.duty or any("holidays" in duty.days for duty in person.duty)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
