"""Which language a person reads, and the catalogue of every text the console says.

`words/*.yaml` hold the texts, both languages side by side so that one cannot be forgotten; a key is `file.key`.
"""

from functools import cache
from importlib import resources

import msgspec
from markupsafe import Markup, escape

from campus.document import read_document
from controller.wording import Language

__all__ = ["Language", "Text", "choose", "text_of", "texts"]


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in every language, with `{name}` where values go. `en_one` is the English form for n = 1."""

    en: str
    zh: str
    en_one: str = ""

    def said(self, language: Language, **values: object) -> str:
        """The text with its values; `KeyError` when a value it names is not given.

        >>> Text("{n} schools", "{n} 所学校", "{n} school").said(Language.EN, n=1)
        '1 school'
        """
        form = self._form(language, values)
        return form.format(**values) if "{" in form else form

    def said_as_markup(self, language: Language, **values: object) -> Markup:
        """The text as HTML: values that are not markup themselves are escaped."""
        return escape(self._form(language, values)).format(**values)

    def _form(self, language: Language, values: dict[str, object]) -> str:
        if language is Language.ZH:
            return self.zh
        return self.en_one if self.en_one and values.get("n") == 1 else self.en


@cache
def texts() -> dict[str, Text]:
    """Every text by key; `ConfigError` when a shipped file is broken."""
    found: dict[str, Text] = {}
    folder = resources.files("controller.console") / "words"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        room = path.name.removesuffix(".yaml")
        words = read_document(str(path), path.read_text(encoding="utf-8"), dict[str, Text])
        found |= {f"{room}.{key}": text for key, text in words.items()}
    return found


def text_of(key: str) -> Text:
    """The text of `key`; `KeyError` when there is none, which a test rules out for every key in use."""
    return texts()[key]


def choose(chosen: str | None, accept_language: str) -> Language:
    """The language to answer in: what the person chose, else the best of the Accept-Language header (RFC 9110), else Chinese.

    >>> choose(None, "en-GB,en;q=0.8,zh;q=0.5")
    <Language.EN: 'en'>
    """
    if chosen in set(Language):
        return Language(str(chosen))
    for tag, _ in sorted(_preferences(accept_language), key=lambda entry: -entry[1]):
        if tag.startswith("zh"):
            return Language.ZH
        if tag.startswith("en"):
            return Language.EN
    return Language.ZH


def _preferences(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header[:500].split(","):
        tag, _, quality = part.strip().lower().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            found.append((tag, weight))
    return found
