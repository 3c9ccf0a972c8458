"""iCalendar files: days and weekly lessons are read, what is neither is named, and no file can do harm."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from campus.errors import ConfigError
from controller.calendar.ical import MAX_BYTES, Place, Read, read_ical, rooms_by_word
from controller.calendar.model import DayKind, Mark, Period, WeeklyLesson

PLACE = Place(
    rooms_by_word([("r101", "Room 101", "101 教室"), ("lab", "Laboratory", "实验室")]),
    {1: Period(480, 520), 2: Period(530, 570)},
    ZoneInfo("Asia/Shanghai"),
)
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//school//EN\r\n"


def read(*events: str) -> Read:
    body = "".join(f"BEGIN:VEVENT\r\n{event.replace(chr(10), chr(13) + chr(10))}\r\nEND:VEVENT\r\n" for event in events)
    return read_ical("a.ics", f"{HEAD}{body}END:VCALENDAR\r\n".encode(), PLACE)


def all_day(title: str, first: str = "20261001", end: str = "20261008", more: str = "") -> str:
    return f"SUMMARY:{title}\nDTSTART;VALUE=DATE:{first}\nDTEND;VALUE=DATE:{end}{more}"


@pytest.mark.parametrize(
    ("title", "more", "kind"),
    [
        ("国庆节（休）", "", DayKind.HOLIDAY),
        ("国庆节（班）", "", DayKind.MAKE_UP),
        ("National Day holiday", "", DayKind.HOLIDAY),
        ("国庆节", "\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY", DayKind.HOLIDAY),
        ("国庆节", "\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY", DayKind.MAKE_UP),
        ("Autumn", "\nCATEGORIES:Exam", DayKind.EXAM),
        ("期末考试", "", DayKind.EXAM),
    ],
)
def test_whole_days_are_what_they_say_of_themselves(title: str, more: str, kind: DayKind) -> None:
    told = read(all_day(title, more=more))
    assert {mark.kind for mark in told.sheet.marks} == {kind}
    assert [mark.day.day for mark in told.sheet.marks] == [1, 2, 3, 4, 5, 6, 7]  # DTEND is the day after the last
    assert not told.left_out


def test_a_day_without_an_end_is_one_day() -> None:
    told = read("SUMMARY:停课放假\nDTSTART;VALUE=DATE:20261001")
    assert told.sheet.marks == (Mark(date(2026, 10, 1), DayKind.HOLIDAY, "停课放假"),)


@pytest.mark.parametrize("title", ["教师节", "Birthday of the head", "圣诞节", "Parents' evening"])
def test_a_feast_is_no_holiday_by_its_name(title: str) -> None:
    told = read(all_day(title))
    assert not told.sheet.marks
    assert title.split("'")[0] in told.left_out[0]


@pytest.mark.parametrize(
    "when",
    [
        "DTSTART;TZID=Asia/Shanghai:20260907T080000\nRRULE:FREQ=WEEKLY",
        "DTSTART:20260907T080000\nRRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20270120T000000",
        "DTSTART:20260907T000000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO",
        "DTSTART;TZID=Asia/Shanghai:20260914T080500",
    ],
)
@pytest.mark.parametrize("room", ["r101", "Room 101", "101 教室", " R101 "])
def test_a_lesson_is_found_by_its_room_and_its_bell(when: str, room: str) -> None:
    told = read(f"SUMMARY:maths\nLOCATION:{room}\n{when}")
    assert told.sheet.lessons == (WeeklyLesson("r101", 0, 1, "maths"),)


def test_one_event_may_stand_for_several_days_and_many_events_for_one_lesson() -> None:
    several = "SUMMARY:maths\nLOCATION:lab\nDTSTART:20260907T085000\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR"
    weekly = [f"SUMMARY:art\nLOCATION:r101\nDTSTART:202609{day:02}T080000" for day in (8, 15, 22)]
    told = read(several, *weekly)
    assert [lesson[:3] for lesson in told.sheet.lessons] == [
        ("lab", 0, 2),
        ("lab", 2, 2),
        ("lab", 4, 2),
        ("r101", 1, 1),
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("SUMMARY:maths\nDTSTART:20260907T080000", "'maths' has no room"),
        ("SUMMARY:maths\nLOCATION:gym\nDTSTART:20260907T080000", "'gym', which is no room of the school"),
        ("SUMMARY:maths\nLOCATION:lab\nDTSTART:20260907T120000", "no bell rings near 12:00"),
        ("SUMMARY:maths\nLOCATION:lab\nDTSTART:20260907T080000\nRRULE:FREQ=DAILY", "is not repeated weekly"),
        ("SUMMARY:放假\nDTSTART;VALUE=DATE:20260907\nRRULE:FREQ=YEARLY", "name its days of each year"),
        ("SUMMARY:maths", "does not say when it is"),
        ("SUMMARY:放假\nDTSTART;VALUE=DATE:20260907\nDTEND;VALUE=DATE:20300101", "is longer than"),
    ],
)
def test_what_means_nothing_here_is_named_once(event: str, said: str) -> None:
    told = read(event, event)
    assert told.sheet == read().sheet
    assert [said in each for each in told.left_out] == [True]


@pytest.mark.parametrize("content", [b"", b"what,from,to\n", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"\xff\xfe\x00"])
def test_another_file_is_refused_by_its_name(content: bytes) -> None:
    try:
        told = read_ical("a.ics", content, PLACE)
    except ConfigError as error:
        assert str(error).startswith("a.ics: ")  # noqa: PT017 - what is empty may be an empty calendar
    else:
        assert not told.sheet.marks
        assert not told.sheet.lessons


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(ConfigError, match="larger than 8 MB"):
        read_ical("a.ics", b" " * (MAX_BYTES + 1), PLACE)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_content_does_harm(noise: bytes, title: str) -> None:
    event = Event()
    event.add("summary", title)
    event.add("dtstart", date(2026, 10, 1))
    calendar = Calendar()
    calendar.add_component(event)
    whole = calendar.to_ical()
    place = len(noise) % len(whole)
    for content in (noise, whole[:place] + noise + whole[place:]):
        try:
            read_ical("a.ics", content, PLACE)
        except ConfigError as error:
            assert "a.ics" in str(error)  # noqa: PT017 - refused or read, nothing else


@pytest.mark.parametrize("when", ["00010101T000000Z", "99991231T235900Z"])
def test_a_lesson_at_the_end_of_time_is_left_out(when: str) -> None:
    assert read(f"SUMMARY:Maths\nLOCATION:lab\nDTSTART:{when}").left_out[0].startswith("no school has a calendar of")


def test_a_file_of_all_the_days_of_centuries_is_refused() -> None:
    years = [all_day("放假", f"{year}0101", f"{year + 1}0101") for year in range(2000, 2031)]
    with pytest.raises(ConfigError, match="more than 10000 days"):
        read(*years)
