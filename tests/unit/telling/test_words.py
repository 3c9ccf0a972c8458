"""What messages say, as somebody reads them on a phone: whole texts in both languages, without a word of ours."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from controller.telling.model import Person
from controller.wording import Language
from tests.fakes.static_causes import Lost, Said
from tests.support.district import NO_1
from tests.unit.telling.town import BOARD_101, LI, MINUTE, S, Town

EN_LI = replace(LI, language=Language.EN)


def open_cut(town: Town) -> int:
    return town.open(rule="school-cut-off", device="no-1-primary")


def told(town: Town) -> list[str]:
    """Everything that came, as a reader sees it."""
    return [f"{letter.subject}\n{letter.text}" for letter in town.boxes["mail"].letters]


@pytest.mark.parametrize(
    ("verdict", "subject"),
    [
        ("fibre", "第一小学断网：光纤"),
        ("power", "第一小学断网：停电"),
        ("agent", "第一小学：采集器停止工作，学校网络正常"),
        ("", "第一小学：学校断网"),
    ],
)
def test_a_cut_school_says_what_broke(tmp_path: Path, verdict: str, subject: str) -> None:
    town = Town(tmp_path, [LI])
    cause = open_cut(town)
    town.change(cause, verdict=verdict)
    for number in range(3):
        town.open("major", device=BOARD_101, instance=str(number), cause=cause)
    town.pass_ms(MINUTE)
    (text,) = told(town)
    assert text.startswith(f"{subject}\n学校断网\n地点：第一小学\n")
    assert "另有 3 个故障由此引起。" in text
    assert text.endswith(f"https://campanile.example/alerts/{cause}")


@pytest.mark.parametrize(
    ("person", "lost", "subject"),
    [
        (LI, Lost(tuple(range(198)), 12), "第一小学断网：光纤。影响 198 台设备；接下来两小时 12 节课。"),
        (LI, Lost(tuple(range(198))), "第一小学断网：光纤。影响 198 台设备。"),
        (
            EN_LI,
            Lost(tuple(range(198)), 1),
            "No. 1 Primary School is cut off: fibre. 198 devices affected; 1 lesson in the next two hours.",
        ),
    ],
)
def test_a_cut_school_says_what_it_takes_away(tmp_path: Path, person: Person, lost: Lost, subject: str) -> None:
    town = Town(tmp_path, [person])
    cause = open_cut(town)
    town.change(cause, verdict="fibre")
    town.causes.lost[cause] = lost
    town.causes.headlines[cause] = Said("The school's fibre is cut", "学校光纤中断")
    town.pass_ms(MINUTE)
    (text,) = told(town)
    assert text.startswith(f"{subject}\n{'学校光纤中断' if person is LI else 'The school'}")


@pytest.mark.parametrize(
    ("person", "text"),
    [
        (LI, "已恢复：第一小学：学校断网\n学校断网（10:00 开始）已恢复：第一小学\n无需再处理。\n"),
        (
            EN_LI,
            "Good again: No. 1 Primary School: The school is cut off\nThe school is cut off (since 10:00) is over: "
            "No. 1 Primary School\nYou need not do anything more about it.\n",
        ),
    ],
)
def test_good_news_is_short(tmp_path: Path, person: Person, text: str) -> None:
    town = Town(tmp_path, [person])
    cause = open_cut(town)
    town.pass_ms(MINUTE)
    town.clear(cause)
    town.pass_ms(6 * MINUTE)
    assert told(town)[1] == f"{text}https://campanile.example/alerts/{cause}"


def test_where_only_the_eyes_are_gone_no_lesson_is_touched(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI])
    cause = open_cut(town)
    town.change(cause, verdict="agent")
    town.causes.lost[cause] = Lost((1, 2), 0, is_blind_only=True)
    town.pass_ms(MINUTE)
    assert told(town)[0].startswith("第一小学：采集器停止工作，学校网络正常。影响 2 台设备的监控，上课不受影响。")


def test_what_broke_is_said_in_english_too(tmp_path: Path) -> None:
    town = Town(tmp_path, [EN_LI])
    town.change(open_cut(town), verdict="gateway")
    town.pass_ms(MINUTE)
    assert told(town)[0].startswith("No. 1 Primary School is cut off: gateway\n")


def test_a_fault_within_the_school_says_what_broke_on_a_line(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI])
    town.change(town.open("major", device=BOARD_101), verdict="switch")
    town.pass_ms(MINUTE)
    assert "判断原因：交换机" in told(town)[0]


def test_the_school_as_a_whole_has_no_place_in_it(tmp_path: Path) -> None:
    town = Town(tmp_path, [EN_LI])
    town.open(device="")
    town.pass_ms(MINUTE)
    assert "Where: No. 1 Primary School\n" in told(town)[0]


def test_what_comes_and_goes_is_told_once_and_says_so(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI])
    alert = town.open("major", device=BOARD_101)
    town.change(alert, flapping_since=town.clock.now)
    town.pass_ms(10 * MINUTE)
    (text,) = told(town)
    assert "时好时坏（10:00 起）。稳定恢复后再通知您一次，期间不重复通知。" in text


@pytest.mark.parametrize("person", [LI, EN_LI])
def test_steps_of_the_runbook_stand_in_the_message_and_no_word_of_ours(tmp_path: Path, person: Person) -> None:
    town = Town(tmp_path, [person])
    town.open()
    town.pass_ms(10 * S)
    town.open("major", device=BOARD_101, rule="device-unreachable")
    town.pass_ms(MINUTE)
    (text,) = told(town)
    assert "3" in text.split("http")[0]
    assert text.endswith(f"https://campanile.example/alerts?site={NO_1}")
    for jargon in ("None", "Alert", "SNMP", "critical", "major", "gateway-unreachable", "  ", "\n\n"):
        assert jargon not in text
