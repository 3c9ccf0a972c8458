"""The agent as the process that runs in a school: a real snmpd, a real broker, real signals."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.spool.report import read_report
from campus.samples import SeriesKey
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import FactsBody, SamplesBody
from tests.fakes.acking_controller import AckingController
from tests.fakes.publisher import Publisher
from tests.servers.daemon import wait_until
from tests.servers.mosquitto import Mosquitto, mosquitto
from tests.servers.snmpd import COMMUNITY, snmpd

MEMORY_LIMIT_BYTES = 80_000_000


@contextmanager
def agent(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`campanile agent run`, killed at the end of the block if it still runs."""
    with (config.parent / "agent.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "campanile", "agent", "run", "--config", str(config)], stderr=log, stdout=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def written(folder: Path, broker: Mosquitto, snmp_port: int) -> Path:
    (folder / "community.txt").write_text(COMMUNITY)
    path = folder / "agent.yaml"
    path.write_text(
        f"""\
site: no-1-primary
uplink: {{port: {broker.port}, reconnect_min_s: 0.2, reconnect_max_s: 0.5, ack_timeout_s: 2}}
cadence: {{fast_s: 1, normal_s: 2, slow_s: 30}}
snmp_communities: {{read: {{file: community.txt}}}}
batch_s: 0.5
devices:
  - {{id: server-1, name: 机房服务器, room: network-room, address: "127.0.0.1:{snmp_port}", kind: server}}
mqtt_listeners: [{{port: {broker.port}}}]
mqtt_devices: [{{id: board-101, name: 一（1）班大屏, room: r101, kind: board}}]
"""
    )
    return path


def values(controller: AckingController) -> dict[SeriesKey, list[float]]:
    """Everything stored, by series, in order of frame numbers."""
    found: dict[SeriesKey, list[float]] = {}
    for _, frame in sorted(controller.frames.items()):
        if isinstance(frame.body, SamplesBody):
            keys = read_dictionary(frame.body.dictionary)
            columns = read_columns(frame.body, len(keys))
            for index, value in zip(columns.series.tolist(), columns.value.tolist(), strict=True):
                found.setdefault(keys[index], []).append(value)
    return found


def heard(controller: AckingController, device: str, metric: str) -> list[float]:
    return [
        value
        for key, them in values(controller).items()
        if (key.device, key.metric) == (device, metric)
        for value in them
    ]


def told(controller: AckingController) -> dict[str, str]:
    """Name by device, from the facts."""
    bodies = [frame.body for frame in list(controller.frames.values())]
    return {each.device: each.name for body in bodies if isinstance(body, FactsBody) for each in body.devices}


@pytest.mark.slow
def test_an_agent_polls_listens_survives_kill_9_and_leaves_politely(tmp_path: Path) -> None:
    (tmp_path / "snmpd").mkdir()
    with mosquitto(tmp_path) as broker, snmpd(tmp_path / "snmpd") as device, AckingController() as controller:
        controller.connect(broker.port)
        config = written(tmp_path, broker, device.port)

        def the_board_is_heard(board: Publisher) -> bool:
            board.say("board/board-101/telemetry", b'{"power": "on"}')
            return heard(controller, "board-101", "power_state")[:1] == [2]

        with agent(config) as process, Publisher(broker.port) as board:
            wait_until(lambda: len(heard(controller, "server-1", "if_in_bps")) > 0, "a rate from snmpd")
            wait_until(lambda: the_board_is_heard(board), "the board")
            process.send_signal(signal.SIGKILL)
        first_life, epochs = controller.numbers(), {epoch for epoch, _ in controller.frames}
        with agent(config) as process:
            wait_until(lambda: controller.numbers()[-1] > first_life[-1] + 3, "frames of the second life")
            wait_until(
                lambda: len(heard(controller, "no-1-primary", "agent_memory_bytes")) > 3, "the agent's own health"
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        wait_until(lambda: controller.states[-1] == b'{"online":false}', "the farewell")
        assert len(epochs) == 1
        assert len({epoch for epoch, _ in controller.frames}) == 2  # one for each life
        repeated = [frame.number for frame in controller.arrivals if frame.number]
        assert len({(f.number, f.sent_at) for f in controller.arrivals if f.number}) == len(set(repeated))
        assert told(controller) == {
            "server-1": "机房服务器",
            "board-101": "一（1）班大屏",
            "no-1-primary": "no-1-primary",
        }
        assert set(heard(controller, "server-1", "reachable")) == {1}
        assert max(heard(controller, "no-1-primary", "agent_memory_bytes")) < MEMORY_LIMIT_BYTES


def test_an_agent_whose_spool_is_another_programs_database_says_why_and_ends(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "spool.db")) as database:
        database.execute("CREATE TABLE theirs (x)")
    config = tmp_path / "agent.yaml"
    config.write_text("site: no-1-primary\n")
    with agent(config) as process:
        assert process.wait(20) == 2
    assert "not a spool" in (tmp_path / "agent.log").read_text()
    assert "Traceback" not in (tmp_path / "agent.log").read_text()


def test_an_agent_whose_spool_is_damaged_begins_another_and_goes_on(tmp_path: Path) -> None:
    nonsense = b"something else" * 1000
    (tmp_path / "spool.db").write_bytes(nonsense)
    config = tmp_path / "agent.yaml"
    config.write_text("site: no-1-primary\n")
    with agent(config) as process:
        wait_until(lambda: "agent_started" in (tmp_path / "agent.log").read_text(), "the start")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert (tmp_path / "agent.log").read_text().count("spool_damaged") == 1
    assert [path.read_bytes() for path in tmp_path.glob("spool.db.damaged-*")] == [nonsense]
    assert read_report(tmp_path / "spool.db", 1, 0).damaged_files == 1


def test_an_agent_needs_no_numpy_and_no_pysnmp_before_it_is_told_to_hear_traps() -> None:
    script = (
        "import sys; import agent.build, agent.main, agent.collect.snmp, agent.cli, agent.probe; "
        "print(sorted({'numpy', 'pyarrow', 'duckdb', 'fastapi', 'controller', 'pysnmp', 'pyasn1'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
