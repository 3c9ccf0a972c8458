"""How two configurations differ, line by line and within lines. Pure.

Lines that only part others (``#``, ``!``) are no anchors: two blocks are not alike because both end with one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from controller.configurations.model import Difference, Hunk, Kind, Piece, Row

CONTEXT: Final = 3
"""Unchanged lines shown around a change."""
ALIKE: Final = 0.5
"""Two lines that have so much in common are one line that was changed."""
MOST_WORK: Final = 20_000_000
"""Steps that looking for anchors may take, about: the longer the texts, the rarer a line must be to be one."""
MOST_LINES: Final = 6_000
"""Lines of either side, from the first change to the last; beyond it nothing is an anchor, so that an answer comes."""
NEAR: Final = 20
"""So many lines on, the same line is looked for that was changed."""
MOST_MARKED_CHARS: Final = 500
MOST_MARKED_WORDS: Final = 40
"""Of lines with more, everything between what they begin with and what they end with in common is marked."""
_PARTING: Final = frozenset({"", "#", "!", "exit", "end", "quit"})
_WORDS: Final = re.compile(r"\s+|[\w.:-]+|.", re.DOTALL)


def compared(before: Sequence[str], after: Sequence[str], context: int | None = CONTEXT) -> Difference:
    """The difference between two lists of lines; `context` None leaves nothing out.

    >>> [row.kind.value for hunk in compared(["a", "vlan 10"], ["a", "vlan 20"]).hunks for row in hunk.rows]
    ['same', 'changed']
    """
    rows = list(_rows(before, after))
    added = sum(row.kind in {Kind.ADDED, Kind.CHANGED} for row in rows)
    removed = sum(row.kind in {Kind.REMOVED, Kind.CHANGED} for row in rows)
    if context is None:
        return Difference((Hunk(tuple(rows)),) if rows else (), added, removed)
    hunks, rest = _folded(rows, after, context)
    return Difference(tuple(hunks), added, removed, rest)


def _rows(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    for tag, first, last, begin, end in _opcodes(before, after):
        if tag == "equal":
            for place in range(last - first):
                line = (Piece(before[first + place]),)
                yield Row(Kind.SAME, first + place + 1, begin + place + 1, line, line)
        else:
            yield from _changed(before, after, range(first, last), range(begin, end))


def _opcodes(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """As difflib's, with what both begin and end with taken off first: configurations are long and changes few."""
    head, tail = _alike_at_ends(before, after)
    middle, other = before[head : len(before) - tail], after[head : len(after) - tail]
    if head:
        yield "equal", 0, head, 0, head
    for tag, first, last, begin, end in _anchored(middle, other):
        yield tag, first + head, last + head, begin + head, end + head
    if tail:
        yield "equal", len(before) - tail, len(before), len(after) - tail, len(after)


def _alike_at_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many both begin with, and how many of the rest both end with."""
    most, head, tail = min(len(before), len(after)), 0, 0
    while head < most and before[head] == after[head]:
        head += 1
    while tail < most - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return head, tail


def _anchored(before: Sequence[str], after: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """As difflib's, whose work grows with lines times lines times how often each is there: a hostile text takes hours."""
    if not before or not after or max(len(before), len(after)) > MOST_LINES:
        return [("replace", 0, len(before), 0, len(after))] if before or after else []
    often = max(1, MOST_WORK // (len(before) * len(after)))
    counts = Counter(after)
    matcher = SequenceMatcher(
        lambda line: counts[line] > often or line.strip() in _PARTING, before, after, autojunk=False
    )
    return matcher.get_opcodes()


def _changed(before: Sequence[str], after: Sequence[str], gone: range, new: range) -> Iterator[Row]:
    """Rows of lines that differ: those that are alike stand beside each other, in their order."""
    place = new.start
    for number in gone:
        partner = next(
            (each for each in range(place, min(new.stop, place + NEAR)) if _are_alike(before[number], after[each])),
            None,
        )
        if partner is None:
            yield Row(Kind.REMOVED, before_number=number + 1, before=(Piece(before[number]),))
            continue
        yield from (_added(after, each) for each in range(place, partner))
        old, young = _marked(before[number], after[partner])
        yield Row(Kind.CHANGED, number + 1, partner + 1, old, young)
        place = partner + 1
    yield from (_added(after, each) for each in range(place, new.stop))


def _added(after: Sequence[str], place: int) -> Row:
    return Row(Kind.ADDED, after_number=place + 1, after=(Piece(after[place]),))


def _are_alike(one: str, other: str) -> bool:
    if one[:1].isspace() != other[:1].isspace() or max(len(one), len(other)) > MOST_MARKED_CHARS:
        return False
    words, others = one.split(), other.split()
    if not words or not others or words[0] != others[0]:
        return False
    return 2 * (Counter(words) & Counter(others)).total() >= ALIKE * (len(words) + len(others))


def _marked(one: str, other: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    words, others = _WORDS.findall(one), _WORDS.findall(other)
    old: list[Piece] = []
    young: list[Piece] = []
    for tag, first, last, begin, end in _word_codes(words, others):
        is_changed = tag != "equal"
        if first < last:
            old.append(Piece("".join(words[first:last]), is_changed))
        if begin < end:
            young.append(Piece("".join(others[begin:end]), is_changed))
    return tuple(old), tuple(young)


def _word_codes(words: Sequence[str], others: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if max(len(words), len(others)) <= MOST_MARKED_WORDS:
        return SequenceMatcher(None, words, others, autojunk=False).get_opcodes()
    head, tail = _alike_at_ends(words, others)
    last, end = len(words) - tail, len(others) - tail
    return [
        ("equal", 0, head, 0, head),
        ("replace", head, last, head, end),
        ("equal", last, len(words), end, len(others)),
    ]


def _folded(rows: Sequence[Row], after: Sequence[str], context: int) -> tuple[list[Hunk], int]:
    changed = [place for place, row in enumerate(rows) if row.kind is not Kind.SAME]
    hunks: list[Hunk] = []
    shown_to = 0
    while changed:
        start = max(shown_to, changed[0] - context)
        stop = changed[0] + 1
        while changed and changed[0] <= stop + 2 * context:
            stop = changed.pop(0) + 1
        stop = min(len(rows), stop + context)
        hunks.append(Hunk(tuple(rows[start:stop]), start - shown_to, _section(rows[start:stop], after)))
        shown_to = stop
    return hunks, len(rows) - shown_to


def _section(rows: Sequence[Row], after: Sequence[str]) -> str:
    """The block that the first row lies in: the line above it that is not indented."""
    first = next((row.after_number for row in rows if row.after_number), 0)
    if not first or not after[first - 1][:1].isspace():
        return ""
    above = (after[place] for place in range(first - 2, -1, -1))
    return next((line for line in above if line[:1].strip() and line.strip() not in _PARTING), "")
