"""A draft as YAML that a person goes on with: what was found is said in comments, what is left stands there commented out."""

import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from campus.samples import DeviceKind
from firmware_profiles.guess import Guess, guess
from firmware_profiles.layout import Entry
from firmware_profiles.raw import text_of
from firmware_profiles.survey import Unread, sample_of
from firmware_profiles.walk import OCTETS, TYPE_NAMES, Row, dotted

if TYPE_CHECKING:
    from firmware_profiles.draft import Draft

MAX_SCALARS: Final = 60
MAX_TABLES: Final = 25
MAX_COLUMNS: Final = 30
"""What is shown of what is left: more is not read by anybody at once."""
_SAMPLES: Final = 3


def written_draft(made: "Draft", left: Unread) -> str:
    """The whole file."""
    serial = next((dotted(row.oid) for row in left.scalars if "serial" in guess([row]).words), "")
    lines = [*_head(made), *_match(made), *_include(made), *_facts(made, serial), *_left(left)]
    return "\n".join(lines) + "\n"


def _head(made: "Draft") -> Iterator[str]:
    yield "# Drafted from a walk of one device. It passes the check as it stands; docs/20-add-a-device.md says how to go on."
    yield f"# The device says of itself: sysObjectID {made.identity.sys_object_id or 'nothing'},"
    for line in textwrap.wrap(f"sysDescr {text_of(made.identity.sys_descr)[:400] or 'nothing'}", 118):
        yield f"# {line}"
    yield f"# It answers {', '.join(made.mibs) or 'no standard module that is known here'}."
    if not made.knows.startswith("generic/"):
        yield f"# {made.knows} reads this model already: keep this file only if it shall be read otherwise."
    yield f"title: {_quoted(made.title)}"
    yield f"kind: {made.kind}     # or {', '.join(kind for kind in DeviceKind if kind not in {made.kind, DeviceKind.AGENT})}"
    yield "unverified: true     # take this line away once you have seen it read the device"
    yield "sources: [a walk of the device]          # name the vendor's MIB modules and pages here"


def _match(made: "Draft") -> Iterator[str]:
    match = made.match
    if match.sys_object_id:
        yield "# One model. Cut the last number where it counts the models of a family."
    yield "match:"
    if match.sys_object_id:
        yield f"  sys_object_id: [{match.sys_object_id[0]}]"
    if match.sys_descr:
        yield f"  sys_descr: {_quoted(match.sys_descr)}"
    if match.answers:
        yield f"  answers: {match.answers}     # sysObjectID is shared by many vendors' boxes: this subtree tells it apart"
    if match.priority:
        yield f"  priority: {match.priority}"


def _include(made: "Draft") -> Iterator[str]:
    yield f"# What is known already: {made.answered} objects of this walk are read by"
    yield "include:"
    for each in made.included:
        yield f"  - {each.name:26} # {each.title}: {each.answers} of {each.points} objects answered"


def _facts(made: "Draft", serial: str) -> Iterator[str]:
    told = {fact: text for fact, text in made.told.items() if text}
    yield "# Who it is, as the includes tell it:"
    for fact in ("vendor", "model", "serial", "firmware"):
        yield f"#   {fact}: {_quoted(told[fact][:60]) if fact in told else 'nothing yet: say below where it stands'}"
    own = []
    if made.vendor:
        own.append(f"  vendor: [{{text: {_quoted(made.vendor)}}}]")
    if made.model_pattern and _is_line(made):
        own.append(
            f"  model: [{{oid: 1.3.6.1.2.1.1.1.0, pattern: {_quoted(made.model_pattern)}}}]      # out of sysDescr"
        )
    if own:
        yield "facts:"
        yield from own
    else:
        yield "#facts:"
    if "serial" not in told:
        oid = serial or "THE.OID.HERE.0"
        yield f"#  serial: [{{oid: {oid}}}]      # a scalar whose text is the serial number{'?' if serial else ''}"


def _is_line(made: "Draft") -> bool:
    """Whether what the includes call the model is but how sysDescr begins."""
    model, descr = made.told.get("model", ""), text_of(made.identity.sys_descr)
    return not model or (len(model) > 12 and descr.startswith(model[:40]))


def _left(left: Unread) -> Iterator[str]:
    if not left.objects:
        yield "# Nothing of the vendor's own part is left to find out."
        return
    yield ""
    yield f"# Candidates: {left.objects} objects of vendors' own MIBs that nobody reads yet, with types, samples and a guess."
    yield "# Take the # away where you know what it is, put a metric of the catalogue for CHOOSE (`campanile profiles show"
    yield "# huawei/vrp` shows how others use them), and run `campanile profiles check`. Leave the rest out."
    yield from _scalars(left)
    yield from _tables(left)


def _scalars(left: Unread) -> Iterator[str]:
    if left.scalars:
        yield "#points:"
    for row in left.scalars[:MAX_SCALARS]:
        supposed = guess([row])
        yield f"#  {_point(supposed, dotted(row.oid)):86} # {TYPE_NAMES[row.tag]} {sample_of(row)}: {supposed.words}"
    if len(left.scalars) > MAX_SCALARS:
        yield f"#  ... and {len(left.scalars) - MAX_SCALARS} more scalars"


def _tables(left: Unread) -> Iterator[str]:
    if left.entries:
        yield "#tables:"
    for number, entry in enumerate(left.entries[:MAX_TABLES], start=1):
        yield from _table(f"table-{number}", entry, left)
    if len(left.entries) > MAX_TABLES:
        yield f"#  ... and {len(left.entries) - MAX_TABLES} more tables"


def _table(name: str, entry: Entry, left: Unread) -> Iterator[str]:
    columns = {column: left.column(entry, column) for column in entry.columns}
    rows = max(len(each) for each in columns.values())
    names = next((c for c, told in columns.items() if told[0].tag == OCTETS and "names" in guess(told).words), None)
    yield f"#  {name}:               # {dotted(entry.oid)}: {rows} rows"
    by = f"{{columns: [{dotted((*entry.oid, names))}]}}" if names is not None else "{text: 'row {0}'}"
    yield f"#    instance: {by}"
    yield "#    points:"
    for column, told in list(columns.items())[:MAX_COLUMNS]:
        yield _column(dotted((*entry.oid, column)), told)
    if len(columns) > MAX_COLUMNS:
        yield f"#      ... and {len(columns) - MAX_COLUMNS} more columns"


def _column(oid: str, told: list[Row]) -> str:
    supposed = guess(told)
    samples = ", ".join(dict.fromkeys(sample_of(row) for row in told[:40]))
    first = ", ".join(list(dict.fromkeys(sample_of(row) for row in told))[:_SAMPLES])
    more = " ..." if samples != first else ""
    return f"#      {_point(supposed, oid):82} # {TYPE_NAMES[told[0].tag]} {first}{more}: {supposed.words}"


def _point(supposed: Guess, oid: str) -> str:
    """A point to be, or a remark that stays one when the # before it is taken away."""
    return f"- {{{supposed.keys}, oid: {oid}}}" if supposed.keys else f"# {oid}"


def _quoted(text: str) -> str:
    """A text as YAML reads it back: in single quotes where that does, else as JSON writes it."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return "'" + plain.replace("'", "''") + "'" if plain == text else json.dumps(plain, ensure_ascii=False)
