"""The list of rules as they stand at a place, by what they are about."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from fastapi import Response

from campus.samples import DeviceKind
from controller.alerts.model import Rule
from controller.console.page import Page
from controller.console.rule_stand import Stand
from controller.console.rule_words import looks_for, when_of
from controller.rulings.model import Effect, Ruling, When

SHOWS: Final = ("all", "changed", "off")
_KINDS: Final = tuple(DeviceKind)


class Line(NamedTuple):
    """One rule in the list."""

    rule: Rule
    what: str
    when: When
    is_off: bool
    decided: Ruling | None
    """The last decision about it on the way here."""
    is_cut: bool
    """Something was decided that a level above does not allow (any more)."""


class Told(NamedTuple):
    """What was just done: a rule removed, so many decisions taken from a file, or what was wrong with it."""

    is_removed: bool = False
    taken: int = -1
    problem: str = ""


def list_page(stand: Stand, q: str = "", show: str = "all", told: Told | None = None) -> Response:
    """The page; 422 where a file was not taken."""
    shown, told = show if show in SHOWS else "all", told or Told()
    effects = stand.rulings.effects(stand.scope, stand.place)
    lines = [_line(stand.page, effect) for effect in effects]
    lines = [line for line in lines if _is_wanted(line, q.strip().lower(), shown)]
    known = {effect.known.id: effect.known for effect in effects}
    return stand.render(
        "rules.html",
        status=422 if told.problem else 200,
        families=_families(lines),
        count=len(lines),
        q=q,
        show=shown,
        shows=SHOWS,
        told=told,
        exceptions=[(each, known.get(each.rule)) for each in stand.rulings.current_exceptions(stand.scope)],
    )


def _line(page: Page, effect: Effect) -> Line:
    rule = effect.rule or effect.known
    decided = effect.steps[-1].ruling if effect.steps else None
    is_cut = any(step.looser for step in effect.steps)
    return Line(rule, looks_for(page, rule)[0], when_of(rule), effect.rule is None, decided, is_cut)


def _is_wanted(line: Line, text: str, show: str) -> bool:
    rule = line.rule
    words = (rule.title_en, rule.title_zh, rule.id, rule.metric, line.what, rule.advice_en, rule.advice_zh)
    is_found = not text or any(text in each.lower() for each in words)
    return is_found and (show == "all" or (line.is_off if show == "off" else line.decided is not None))


def _families(lines: Iterable[Line]) -> list[tuple[DeviceKind | None, list[Line]]]:
    """Rules by the first kind of device they are about; those about any kind first."""
    families: dict[DeviceKind | None, list[Line]] = {}
    for line in lines:
        kind = min(line.rule.kinds, key=_KINDS.index) if line.rule.kinds else None
        families.setdefault(kind, []).append(line)
    return sorted(families.items(), key=lambda family: -1 if family[0] is None else _KINDS.index(family[0]))
