"""The page about queries tells every limit there is, in both languages."""

import re
from collections import Counter
from pathlib import Path

import pytest

from controller.influxql import limits
from controller.influxql.parsing import MAX_STATEMENTS, MAX_TEXT_CHARS
from controller.influxql.routes import ANSWERED_AT_ONCE, WAITING

DOCS = Path(__file__).resolve().parents[3] / "docs"
LIMITS = [value for name, value in vars(limits).items() if name.startswith("MAX_")]


@pytest.mark.parametrize(("page", "heading"), [("46-query.md", "## Limits"), ("46-query.zh-CN.md", "## 限制")])
def test_every_limit_is_told(page: str, heading: str) -> None:
    assert len(LIMITS) > 8
    table = (DOCS / page).read_text(encoding="utf-8").partition(heading)[2]
    told = Counter(re.findall(r"\d[\d,]*(?<=\d)", table))
    there = Counter(f"{value:,g}" if isinstance(value, float) else f"{value:,}" for value in LIMITS)
    assert told >= there + Counter(
        f"{value:,}" for value in (MAX_TEXT_CHARS, MAX_STATEMENTS, ANSWERED_AT_ONCE, WAITING)
    )
