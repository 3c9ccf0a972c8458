"""A real process that is killed while it sends: nothing is lost, and what comes twice has the same id."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.alerts.tables import AlertRow
from controller.clock import utc_ms
from controller.identity.scope import SYSTEM
from controller.registry.database import writing
from controller.telling.model import Standing
from tests.servers.daemon import wait_until
from tests.support.district import NO_1, NO_2, ready_registry
from tests.support.receivers import web_receiver
from tests.support.telling_process import telling_of

pytestmark = pytest.mark.slow


@contextmanager
def process(database: Path, address: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.support.telling_process", str(database), address]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as running:
        try:
            yield running
        finally:
            running.kill()


def test_a_kill_while_sending_loses_nothing_and_repeats_one_message_at_most(tmp_path: Path) -> None:
    district = ready_registry(tmp_path)
    with writing(district.engine) as session:
        rows = [_alert(site) for site in (NO_1, NO_2)]
        session.add_all(rows)
    with web_receiver() as web:
        with process(district.path, web.address) as first:
            # The message has arrived and nobody knows it: the worst moment there is.
            web.before_answer = lambda: os.kill(first.pid, signal.SIGKILL)
            first.wait(30)
        assert len(web.posted) >= 1
        web.before_answer = lambda: None
        seen = telling_of(district.path, web.address)

        def are_all_told() -> bool:
            told = [line for row in rows for line in seen.told_of(SYSTEM, row.id or 0)]
            return len(told) == len(rows) and all(line.standing is Standing.TOLD for line in told)

        assert not are_all_told()
        with process(district.path, web.address):
            wait_until(are_all_told, "both messages told", 30)
    ids = Counter(posted.body["id"] for posted in web.posted)
    assert len(ids) == len(rows), "each message arrived"
    assert sorted(ids.values()) == [1, 2], "the one that was killed under way came again, with its id"


def _alert(site: str) -> AlertRow:
    return AlertRow(
        rule="gateway-unreachable",
        site=site,
        device="gw-1",
        metric="reachable",
        instance="",
        severity="critical",
        opened_at=utc_ms(),
        value=0.0,
    )
