"""What a profile says about rows, names and texts, done: which rows stay, what they are called, what a fact says. Pure."""

import re
from functools import lru_cache

from firmware_profiles.model import FactForm, Filter, IndexForm, Naming, SameName, Source, Table
from firmware_profiles.raw import Raw, instance_of, mac_text, text_of

MOST_CHARS = 1024
"""Of a device's text that a pattern is looked for in: sysDescr has 255 at most (RFC 3418). Looking takes up to the square of
it: with an answer of 64 KB that is many seconds in which the agent does nothing else."""


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a profile, compiled once; profiles are checked, so it compiles."""
    return re.compile(pattern, re.DOTALL)


def keeps(condition: Filter, raw: Raw) -> bool:
    """Whether a row stays, by its value in the condition's column; a row without value goes.

    >>> keeps(Filter("1.3", any_of=(6, 117)), 6), keeps(Filter("1.3", matches="^[1-9]"), b"0")
    (True, False)
    """
    if raw is None:
        return False
    text = text_of(raw)[:MOST_CHARS]
    if condition.any_of:
        return any(str(word) == text for word in condition.any_of)
    return compiled(condition.matches).search(text) is not None


def picked(source: Source, raw: Raw) -> str:
    """A fact's text out of a raw value; empty when the pattern is not found in it, or `values` does not name it.

    >>> picked(Source(oid="1.3", pattern=r"Version (\\S+) Release (\\S+)"), b"Software Version 7.1 Release 6126P20")
    '7.1 6126P20'
    """
    text = taken(source.pattern, mac_text(raw) if source.form is FactForm.MAC else text_of(raw))
    return {str(known): said for known, said in source.values.items()}.get(text, "") if source.values else text


def taken(pattern: str, text: str) -> str:
    """A pattern's groups out of a text, joined by a space; the whole text without a pattern, empty where it is not found.

    >>> taken("^([0-9]+)[+ES-]?$", "116E"), taken("^x(.)", "116E")
    ('116', '')
    """
    if not pattern:
        return text
    found = compiled(pattern).search(text[:MOST_CHARS])
    return " ".join(group.strip() for group in found.groups() if group) if found else ""


def looked_up(naming: Naming, index: str) -> str:
    """The index under which a row's name stands: the row's own, or the first group of the pattern."""
    if not (naming.index_pattern and naming.columns):
        return index
    found = compiled(naming.index_pattern).search(index)
    return found[1] if found else index


def named(naming: Naming, index: str, names: list[Raw]) -> str:
    """The instance of a row: `names` are its values in the naming's columns, in their order.

    >>> named(Naming(index_pattern=r"^(\\d+)[.](\\d+)$", text="slot {1} fan {2}"), "1.2", [])
    'slot 1 fan 2'
    """
    name = next((text for raw in names if (text := text_of(raw))), "") or _written(naming.index_as, index)
    name = taken(naming.pattern, name) or name
    found = compiled(naming.index_pattern).search(index) if naming.index_pattern else None
    text = naming.text.replace("{0}", name)
    for number, group in enumerate(found.groups() if found else (), start=1):
        text = text.replace(f"{{{number}}}", group or "")
    return instance_of(text)


def _written(form: IndexForm, index: str) -> str:
    """An index as a name; a string index is its length and then its characters, as SMI writes it (RFC 2578, section 7.7)."""
    if form is IndexForm.NUMBERS:
        return index
    arcs = [int(arc) for arc in index.split(".")]
    if not arcs or arcs[0] != len(arcs) - 1 or not all(arc < 256 for arc in arcs[1:]):
        return index
    return bytes(arcs[1:]).decode("utf-8", "replace")


def told_apart(table: Table, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(index, instance) of a table's rows as `same_name` has it: made distinct, one row per name, or left as they are."""
    if table.same_name in {SameName.SUM, SameName.SHARED}:
        return rows
    if table.same_name is SameName.APART:
        return unique_names(rows)
    first: dict[str, str] = {}
    for index, instance in rows:
        first.setdefault(instance, index)
    return [(index, instance) for instance, index in first.items()]


def unique_names(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(index, instance) with the later of two equal instances told apart by their index.

    >>> unique_names([("1", "Memory"), ("6", "Memory")])
    [('1', 'Memory'), ('6', 'Memory (6)')]
    """
    told: set[str] = set()
    result = []
    for index, instance in rows:
        unique = instance if instance not in told else instance_of(f"{instance} ({index})")
        told.add(unique)
        result.append((index, unique))
    return result
