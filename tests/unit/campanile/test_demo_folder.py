from pathlib import Path

import pytest

from campanile.demo.folder import Asked, DemoFolder
from campus.errors import ConfigError

ASKED = Asked(schools=3, seed=1, days=2)


def test_a_new_folder_is_made_and_marked(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "new", ASKED)
    folder.claim()
    folder.release()
    assert (tmp_path / "new" / "demo.json").exists()
    assert not folder.has_history


def test_a_second_start_goes_on_with_the_same_district(tmp_path: Path) -> None:
    first = DemoFolder(tmp_path / "d", ASKED)
    first.claim()
    first.note_history()
    first.release()
    second = DemoFolder(tmp_path / "d", ASKED)
    second.claim()
    second.release()
    assert second.has_history


def test_other_options_are_refused_with_what_it_was_made_with(tmp_path: Path) -> None:
    first = DemoFolder(tmp_path / "d", ASKED)
    first.claim()
    first.release()
    with pytest.raises(ConfigError, match="--schools 3 --seed 1 --days 2"):
        DemoFolder(tmp_path / "d", Asked(schools=8, seed=1, days=2)).claim()


def test_two_demos_cannot_share_a_folder(tmp_path: Path) -> None:
    first = DemoFolder(tmp_path / "d", ASKED)
    first.claim()
    with pytest.raises(ConfigError, match="running"):
        DemoFolder(tmp_path / "d", ASKED).claim()
    with pytest.raises(ConfigError, match="running"):
        DemoFolder(tmp_path / "d", ASKED).wipe()
    first.release()


def test_somebody_elses_folder_is_neither_used_nor_wiped(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work")
    folder = DemoFolder(tmp_path, ASKED)
    with pytest.raises(ConfigError, match="not a demo's folder"):
        folder.claim()
    with pytest.raises(ConfigError, match="nothing was deleted"):
        folder.wipe()
    assert precious.read_text() == "years of work"


def test_wipe_starts_anew(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "d", ASKED)
    folder.claim()
    folder.note_history()
    folder.release()
    folder.wipe()
    anew = DemoFolder(tmp_path / "d", Asked(schools=8, seed=2, days=0))
    anew.claim()
    anew.release()
    assert not folder.has_history
