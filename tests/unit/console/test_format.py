"""Numbers and instants as people read them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.metrics import catalogue
from controller.console import format as fmt
from controller.console.language import Language, choose
from controller.wording import UNITS

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = 1_789_524_900_000
"""2026-09-16 10:15:00 in Asia/Shanghai."""


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 bit/s"),
        (999, "999 bit/s"),
        (999.6, "1 kbit/s"),
        (64_000, "64 kbit/s"),
        (999_600_000, "1 Gbit/s"),
        (2_345_000_000, "2.35 Gbit/s"),
        (100e9, "100 Gbit/s"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_a_rate_has_the_prefix_that_keeps_it_short(value: float | None, text: str) -> None:
    assert plain(fmt.bits_per_second(value)) == text


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "0 s", "0秒"),
        (59.4, "59 s", "59秒"),
        (60, "1 min", "1分钟"),
        (3_599, "59 min 59 s", "59分钟59秒"),
        (3_600, "1 h", "1小时"),
        (11_100, "3 h 5 min", "3小时5分钟"),
        (86_400 * 3 + 60, "3 d", "3天"),
        (-90, "-1 min 30 s", "-1分钟30秒"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, english: str, chinese: str) -> None:
    assert plain(fmt.duration(seconds, Language.EN)) == english
    assert fmt.duration(seconds, Language.ZH) == chinese


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (4.56, "Cel", "4.6 °C", "4.6 °C"),
        (-18.04, "Cel", "-18.0 °C", "-18.0 °C"),
        (71.26, "%", "71.3 %", "71.3 %"),
        (42, "{client}", "42 clients", "42 个终端"),
        (209_715_200, "By", "200 MiB", "200 MiB"),
        (2_400, "s", "40 min", "40分钟"),
        (224.46, "V", "224 V", "224 V"),
        (12_345, "{page}", "12,345 pages", "12,345 页"),
    ],
)
def test_a_quantity_says_its_unit(value: float, unit: str, english: str, chinese: str) -> None:
    assert plain(fmt.quantity(value, unit, Language.EN)) == english
    assert plain(fmt.quantity(value, unit, Language.ZH)) == chinese


def test_every_unit_of_the_catalogue_reads_as_words() -> None:
    units = {metric.unit for metric in catalogue().values()}
    assert len(units) > 10
    for unit in units:
        assert unit in {*UNITS, "bit/s", "By", "s"}, "give it words in controller/wording.py"
        assert "Cel" not in fmt.quantity(12.0, unit, Language.EN)


@given(st.floats(-1e15, 1e15), st.sampled_from(["bit/s", "By", "Cel", "%", "s", "V", "{packet}/s"]))
def test_a_quantity_never_gets_long(value: float, unit: str) -> None:
    for language in Language:
        text = fmt.quantity(value, unit, language)
        assert "e+" not in text
        assert len(text) <= 34


@given(st.floats(0, 1))
def test_a_share_lies_between_nought_and_a_hundred(value: float) -> None:
    text = plain(fmt.share(value)).removesuffix(" %")
    assert abs(float(text) - value * 100) <= 0.5


def test_ago_counts_in_the_largest_unit() -> None:
    assert plain(fmt.ago(NOW - 200_000, NOW, Language.EN)) == "3 min ago"
    assert fmt.ago(NOW - 200_000, NOW, Language.ZH) == "3分钟前"
    assert fmt.ago(NOW + 9_000, NOW, Language.EN) == "just now"
    assert fmt.ago(0, NOW, Language.EN) == "–"


def test_times_are_the_districts_and_as_brief_as_they_are_clear() -> None:
    yesterday = NOW - 86_400_000
    last_year = NOW - 365 * 86_400_000
    assert fmt.moment(NOW, SHANGHAI, Language.EN) == "16 Sep 2026, 10:15:00"
    assert fmt.moment(NOW, SHANGHAI, Language.ZH) == "2026年9月16日 10:15:00"
    assert fmt.short_moment(NOW, NOW, SHANGHAI, Language.ZH) == "10:15"
    assert fmt.short_moment(yesterday, NOW, SHANGHAI, Language.ZH) == "9月15日 10:15"
    assert fmt.short_moment(last_year, NOW, SHANGHAI, Language.ZH) == "2025年9月16日 10:15"
    assert fmt.short_moment(last_year, NOW, SHANGHAI, Language.EN) == "16 Sep 2025 10:15"


@pytest.mark.parametrize(
    ("chosen", "header", "language"),
    [
        (None, "", Language.ZH),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        (None, "en-GB,en;q=0.8,zh;q=0.5", Language.EN),
        (None, "de,fr;q=0.5", Language.ZH),
        (None, "en;q=nonsense", Language.ZH),
        ("en", "zh-CN", Language.EN),
        ("klingon", "en", Language.EN),
    ],
)
def test_the_choice_of_language(chosen: str | None, header: str, language: Language) -> None:
    assert choose(chosen, header) is language
