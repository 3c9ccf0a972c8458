"""What is rendered: read back by the SDK it is the same, and it holds together."""

import json

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

from dashboards.board import Board
from dashboards.boards import BOARDS
from dashboards.rendering import as_json, render
from dashboards.target import Grafana, register
from dashboards.words import Language

ANYWHERE = [(board, language, grafana) for board in BOARDS for language in Language for grafana in Grafana]


@pytest.mark.parametrize(("board", "language", "grafana"), ANYWHERE, ids=lambda one: getattr(one, "key", str(one)))
def test_the_sdk_reads_back_what_it_wrote(board: Board, language: Language, grafana: Grafana) -> None:
    register_default_plugins()
    register()

    text = render(board, language, grafana)

    assert as_json(dashboard.Dashboard.from_json(json.loads(text))) == text
    assert json.loads(text)["schemaVersion"] == grafana.schema_version
