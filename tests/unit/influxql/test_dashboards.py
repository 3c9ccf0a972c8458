"""Every query that a dashboard may send is one that `/query` answers."""

import pytest

from controller.influxql.parsing import parse
from dashboards.boards import BOARDS
from dashboards.queries import queries
from dashboards.variables import LEVELS
from tests.support.influxql_points import EVERYTHING, HOUR_MS, NOW, District


@pytest.mark.slow
def test_every_query_of_every_dashboard_is_answered() -> None:
    service = District((), {}, {}).service()
    asked = {
        each.text
        for board in BOARDS
        for level in LEVELS
        for each in queries(board, start_ms=NOW - HOUR_MS, end_ms=NOW, level=level)
    }
    assert len(asked) > 100
    refused = {text: answer.error for text in asked for answer in service.answer(EVERYTHING, text) if answer.error}
    assert not refused
    assert all(parse(text) for text in asked)
