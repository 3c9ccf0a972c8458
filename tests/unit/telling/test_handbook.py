"""The page "why was I (not) told" speaks with the words of the screen: every reason stands there as it is shown."""

import re
from pathlib import Path

import pytest

from controller.console.language import Language, text_of
from controller.telling.model import Reason

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGES = {
    "36-why-was-i-told.md": (Language.EN, Language.ZH),
    "36-why-was-i-told.zh-CN.md": (Language.ZH,),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_reason_stands_in_the_handbook_as_on_the_screen(name: str) -> None:
    page = (DOCS / name).read_text()
    for reason in Reason:
        for language in PAGES[name]:
            words = text_of(f"telling.reason_{reason}").said(language, when="WHEN")
            pattern = r"\| " + r"\d\d:\d\d".join(re.escape(part) for part in words.split("WHEN")) + r" \|"
            assert re.search(pattern, page), words
