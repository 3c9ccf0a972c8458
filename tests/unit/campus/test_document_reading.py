"""The quick reader of YAML sees what PyYAML's own sees, and what it cannot stand it is not given."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from campus.document import read_document
from campus.document.reading import composed
from campus.errors import ConfigError
from firmware_profiles.catalogue import SHIPPED

ROOT = SHIPPED.parent
TEXTS = sorted([*(SHIPPED / "huawei").glob("*.yaml"), *(ROOT / "controller" / "alerts" / "rules").glob("*.yaml")])
CORNERS = [
    "",
    "# nothing\n",
    "a: &x {b: [1, *x]}\n",
    "a: |\n  two\n   lines\n\nb: >-\n  folded\n  text\n",
    "? [long, key]\n: - - deep\n    - '7'\n  - {}\n",
    "- a\n b\n",
    "- 'it''s'\n- \"\\u4e00\\t\"\n- 一（1）班\n- 😀 x: y\n- ~\n",
    "%YAML 1.1\n---\na: 08:30\n...\n",
    "\ufeffa: 1\r\nb: 2\r\n",
]


def told(node: yaml.Node | None) -> Iterator[tuple[object, ...]]:
    """Every node in the order of the text: kind, meaning, value, where it begins. What was told is not told again."""
    pending, seen = [node] if node else [], set()
    while pending:
        current = pending.pop()
        is_known = id(current) in seen
        seen.add(id(current))
        parts: list[yaml.Node] = []
        if isinstance(current, yaml.MappingNode):
            parts = [each for pair in current.value for each in pair]
        elif isinstance(current, yaml.SequenceNode):
            parts = current.value
        value = len(parts) if parts else current.value
        yield type(current), current.tag, value, current.start_mark.line, current.start_mark.column, is_known
        pending += [] if is_known else reversed(parts)


def slowly(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_both_readers_see_the_same_in_what_is_shipped(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert list(told(composed(text))) == list(told(slowly(text)))


def test_there_were_files_to_look_at() -> None:
    assert len(TEXTS) > 20


@pytest.mark.parametrize("text", CORNERS)
def test_both_readers_see_the_same_in_the_corners(text: str) -> None:
    assert list(told(composed(text))) == list(told(slowly(text)))


@pytest.mark.parametrize(
    "text", ["a: [\n", "a: *x\n", "a:\n\t- b\n", "%\n", "a: b: c\n", "a: \x00\n", "a: \ud800\n", "---\n---\n"]
)
def test_what_is_wrong_is_told_in_the_better_words(text: str) -> None:
    with pytest.raises(yaml.YAMLError) as wanted:
        slowly(text)
    with pytest.raises(yaml.YAMLError) as caught:
        composed(text)
    assert str(caught.value) == str(wanted.value)


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, "- " * 100_000, "{a: " * 100_000, "? " * 100_000])
def test_however_deep_a_text_is_nested_it_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match=r"house\.yaml.*not valid YAML"):
        read_document("house.yaml", text, dict[str, int])
