"""Every dashboard holds together: places, links, variables, and what a person at a wall screen needs of each panel."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.models import dashboard

from dashboards.board import Board, uid_of
from dashboards.boards import BOARDS
from dashboards.queries import queries
from dashboards.rendering import as_json, build, panels_of, targets_of
from dashboards.target import DATASOURCE_TYPE, Grafana
from dashboards.variables import LEVEL_VARIABLES, LEVELS
from dashboards.words import Language

COLUMNS = 24
MOST_PANELS = 15
MADE_BY_GRAFANA = {"__to", "__from", "__url_time_range"}
WHERE_A_LINK_READS = re.compile(r"__(field\.labels|data\.fields)\.\w+")
NOW = 1_795_003_600_000
UIDS = {uid_of(board.key, language) for board in BOARDS for language in Language}
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.key)


def built(board: Board, language: Language = Language.CHINESE) -> dashboard.Dashboard:
    return build(board, language, Grafana.V12)


def plain(board: Board) -> Any:
    return json.loads(as_json(built(board)))


def texts_within(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts_within(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts_within(value)


def links_within(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("url"), str):
            yield part["url"]
        for value in part.values():
            yield from links_within(value)
    elif isinstance(part, list):
        for value in part:
            yield from links_within(value)


@each_board
def test_panels_fill_the_width_and_never_cover_one_another(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels_of(built(board)):
        place = panel.grid_pos
        assert place is not None
        cells = {(x, y) for x in range(place.x, place.x + place.w) for y in range(place.y, place.y + place.h)}
        assert not taken & cells
        assert place.x + place.w <= COLUMNS
        taken |= cells
    panels = panels_of(built(board))
    full = [panel for panel in panels if panel.repeat is None]
    tops = {panel.grid_pos.y for panel in full if panel.grid_pos}
    assert all(
        sum(panel.grid_pos.w for panel in full if panel.grid_pos and panel.grid_pos.y == top) == COLUMNS for top in tops
    )
    assert len(panels) <= MOST_PANELS
    assert [panel.id_val for panel in panels] == list(range(1, len(panels) + 1))


@each_board
def test_every_panel_says_what_it_is_and_asks_the_chosen_source(board: Board) -> None:
    for panel in panels_of(built(board)):
        assert panel.title
        assert len(panel.description or "") >= 8
        assert panel.datasource is not None
        assert (panel.datasource.type_val, panel.datasource.uid) == (DATASOURCE_TYPE, "${datasource}")
        targets = targets_of(panel)
        assert targets
        assert len(targets) == len(panel.targets or ())
        assert [target.ref_id for target in targets] == [chr(ord("A") + place) for place in range(len(targets))]
        tables = {target.result_format for target in targets} == {"table"}
        is_calculated = any(step.id_val == "calculateField" for step in panel.transformations or ())
        assert tables is (panel.type_val == "table" or is_calculated)


@each_board
def test_pictures_name_their_lines_and_units(board: Board) -> None:
    for panel in panels_of(built(board)):
        if panel.type_val not in ("timeseries", "statetimeline", "bargauge"):
            continue
        several = len(targets_of(panel)) > 1 or any("GROUP BY" in target.text for target in targets_of(panel))
        assert not several or all(target.legend for target in targets_of(panel)), panel.title
        assert panel.field_config is not None
        assert panel.field_config.defaults.unit


@each_board
def test_only_variables_that_are_there_are_named(board: Board) -> None:
    made = built(board)
    names = {variable.name for variable in made.templating.list_val or ()}
    named = set(re.findall(r"\$\{([\w.]+)(?::\w+)?\}", as_json(made)))

    assert {name for name in named - names - MADE_BY_GRAFANA if not WHERE_A_LINK_READS.fullmatch(name)} == set()
    assert {"datasource", "console"} <= names
    hidden = {name for name in LEVEL_VARIABLES if name in names}
    assert hidden == {name for name in LEVEL_VARIABLES if name in named}


@each_board
def test_links_lead_to_dashboards_that_are_there_or_to_the_console(board: Board) -> None:
    found = list(links_within(plain(board)))

    for url in found:
        uid = re.match(r"/d/([\w-]+)", url)
        assert url.startswith("${console}/") or (uid is not None and uid[1] in UIDS), url
    assert any(url.startswith("/d/") for url in found)
    assert sum(url.startswith("${console}/") for url in found) >= 2


@each_board
def test_links_in_rows_read_columns_that_are_asked_for(board: Board) -> None:
    for panel in panels_of(built(board)):
        if panel.type_val != "table":
            continue
        asked = " ".join(target.text for target in targets_of(panel))
        for name in re.findall(
            r"__data\.fields\.(\w+)", " ".join(texts_within(plain(board)["panels"][(panel.id_val or 0) - 1]))
        ):
            assert f'"{name}"' in asked, (panel.title, name)


@each_board
def test_every_column_that_is_asked_for_has_a_heading(board: Board) -> None:
    for panel in panels_of(built(board)):
        turned = any(step.id_val == "groupingToMatrix" for step in panel.transformations or ())
        if panel.type_val != "table" or turned:
            continue
        assert panel.field_config is not None
        headed = {override.matcher.options for override in panel.field_config.overrides}
        for target in targets_of(panel):
            outer = re.sub(r"\(SELECT .*\)", "", target.text)
            selected, _, rest = outer.removeprefix("SELECT ").partition(" FROM ")
            columns = set(re.findall(r'AS "(\w+)"', selected)) | set(
                re.findall(r'^"(\w+)"$', selected.replace(", ", "\n"), re.M)
            )
            columns |= set(re.findall(r'"(\w+)"', rest.partition("GROUP BY")[2]))
            assert columns <= headed, (panel.title, columns - headed)


@each_board
@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level["policy"])
def test_every_query_can_be_listed_with_its_variables_put_in(board: Board, level: dict[str, str]) -> None:
    listed = queries(board, start_ms=NOW - 1, end_ms=NOW, level=level, site="no-3", device=("gw-1", "a/b"))

    assert [one.text for one in listed if "$" in one.text.replace("$/", "/")] == []
    assert {one.kind for one in listed} == {"panel", "variable", "annotation"}
    several = [one.text for one in listed if '"device" =~' in one.text and "campanile_alert" in one.text]
    assert all(r"/^(gw-1|a\/b)$/" in text for text in several)


def test_a_school_whose_access_points_tell_their_clients_alone_can_be_chosen() -> None:
    wireless = next(board for board in BOARDS if board.key == "wireless")
    asked = {one.title: one.text for one in queries(wireless, start_ms=NOW - 1, end_ms=NOW) if one.kind == "variable"}

    assert all('FROM "autogen"."school_wireless_clients_most"' in asked[name] for name in ("site", "school"))


def test_one_value_needs_no_parentheses() -> None:
    school = next(board for board in BOARDS if board.key == "school")
    texts = [one.text for one in queries(school, start_ms=NOW - 1, end_ms=NOW, site="no-3", gateway=["gw"])]

    assert any('"site" =~ /^no-3$/ AND "device" =~ /^gw$/' in text for text in texts)


@each_board
def test_alerts_and_maintenance_are_marked_with_their_length(board: Board) -> None:
    marks = plain(board)["annotations"]["list"]

    assert marks
    for mark in marks:
        assert mark["mappings"]["timeEnd"] == {"source": "field", "value": "ends_at"}
        assert '"title_zh" AS "title"' in mark["target"]["query"]
        assert mark["target"]["resultFormat"] == "table"


def test_every_dashboard_can_be_reached_from_the_first() -> None:
    seen: set[str] = set()
    waiting = [uid_of(BOARDS[0].key, Language.CHINESE)]
    leads_to = {board.uid(Language.CHINESE): re.findall(r'"/d/([\w-]+)', as_json(built(board))) for board in BOARDS}
    while waiting:
        uid = waiting.pop()
        if uid not in seen:
            seen.add(uid)
            waiting += leads_to[uid]

    assert seen == {board.uid(Language.CHINESE) for board in BOARDS}
