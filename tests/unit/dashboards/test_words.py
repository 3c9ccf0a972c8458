"""Every word that a dashboard says is there in both languages, and none is there for nothing."""

import re
from pathlib import Path

import pytest

import dashboards
from dashboards.board import Board, Draft
from dashboards.boards import BOARDS
from dashboards.rendering import build, panels_of
from dashboards.target import Grafana
from dashboards.words import Language, Text, board_words, common_words

HAN = re.compile(r"[\u4e00-\u9fff]")
FILES = sorted(path.stem for path in (Path(dashboards.__file__).parent / "words").glob("*.yaml"))
SAME_IN_BOTH = {"UPS", "ID", "PM2.5", "CO₂", "PoE", "TVOC"}


class Noting(Draft):
    """A draft that notes what it was asked."""

    asked: set[str] = set()  # noqa: RUF012 - one list for all that are drawn

    def word(self, key: str) -> str:
        self.asked.add(key)
        return super().word(key)

    def panel(self, key: str) -> tuple[str, str]:
        self.asked.add(f"{self.key}/{key}")
        return super().panel(key)


def every_text() -> list[tuple[str, Text]]:
    found = [(f"common.{key}", text) for key, text in common_words().items()]
    for board in BOARDS:
        words = board_words(board.key)
        found += [(f"{board.key}.title", words.title), (f"{board.key}.description", words.description)]
        found += [(f"{board.key}.{key}", text) for key, text in words.words.items()]
        for key, panel in words.panels.items():
            found += [(f"{board.key}.{key}.title", panel.title), (f"{board.key}.{key}.description", panel.description)]
    return found


def test_each_dashboard_has_its_file_of_words() -> None:
    assert sorted([*(board.key for board in BOARDS), "common"]) == FILES
    assert len(BOARDS) == 11


def test_every_text_is_in_both_languages() -> None:
    texts = every_text()

    assert [name for name, text in texts if not text.en.strip() or HAN.search(text.en)] == []
    assert [name for name, text in texts if not HAN.search(text.zh) and text.zh not in SAME_IN_BOTH] == []
    assert len(texts) > 400


def test_descriptions_are_sentences() -> None:
    sentences = [(name, text) for name, text in every_text() if name.endswith("description")]

    assert [
        name for name, text in sentences if not (text.en.endswith((".", "?")) and text.zh.endswith(("。", "？")))
    ] == []


def test_no_text_names_a_metric_by_its_id() -> None:
    ids = re.compile(r"\b[a-z]+_[a-z_]+\b")

    assert [name for name, text in every_text() if ids.search(text.en) or ids.search(text.zh)] == []


def test_every_word_is_said_somewhere() -> None:
    for board in BOARDS:
        Noting.asked.add(f"board_{board.key}")
        board.draw(Noting(board.key, Language.CHINESE))
    written = {f"{board.key}/{key}" for board in BOARDS for key in board_words(board.key).panels}
    words = set(common_words()) | {key for board in BOARDS for key in board_words(board.key).words}
    of_everywhere = {"variable_datasource", "console"}

    assert written - Noting.asked == set()
    assert words - Noting.asked - of_everywhere == set()


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.key)
def test_both_languages_show_the_same_panels(board: Board) -> None:
    chinese, english = (build(board, language, Grafana.V12) for language in Language)

    assert [panel.type_val for panel in panels_of(chinese)] == [panel.type_val for panel in panels_of(english)]
    for panel in panels_of(chinese):
        assert HAN.search(panel.title or "")
        assert HAN.search(panel.description or "")
