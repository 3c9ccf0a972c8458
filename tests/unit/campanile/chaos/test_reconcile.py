"""The judge can find guilty: loss, repetition and falsehood, planted one by one."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.chaos.ledger import Ledger, serial_series
from campanile.chaos.reconcile import INSTANT_TOLERANCE_MS, Fate, Row, Taken, Verdict, reconcile
from campus.ids import AgentId, Instance, MetricId, SiteId
from controller.store.port import FrameMark

AT = 1_800_000_000_000
SERIES = serial_series("school-1", "device-1", "row 1")


def mark(number: int) -> FrameMark:
    return FrameMark(SiteId("school-1"), AgentId("school-1"), 7, number)


class Story:
    """Three frames of two readings, taken, and stored as they should be; tests then spoil one thing."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.frames = {mark(number): self._frame(number) for number in (1, 2, 3)}
        self.must_arrive = dict.fromkeys(self.frames, True)
        self.marks = set(self.frames)
        self.rows = [row for frame in self.frames.values() for row in frame]

    def _frame(self, number: int) -> tuple[Row, ...]:
        instants = (AT + number * 2_000, AT + number * 2_000 + 1_000)
        serials = [self.ledger.say(SERIES, at) for at in instants]
        return tuple(Row(SERIES, at, float(serial)) for at, serial in zip(instants, serials, strict=True))

    def verdict(self, also: Iterable[tuple[FrameMark, tuple[Row, ...]]] = ()) -> Verdict:
        verdict = Verdict()
        taken = Taken(verdict)
        for name, rows in [*self.frames.items(), *also]:
            taken.add(name, Fate(rows, self.must_arrive.get(name, True)))
        return reconcile(verdict, taken, frozenset(self.marks), self.rows, self.ledger)


def figures(verdict: Verdict) -> tuple[int, int, int]:
    return verdict.lost, verdict.duplicated, verdict.corrupted


def test_what_is_whole_is_clean() -> None:
    verdict = Story().verdict()
    assert verdict.is_clean
    assert (verdict.sent, verdict.stored, verdict.series) == (6, 6, 1)


def test_a_row_that_is_missing_is_lost() -> None:
    story = Story()
    del story.rows[3]
    assert figures(story.verdict()) == (1, 0, 0)


def test_a_frame_that_never_came_is_lost_while_its_disk_is_there() -> None:
    story = Story()
    story.marks.remove(mark(2))
    story.rows = [row for row in story.rows if row not in story.frames[mark(2)]]
    assert figures(story.verdict()) == (2, 0, 0)


def test_a_frame_that_never_came_is_gone_with_its_disk() -> None:
    story = Story()
    story.must_arrive[mark(2)] = False
    story.marks.remove(mark(2))
    story.rows = [row for row in story.rows if row not in story.frames[mark(2)]]
    verdict = story.verdict()
    assert verdict.is_clean
    assert verdict.gone_with_disk == 2


def test_facts_that_never_came_are_lost() -> None:
    story = Story()
    assert figures(story.verdict([(mark(4), ())])) == (1, 0, 0)


def test_a_row_that_stands_twice_is_duplicated() -> None:
    story = Story()
    story.rows.append(story.rows[2])
    assert figures(story.verdict()) == (0, 1, 0)


def test_a_row_that_stands_again_at_another_instant_is_duplicated() -> None:
    story = Story()
    story.rows.append(story.rows[2]._replace(measured_at=AT + 5_000))
    assert story.verdict().duplicated


def test_a_serial_taken_twice_is_duplicated_though_every_row_was_taken() -> None:
    story = Story()
    again = story.frames[mark(1)][0]._replace(measured_at=AT + 2_500)
    story.frames[mark(4)] = (again,)
    story.marks.add(mark(4))
    story.rows.append(again)
    assert figures(story.verdict()) == (0, 1, 0)


def test_another_value_is_corrupted_and_the_true_one_lost() -> None:
    story = Story()
    story.rows[0] = story.rows[0]._replace(value=story.rows[0].value + 0.5)
    lost, _, corrupted = figures(story.verdict())
    assert lost == 1
    assert corrupted


def test_a_row_that_nobody_said_is_corrupted() -> None:
    story = Story()
    story.rows.append(Row(SERIES, AT, 999.0))
    assert story.verdict().corrupted


def test_a_reading_in_another_series_is_corrupted() -> None:
    story = Story()
    strange = serial_series("school-2", "device-1", "row 1")
    row = story.rows[0]._replace(series=strange)
    story.frames[mark(1)] = (row, *story.frames[mark(1)][1:])
    story.rows[0] = row
    assert figures(story.verdict()) == (0, 0, 1)


def test_an_instant_that_its_agent_set_right_is_good() -> None:
    story = Story()
    hours_ms = 3 * 3_600_000
    story.frames = {
        name: tuple(row._replace(measured_at=row.measured_at + hours_ms) for row in rows)
        for name, rows in story.frames.items()
    }
    verdict = story.verdict()
    assert verdict.is_clean
    assert verdict.moved == 6


@pytest.mark.parametrize("sign", [1, -1])
def test_an_instant_off_the_truth_is_corrupted(sign: int) -> None:
    story = Story()
    wrong_ms = sign * (INSTANT_TOLERANCE_MS + 1)
    for name, rows in story.frames.items():
        story.frames[name] = tuple(row._replace(measured_at=row.measured_at + wrong_ms) for row in rows)
    story.rows = [row for rows in story.frames.values() for row in rows]
    assert figures(story.verdict()) == (0, 0, 6)


def test_a_frame_that_no_spool_had_is_corrupted() -> None:
    story = Story()
    story.marks.add(mark(99))
    assert figures(story.verdict()) == (0, 0, 1)


def test_two_frames_of_one_name_are_corrupted() -> None:
    story = Story()
    other = story.frames[mark(1)][:1]
    assert story.verdict([(mark(1), other)]).corrupted


def test_a_copy_of_a_frame_is_no_second_frame() -> None:
    story = Story()
    assert story.verdict([(mark(1), story.frames[mark(1)])]).is_clean


def test_other_series_are_compared_too() -> None:
    story = Story()
    vitals = SERIES._replace(metric=MetricId("reachable"), instance=Instance(""))
    story.frames[mark(4)] = (Row(vitals, AT, 1.0), Row(vitals, AT + 1_000, 1.0))
    story.marks.add(mark(4))
    story.rows.append(Row(vitals, AT, 1.0))
    assert figures(story.verdict()) == (1, 0, 0)


@given(st.lists(st.sampled_from(["drop", "repeat", "change"]), max_size=4), st.randoms(use_true_random=False))
def test_whatever_is_spoilt_is_found(spoilings: list[str], dice: object) -> None:
    story = Story()
    places = dice.sample(range(6), len(spoilings))  # type: ignore[attr-defined]
    whole = list(story.rows)
    for place, spoiling in zip(places, spoilings, strict=True):
        row = whole[place]
        story.rows.remove(row)
        if spoiling == "repeat":
            story.rows += [row, row]
        elif spoiling == "change":
            story.rows.append(row._replace(value=row.value + 0.25))
    verdict = story.verdict()
    assert verdict.lost == spoilings.count("drop") + spoilings.count("change")
    assert verdict.duplicated == spoilings.count("repeat")
    assert bool(verdict.corrupted) == ("change" in spoilings)
