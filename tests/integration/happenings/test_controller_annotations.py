"""A controller over a real InfluxDB: what the dashboards ask there follows its alerts within seconds, through restarts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from campus.influx import ALERT_MEASUREMENT
from campus.samples import Event, Severity
from controller.clock import utc_ms
from controller.config import BrokerSettings, ControllerConfig, StoreKind
from controller.identity.scope import SYSTEM
from controller.main import Controller
from controller.readiness.model import ReadinessSettings
from controller.store.influx.settings import InfluxSettings
from controller.store.port import FrameMark
from tests.servers.daemon import free_port, wait_until
from tests.servers.influxdb import InfluxServer, influxdb
from tests.support.district import NO_1, SWITCH, address_of, enrolment, school_facts

MARKS = 'SELECT "id", "ends_at", "state", "title_zh" FROM "autogen"."campanile_alert" WHERE time > now() - 1h'
PORT = "GE0/0/7"


@contextmanager
def at_work(folder: Path, server: InfluxServer, database: str) -> Iterator[Controller]:
    """All of it but a broker, which it dials in vain."""
    influx = InfluxSettings(
        server.url, database, username=server.username, password_file=str(server.secret_file(folder)), timeout_s=5
    )
    config = ControllerConfig(
        data_dir=str(folder / "data"),
        broker=BrokerSettings("127.0.0.1", free_port()),
        store=StoreKind.INFLUXDB,
        influxdb=influx,
        readiness=ReadinessSettings(at=""),  # on a school morning it would have something to say, too
    )
    controller = Controller(config)
    try:
        controller.open_registry()
        if not controller.registry.sites(SYSTEM):
            controller.registry.enrol(SYSTEM, enrolment())
            controller.registry.learn_facts(address_of(NO_1), school_facts(NO_1), utc_ms())
        controller.start()
        yield controller
    finally:
        controller.stop()


def say(controller: Controller, kind: str, number: int) -> None:
    """A switch reports something of its port."""
    address = address_of(NO_1)
    severity = Severity.MAJOR if kind == "link_down" else Severity.INFO
    event = Event(SWITCH, utc_ms(), kind, "", severity, PORT)
    controller.alert_engine.note_events(address, FrameMark(NO_1, address.agent, 1, number), [event])


def rows(server: InfluxServer, database: str, query: str) -> list[dict[str, Any]]:
    found = [series for result in server.query(query, database) for series in result.get("series", [])]
    return [dict(zip(series["columns"], row, strict=True)) for series in found for row in series["values"]]


def shown(server: InfluxServer, database: str, state: str) -> Callable[[], bool]:
    return lambda: [row["state"] for row in rows(server, database, MARKS)] == [state]


@pytest.mark.slow
def test_an_alert_is_an_annotation_until_it_clears_whoever_was_down_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "influxdb"
    with influxdb(folder) as server:
        database, port = server.fresh_database(), int(server.url.rpartition(":")[2])
        with at_work(tmp_path, server, database) as controller:
            say(controller, "link_down", 1)
            wait_until(shown(server, database, "open"), "the annotation")
            (found,) = rows(server, database, MARKS)
            (alert,) = controller.alerts.alerts(SYSTEM)
            assert (found["time"], found["id"]) == (alert.opened_at, alert.id)
            (told,) = controller.happenings.points(SYSTEM, ALERT_MEASUREMENT, alert.opened_at, utc_ms())
            assert found["title_zh"] == told.fields["title_zh"] == "线路中断"
            wait_until(
                lambda: bool(rows(server, database, "SELECT last(value) FROM controller_memory_bytes")), "own series"
            )
            own = rows(server, database, "SELECT last(value) AS value FROM school_alerts_open GROUP BY site, instance")
            assert len(own) == 3 * len(Severity)
            at_centre = rows(server, database, "SELECT * FROM controller_memory_bytes WHERE site = 'centre'")
            assert {row["device"] for row in at_centre} == {"controller"}
        assert [row["state"] for row in rows(server, database, MARKS)] == ["open"]

    with influxdb(folder, port) as server, at_work(tmp_path, server, database) as controller:
        say(controller, "link_up", 2)
        wait_until(lambda: not controller.alerts.standing(SYSTEM), "the end of it")
        wait_until(shown(server, database, "cleared"), "the annotation's end")
        (found,) = rows(server, database, MARKS)
        (alert,) = controller.alerts.alerts(SYSTEM)
        assert found["ends_at"] == alert.cleared_at
