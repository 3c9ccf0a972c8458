"""What is rendered: read back by the SDK it is the same, and it holds together."""

import json

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

from dashboards.board import Board
from dashboards.boards import BOARDS
from dashboards.digests import LISTING, listing
from dashboards.rendering import as_json, render
from dashboards.target import Grafana, register
from dashboards.words import Language


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.key)
def test_the_sdk_reads_back_what_it_wrote(board: Board, language: Language) -> None:
    register_default_plugins()
    register()

    text = render(board, language, Grafana.V12)

    assert as_json(dashboard.Dashboard.from_json(json.loads(text))) == text


def test_the_heat_map_is_told_in_the_districts_hours() -> None:
    (board,) = (board for board in BOARDS if board.key == "utilisation")
    for zone in ("Asia/Shanghai", "Asia/Urumqi"):
        assert f'"timezone": "{zone}"' in render(board, Language.ENGLISH, Grafana.V12, timezone=zone)


def test_what_is_rendered_is_what_was_looked_at() -> None:
    assert LISTING.read_text(encoding="utf-8") == listing(), (
        "run `make dashboards`, look at what changed, and commit it"
    )


def test_rendering_is_the_same_twice() -> None:
    board = BOARDS[0]

    assert render(board, Language.CHINESE, Grafana.V11) == render(board, Language.CHINESE, Grafana.V11)


def test_majors_differ_by_the_version_of_the_schema_alone() -> None:
    for board in BOARDS:
        ten, eleven, twelve = (json.loads(render(board, Language.CHINESE, grafana)) for grafana in Grafana)
        assert ten.pop("schemaVersion") < eleven.pop("schemaVersion") < twelve.pop("schemaVersion")
        assert ten == eleven == twelve


def test_uids_tell_dashboards_and_languages_apart() -> None:
    uids = [board.uid(language) for board in BOARDS for language in Language]

    assert len(set(uids)) == len(uids)
    assert max(map(len, uids)) <= 40


def test_the_address_of_the_console_is_in_one_place() -> None:
    text = render(BOARDS[0], Language.ENGLISH, Grafana.V12, "https://campanile.example")

    assert text.count("https://campanile.example") == 1
