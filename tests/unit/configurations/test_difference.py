"""How two configurations differ: nothing lost, nothing made up, and readable."""

from hypothesis import given
from hypothesis import strategies as st

from controller.configurations.difference import compared
from controller.configurations.model import Difference, Kind, Row

LINES = st.lists(
    st.sampled_from(["#", "!", "", "vlan 10", "vlan 20", "interface GE0/0/1", " port access vlan 10", " shutdown"]),
    max_size=30,
)


def rows(difference: Difference) -> list[Row]:
    return [row for hunk in difference.hunks for row in hunk.rows]


def side(found: list[Row], *, is_after: bool) -> list[str]:
    numbers = [(row.after_number, row.after) if is_after else (row.before_number, row.before) for row in found]
    return ["".join(piece.text for piece in pieces) for number, pieces in numbers if number]


@given(LINES, LINES)
def test_both_texts_can_be_read_off_the_whole_difference(before: list[str], after: list[str]) -> None:
    found = rows(compared(before, after, None))
    assert side(found, is_after=False) == before
    assert side(found, is_after=True) == after
    assert [row.before_number for row in found if row.before_number] == list(range(1, len(before) + 1))
    assert [row.after_number for row in found if row.after_number] == list(range(1, len(after) + 1))


@given(LINES, LINES)
def test_folding_hides_unchanged_lines_alone_and_counts_them(before: list[str], after: list[str]) -> None:
    whole, folded = compared(before, after, None), compared(before, after)
    changed = [row for row in rows(whole) if row.kind is not Kind.SAME]
    assert [row for row in rows(folded) if row.kind is not Kind.SAME] == changed
    hidden = sum(hunk.folded for hunk in folded.hunks) + folded.folded
    assert hidden + len(rows(folded)) == len(rows(whole))
    assert (folded.added, folded.removed) == (whole.added, whole.removed)


@given(LINES)
def test_a_text_does_not_differ_from_itself(text: list[str]) -> None:
    found = compared(text, text)
    assert (found.hunks, found.added, found.removed, found.folded) == ((), 0, 0, len(text))


def test_a_changed_line_stands_beside_itself_with_the_changed_word_marked() -> None:
    (row,) = [
        row
        for row in rows(compared([" port default vlan 20"], [" port default vlan 666"]))
        if row.kind is not Kind.SAME
    ]
    assert row.kind is Kind.CHANGED
    assert [piece.text for piece in row.before if piece.is_changed] == ["20"]
    assert [piece.text for piece in row.after if piece.is_changed] == ["666"]


def test_lines_that_have_nothing_in_common_stand_by_themselves() -> None:
    found = rows(compared(["sysname sw-1"], [" shutdown"]))
    assert [row.kind for row in found] == [Kind.REMOVED, Kind.ADDED]


def test_a_block_is_not_torn_apart_by_the_signs_between_blocks() -> None:
    before = ["#", "vlan 10", " description Teaching", "#", "stp enable", "#"]
    after = ["#", "vlan 666", " description Game", "#", "vlan 10", " description Teaching", "#", "stp enable", "#"]
    found = rows(compared(before, after))
    assert not [row for row in found if row.kind in {Kind.CHANGED, Kind.REMOVED}]
    assert sum(row.kind is Kind.ADDED for row in found) == 3


def test_a_hunk_tells_in_which_block_it_lies() -> None:
    before = ["interface GE0/0/1", *[f" qos rule {number}" for number in range(20)], " shutdown"]
    after = [*before[:-1], " undo shutdown"]
    (hunk,) = compared(before, after).hunks
    assert (hunk.section, hunk.folded) == ("interface GE0/0/1", 18)


def test_two_long_texts_that_have_nothing_in_common_are_compared_all_the_same() -> None:
    before, after = ([f"{word} {number} {number}" for number in range(4_000)] for word in ("old", "new"))
    found = compared(before, after)
    assert (found.added, found.removed) == (4_000, 4_000)
    alike = [f"rule {number} permit ip source 10.0.0.{number}" for number in range(4_000)]
    changed = [f"rule {number} deny tcp source 10.9.0.{number}" for number in range(4_000)]
    assert compared(alike, changed).added == 4_000


def test_a_hostile_text_does_not_hold_up_whoever_compares() -> None:
    """Lines and words that are there a thousand times cost difflib minutes; here they must end, and nothing is lost."""
    before, after = ["a", *["x y"] * 4_000], [*["x y", "q z"] * 2_000, "k"]
    found = rows(compared(before, after, None))
    assert (side(found, is_after=False), side(found, is_after=True)) == (before, after)
    words = [f"w {number} " + "a b a " * 70 for number in range(600)]
    others = [f"w q{number} " + "b a b " * 70 for number in range(600)]
    found = rows(compared(["one", *words], ["two", *others], None))
    assert side(found, is_after=True) == ["two", *others]


def test_very_long_texts_are_compared_without_anchors() -> None:
    before, after = [f"vlan {number}" for number in range(7_000)], [f"vlan {number}" for number in range(7_000, 0, -1)]
    found = rows(compared(before, after, None))
    assert (side(found, is_after=False), side(found, is_after=True)) == (before, after)
