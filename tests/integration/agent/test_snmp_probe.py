"""What `campanile agent probe` answers: its shape, and where each reading stands."""

import asyncio
import json
from typing import Any

from agent.address import HostPort
from agent.collect.snmp import SnmpCollector
from agent.probe import probe_report
from agent.probe_text import rendered
from agent.snmp_access import Community
from campus.secret import Secret
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder, responding
from simulator.snmp.tree import MibTree
from tests.support.snmp import ALL, NOW, QUICK, SHIPPED, collector, polls, port, system, tree, values

SUPPLIES = "1.3.6.1.2.1.43.11.1.1"
PRINTER = {
    "1.3.6.1.2.1.25.3.2.1.3.1": (4, "Pantum BM5100ADW"),
    "1.3.6.1.2.1.25.3.5.1.1.1": (2, 4),
    "1.3.6.1.2.1.43.5.1.1.17.1": (4, "CQ9-1"),
    "1.3.6.1.2.1.43.10.2.1.4.1.1": (65, 4711),
    f"{SUPPLIES}.6.1.1": (4, "Black toner"),
    f"{SUPPLIES}.8.1.1": (2, 3000),
    f"{SUPPLIES}.9.1.1": (2, 750),
    f"{SUPPLIES}.6.1.2": (4, "Waste box"),
    f"{SUPPLIES}.8.1.2": (2, 100),
    f"{SUPPLIES}.9.1.2": (2, -3),
}


def probed(view: MibTree) -> dict[str, Any]:
    device = Responder(view)
    with responding(device):
        return probe_report(
            HostPort("127.0.0.1", device.port), Community(Secret("public")), lambda: NOW, SHIPPED, timing=QUICK
        )


def test_a_printer() -> None:
    report = probed(tree(system() | PRINTER))
    assert report["profile"] == "generic/printer-mib"
    assert report["identity"] == {
        "vendor": "Pantum",
        "model": "Pantum BM5100ADW",
        "version": "1.0",
        "serial": "CQ9-1",
        "hardware": "",
        "name": "core-1",
    }
    assert report["supplies"] == [{"name": "Black toner", "percent": 25.0}], "-3 is no number"
    assert report["pages_total"] == 4711
    assert report["sensors"] == [{"class": "state", "name": "Printer", "value": 4.0, "state": "printing", "unit": ""}]


def test_ports_stand_with_their_raw_counters_loopbacks_too() -> None:
    rows = system() | port(1, 5_000_000_000) | port(2, 7, wide=False)
    rows["1.3.6.1.2.1.2.2.1.3.2"] = (2, 24)
    rows["1.3.6.1.2.1.2.2.1.8.2"] = (2, 7)
    first, second = probed(tree(rows))["interfaces"]
    assert first["in_octets"] == 5_000_000_000
    assert (first["index"], first["name"], first["speed_bps"], first["oper"]) == (1, "GE0/1", 1_000_000_000, "up")
    assert (second["name"], second["type"], second["oper"], second["out_octets"]) == ("port 2", 24, "lowerLayerDown", 7)


def test_the_shape_is_the_same_for_a_device_with_nothing() -> None:
    report = probed(tree(system()))
    lists = ("interfaces", "cpu", "memory", "storage", "temperatures", "sensors", "wireless", "supplies", "neighbours")
    assert {name: report[name] for name in lists} == {name: [] for name in lists}
    assert json.loads(json.dumps(report)) == report
    assert "sysObjectID 1.3.6.1.4.1.99999.1" in rendered(report)


def test_a_poll_that_is_broken_off_leaves_the_collector_as_good_as_new() -> None:
    device = Responder(tree(system() | port(1)), quirks=Quirks(delay_s=0.05))

    async def broken_off(one: SnmpCollector) -> None:
        task = asyncio.create_task(one.poll(ALL, NOW))
        await asyncio.sleep(0)  # the request is sent in the task's first step
        assert one.dialogue.counts["requests"] == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    with responding(device):
        one = collector(device)
        asyncio.run(broken_off(one))
        device.quirks = Quirks()
        (harvest,) = polls(one, NOW)
    assert values(harvest)["if_oper_state", "GE0/1"] == 1
    assert one.dialogue.counts["sessions"] == 2, "the session that waited for an answer is not used again"
