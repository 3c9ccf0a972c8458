"""What devices write is readable whatever they write it in: UTF-8, GBK, Latin-1, cut off in the middle, or nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_profiles.charset import readable
from firmware_profiles.raw import text_of

COMMON = "".join(
    bytes((row, cell)).decode("gb2312")
    for row in range(0xB0, 0xD8)
    for cell in range(0xA1, 0xFF)
    if (row, cell) < (0xD7, 0xFA)
)


@pytest.mark.parametrize(
    "name",
    ["教学楼一层交换机", "一楼", "三（1）班大屏", "25℃", "上联-核心交换机 GE0/24", "镕基图书馆", "机房UPS：主"],
)
def test_chinese_names_are_read_in_both_encodings(name: str) -> None:
    assert readable(name.encode("gbk")) == name
    assert readable(name.encode()) == name
    assert text_of(name.encode("gbk") + b"\0\0garbage\xff") == name


@pytest.mark.parametrize("name", ["Größe", "Café", "Ä", "señal débil", "25 °C", "± 3 µm"])
def test_western_names_are_read_in_both_encodings(name: str) -> None:
    assert readable(name.encode("latin-1")) == name
    assert readable(name.encode()) == name


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_what_is_cut_off_in_the_middle_of_a_character_loses_that_one_alone(encoding: str) -> None:
    name = "教学楼一层交换机"
    assert readable(name.encode(encoding)[:-1]) == name[:-1]


def test_other_alphabets_in_utf_8_stay_what_they_are() -> None:
    for name in ("Порт 1", "θύρα", "日本語", "교무실", "🙂"):
        assert readable(name.encode()) == name


def test_noise_is_replaced() -> None:
    assert "\N{REPLACEMENT CHARACTER}" in readable(b"\x80\xff\x81")


@given(st.text(alphabet=COMMON, min_size=1))
def test_common_chinese_in_gbk_is_read_unless_it_is_also_valid_utf_8_of_latin_letters(text: str) -> None:
    raw = text.encode("gbk")
    assert readable(raw) == text or max(raw.decode("utf-8")) <= "\xff"


@given(st.text())
def test_text_in_utf_8_of_three_bytes_a_character_is_read(text: str) -> None:
    chosen = f"楼{text}"
    assert readable(chosen.encode()) == chosen


@given(st.binary())
def test_whatever_comes_gives_text_that_can_be_shown(raw: bytes) -> None:
    assert text_of(raw).isprintable()
