"""What dashboards say, in both languages: a file for each dashboard beside one that they share, `words/common.yaml`."""

from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from campus.document import read_document

_COMMON: Final = "common"


class Language(StrEnum):
    """A language of the pages, as IETF BCP 47 names it."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    en: str
    zh: str

    def in_language(self, language: Language) -> str:
        """The one asked for."""
        return self.zh if language is Language.CHINESE else self.en


class PanelWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A panel's heading and what stands behind its little i: what it shows, and what to do with it."""

    title: Text
    description: Text


class BoardWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything one dashboard says."""

    title: Text
    description: Text
    panels: dict[str, PanelWords]
    words: dict[str, Text] = {}


@cache
def board_words(key: str) -> BoardWords:
    """The words of a dashboard; `ConfigError` when the shipped file is broken."""
    return read_document(*_file(key), BoardWords)


@cache
def common_words() -> dict[str, Text]:
    """What dashboards say alike: labels of variables, names of columns, links. As `board_words`."""
    return read_document(*_file(_COMMON), dict[str, Text])


def _file(key: str) -> tuple[str, str]:
    path = resources.files("dashboards") / "words" / f"{key}.yaml"
    return str(path), path.read_text(encoding="utf-8")
