"""What is found is written without waiting for the next tick."""

from pathlib import Path

import numpy as np
import pytest

from campus.ids import AgentId, DeviceId, Instance, MetricId
from campus.samples import Event, Severity
from controller import main
from controller.alerts.model import AlertState
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.store.port import Batch, DistrictSeries, FrameMark
from tests.servers.daemon import wait_until
from tests.support.district import KITCHEN, NO_1, NOW, SWITCH, address_of, enrolment, school_facts
from tests.support.standing import standing_controller


def test_an_alert_does_not_wait_for_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "TICK_INTERVAL_S", 3600.0)
    with standing_controller(tmp_path, enrolment()) as controller:
        controller.registry.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        alerting = controller.housekeeping[0]
        alerting.start()
        wait_until(lambda: alerting.rounds == 1, "the first round, which finds nothing")

        gas = DistrictSeries(NO_1, DeviceId(KITCHEN), MetricId("gas_percent_lel"), Instance(""))
        ids, at, value = controller.store.series_ids([gas]), np.array([NOW], dtype=np.int64), np.array([40.0])
        mark = FrameMark(NO_1, AgentId(NO_1), 1, 1)
        controller.store.append(Batch([mark], ids, at, value))
        controller.alert_engine.judge(Committed(ids, at, value, NOW))
        wait_until(lambda: open_rules(controller) == ["gas-leak"], "the alert of a sample")

        event = Event(SWITCH, NOW, "fan_failed", "fan 1", Severity.MAJOR)
        controller.alert_engine.note_events(address_of(NO_1), mark._replace(number=2), [event])
        wait_until(lambda: open_rules(controller) == ["event:fan_failed", "gas-leak"], "the alert of an event")
        alerting.stop()
        figures = {figure.name: figure.value for figure in controller.figures()}
        assert "alert_write_delay_ms" in figures


def open_rules(controller: main.Controller) -> list[str]:
    return sorted(alert.rule for alert in controller.alerts.alerts(SYSTEM, state=AlertState.OPEN))
