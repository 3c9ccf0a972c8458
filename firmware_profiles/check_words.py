"""Is one word right? OIDs, patterns and conditions."""

import re

from firmware_profiles.finding import Place
from firmware_profiles.model import Filter

_OID = re.compile(r"[012](\.(0|[1-9][0-9]*))+\Z")
_MAX_ARC = (1 << 32) - 1


def check_oid(place: Place, oid: str) -> None:
    """An object identifier in numbers, without a leading dot."""
    if oid.startswith(".") and _OID.match(oid[1:]):
        place.say(f"{oid!r} begins with a dot", f"write {oid[1:]}")
    elif not _OID.match(oid):
        place.say(
            f"{oid!r} is not an OID", "write numbers parted by dots, such as 1.3.6.1.2.1.1.3.0; names are not looked up"
        )
    elif any(int(arc) > _MAX_ARC for arc in oid.split(".")):
        place.say(f"{oid!r} has an arc beyond 32 bits", "look at the MIB again")


def check_filter(place: Place, condition: Filter) -> None:
    """A condition with one question, of a column where it names one."""
    if condition.column:
        check_oid(place.at("column"), condition.column)
    if [bool(condition.any_of), bool(condition.matches), bool(condition.at_least)].count(True) != 1:
        place.say("a condition needs one of `any_of`, `matches` and `at_least`", "keep one of them")
    if condition.at_least and not condition.column:
        place.say("`at_least` counts the rows of a column, and none is named", "name a `column`")
    check_pattern(place.at("matches"), condition.matches)


def check_pattern(place: Place, pattern: str, groups: int = 0) -> None:
    """A regular expression that compiles and has at least so many groups."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        place.say(
            f"the pattern {pattern!r} does not compile: {error}", "escape brackets and backslashes; use single quotes"
        )
        return
    if compiled.groups < groups:
        place.say(
            f"the pattern {pattern!r} has {'no group' if not compiled.groups else f'{compiled.groups} groups'}",
            "put what shall be taken in ( )" if groups == 1 else f"{groups} groups in ( ) are used",
        )
