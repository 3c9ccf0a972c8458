"""The words of the specification, in both languages, as data: fields, reasons, and the page around the tables."""

from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

from campus.document import read_document

T = TypeVar("T")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a field means; `form` names an entry of `campus.spec.forms.FORMS`."""

    en: str
    zh: str
    form: str = ""

    def said(self, language: str) -> str:
        """The meaning in ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is not taken (`en`, `zh`) and what its sender should do (`do_en`, `do_zh`)."""

    en: str
    zh: str
    do_en: str
    do_zh: str

    def said(self, language: str) -> str:
        """What is wrong."""
        return self.zh if language == "zh" else self.en

    def advised(self, language: str) -> str:
        """What to do."""
        return self.do_zh if language == "zh" else self.do_en


@cache
def fields() -> dict[str, dict[str, Field]]:
    """By structure, then by field, in the order of the structure."""
    return _read("fields.yaml", dict[str, dict[str, Field]])


@cache
def reasons() -> dict[str, dict[str, Reason]]:
    """By group (``frame``, ``set_aside``, ``publisher``, ``advice``), then by reason."""
    return _read("reasons.yaml", dict[str, dict[str, Reason]])


@cache
def every_reason() -> dict[str, Reason]:
    """All groups in one; no reason stands in two."""
    return {name: reason for group in reasons().values() for name, reason in group.items()}


def page_template(language: str) -> str:
    """Markdown with ``{{slots}}``; `language` is ``en`` or ``zh``."""
    return _text(f"page.{language}.template")


def script() -> str:
    """The shell script of the page."""
    return _text("publish.sh")


def _read(name: str, shape: type[T]) -> T:
    return read_document(name, _text(name), shape)


def _text(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")
