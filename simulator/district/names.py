"""Names of schools, in the order a district of N has them."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a school teaches; it sets bells, rooms and size."""

    PRIMARY = "primary"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True)
class SchoolName:
    """How a school is called. `is_rural` ones are small and badly connected."""

    id: str
    name_en: str
    name_zh: str
    stage: Stage
    is_rural: bool = False


_KNOWN = (
    SchoolName("no-1-primary", "No. 1 Primary School", "第一小学", Stage.PRIMARY),
    SchoolName("no-2-middle", "No. 2 Middle School", "第二中学", Stage.MIDDLE),
    SchoolName("no-3-primary", "No. 3 Primary School", "第三小学", Stage.PRIMARY),
    SchoolName("experimental-primary", "Experimental Primary School", "实验小学", Stage.PRIMARY),
    SchoolName("no-1-high", "No. 1 High School", "第一高级中学", Stage.HIGH),
    SchoolName("willow-town-primary", "Willow Town Central Primary School", "柳林镇中心小学", Stage.PRIMARY, is_rural=True),
    SchoolName("riverside-middle", "Riverside Middle School", "滨河中学", Stage.MIDDLE),
    SchoolName("stone-bridge-primary", "Stone Bridge Primary School", "石桥乡小学", Stage.PRIMARY, is_rural=True),
)  # fmt: skip
_DIGITS = "零一二三四五六七八九"
_WORDS = {
    Stage.PRIMARY: ("primary", "Primary School", "小学"),
    Stage.MIDDLE: ("middle", "Middle School", "中学"),
    Stage.HIGH: ("high", "High School", "高级中学"),
}
_CYCLE = (Stage.PRIMARY, Stage.PRIMARY, Stage.MIDDLE, Stage.PRIMARY, Stage.HIGH)


def school_names(count: int) -> list[SchoolName]:
    """The first `count` schools: eight with names of their own, then numbered ones.

    >>> [school.id for school in school_names(10)][-2:]
    ['no-9-high', 'no-10-primary']
    """
    numbered = [_numbered(number) for number in range(len(_KNOWN) + 1, count + 1)]
    return [*_KNOWN[:count], *numbered]


def chinese_number(number: int) -> str:
    """1 to 999 in Chinese words.

    >>> chinese_number(9), chinese_number(10), chinese_number(12), chinese_number(30), chinese_number(105)
    ('九', '十', '十二', '三十', '一百零五')
    """
    if number < 10:
        return _DIGITS[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{'' if tens == 1 else _DIGITS[tens]}十{_DIGITS[ones] if ones else ''}"
    hundreds, rest = divmod(number, 100)
    if not rest:
        return f"{_DIGITS[hundreds]}百"
    link = "零" if rest < 10 else "一" if rest < 20 else ""
    return f"{_DIGITS[hundreds]}百{link}{chinese_number(rest)}"


def _numbered(number: int) -> SchoolName:
    stage = _CYCLE[number % len(_CYCLE)]
    slug, english, chinese = _WORDS[stage]
    return SchoolName(f"no-{number}-{slug}", f"No. {number} {english}", f"第{chinese_number(number)}{chinese}", stage)
