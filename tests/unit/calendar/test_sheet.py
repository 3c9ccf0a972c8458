"""Sheets: what is written is read back, and every bad row is named by its line."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import ConfigError
from controller.calendar.model import MARKS, DayKind, Mark, Period, Term, WeeklyLesson
from controller.calendar.sheet import COLUMNS, Sheet, check_names, read_sheet, sheet_rows

HEAD = ",".join(COLUMNS)
names = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
spans = st.tuples(st.integers(0, 700), st.integers(701, 1439)).map(lambda pair: Period(*pair))


def unique(values: st.SearchStrategy[tuple[object, ...]]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, max_size=5, unique_by=lambda each: each[0]).map(tuple)


terms = unique(st.tuples(days, days, names).map(lambda each: Term(min(each[:2]), max(each[:2]), each[2])))
told_marks = unique(
    st.builds(Mark, days, st.sampled_from(MARKS), names, st.none() | st.integers(0, 6)).map(
        lambda mark: mark if mark.kind is DayKind.MAKE_UP else mark._replace(follows=None)
    )
)
rooms = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
lessons = st.lists(
    st.builds(WeeklyLesson, rooms, st.integers(0, 6), st.integers(1, 99), names),
    max_size=5,
    unique_by=lambda each: each[:3],
).map(tuple)
sheets = st.builds(
    Sheet, terms, told_marks, st.dictionaries(st.integers(1, 99), spans, max_size=4), unique(spans), lessons
)


@given(sheets)
def test_what_is_written_is_read_back(told: Sheet) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *sheet_rows(told)])
    assert read_sheet("a.csv", text.getvalue()) == told


def test_a_row_may_name_many_days_and_columns_stand_in_any_order() -> None:
    told = read_sheet("a.csv", "\ufeffName,What,From,To\n国庆节,holiday,2026-10-01,2026-10-07\n\n")
    assert [mark.day.day for mark in told.marks] == [1, 2, 3, 4, 5, 6, 7]
    assert {(mark.kind, mark.name) for mark in told.marks} == {(DayKind.HOLIDAY, "国庆节")}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("holliday,2026-10-01,,,,,", "'holliday' is none of"),
        ("holiday,1.10.2026,,,,,", "'1.10.2026' is not a day"),
        ("holiday,2026-10-07,2026-10-01,,,,", "2026-10-01 is before 2026-10-07"),
        ("holiday,1999-01-01,2026-12-31,,,,", "longer than 400 days"),
        ("period,08:00,8,,1,,", "is not a period"),
        ("period,08:00,08:40,,x,,", "period 'x' is not a number"),
        ("meal,12:00,11:00,,,,", "ends before it begins"),
        ("lesson,,,7,1,r1,", "weekday '7' is none"),
        ("lesson,,,0,1,,", "a lesson needs a room"),
        ("term,2026-09-02,2027-01-20,,,,", "stands in the file already"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_sheet("a.csv", f"{HEAD}\nterm,2026-09-02,2026-12-24,,,,\n{row}\n")
    assert str(error.value).startswith("a.csv:3: ")
    assert said in str(error.value)


def test_a_file_without_columns_and_names_nobody_has() -> None:
    with pytest.raises(ConfigError, match=r"a.csv:1: the first line must name the columns"):
        read_sheet("a.csv", "holiday,2026-10-01\n")
    told = read_sheet("a.csv", f"{HEAD}\nlesson,,,0,1,r102,maths\nlesson,,,0,9,r101,maths\n")
    with pytest.raises(ConfigError) as error:
        check_names(told, {"r101"}, {1})
    assert "no room 'r102'" in str(error.value)
    assert "no period 9" in str(error.value)


def test_a_file_of_all_the_days_of_centuries_is_refused() -> None:
    rows = "".join(f"holiday,{year}-01-01,{year}-12-31\n" for year in range(2000, 2031))
    with pytest.raises(ConfigError, match="10000 days"):
        read_sheet("a.csv", f"what,from,to\n{rows}")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_no_day_is_at_the_end_of_time(day: str) -> None:
    with pytest.raises(ConfigError, match="no school has a calendar of the year"):
        read_sheet("a.csv", f"what,from\nholiday,{day}\n")
