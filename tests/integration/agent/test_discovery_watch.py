"""Discovery in the running agent: newcomers as a document, changes as events, and nothing of what is registered."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.build import collector_of
from agent.candidates import Candidates
from agent.clock import SteadyTimer, utc_ms
from agent.collect.port import Harvest
from agent.config import load_config
from agent.discovery.memory import memory_path, read_memory
from agent.discovery.watch import DiscoveryWatch
from agent.facts import FactsBook
from campus.ids import DeviceId
from campus.newcomers import Newcomer, decode_newcomers
from campus.samples import DeviceFacts, DeviceKind, Event
from simulator.snmp.responder import Responder, responding
from tests.servers.daemon import free_port
from tests.support.eventually import until
from tests.support.snmp import SHIPPED, port, system, tree

pytestmark = pytest.mark.slow
NETWORK = "127.88.7"


class Sink:
    """What the watch told, in order."""

    def __init__(self) -> None:
        self.documents: list[tuple[Newcomer, ...]] = []
        self.events: list[tuple[str, Event]] = []

    def take(self, device: DeviceId, harvest: Harvest) -> None:
        self.documents += [decode_newcomers(each.content).newcomers for each in harvest.documents]
        self.events += [(device, each) for each in harvest.events]

    @property
    def addresses(self) -> list[list[str]]:
        """Of the newcomers of each document, without ports."""
        return [sorted(each.address.partition(":")[0] for each in told) for told in self.documents]


def watch_of(folder: Path, snmp_port: int, sink: Sink, candidates: Candidates, **settings: Any) -> DiscoveryWatch:
    """A watch that scans at once; the switch at .1 is registered."""
    path = folder / "agent.yaml"
    file = {
        "site": "no-1",
        "snmp_communities": {"read": {"value": "public"}},
        "devices": [{"id": "sw-1", "address": f"{NETWORK}.1:{snmp_port}"}],
        "discovery": {
            "ranges": [f"{NETWORK}.0/29"],
            "rate_per_s": 500,
            "ports": {"snmp": snmp_port},
            "ws_discovery": False,
            **settings,
        },
    }
    path.write_text(yaml.safe_dump(file))
    config = load_config(path)
    assert config.discovery
    book = FactsBook({})
    book.learn(DeviceFacts(DeviceId("board-1"), DeviceKind.BOARD, 1, profile="board/standard", serial="B-1"))
    return DiscoveryWatch(
        config,
        config.discovery,
        SHIPPED,
        lambda device: collector_of(device, SHIPPED),
        book,
        candidates,
        lambda _: "",
        sink.take,
        clock=utc_ms,
        timer=SteadyTimer(),
        settle_s=0.0,
    )


@contextmanager
def devices(*numbers: int) -> Iterator[int]:
    """Switches at these addresses of the network, on one UDP port."""
    udp = free_port(socket.SOCK_DGRAM)
    rows = system() | port(1) | port(2)
    with responding(*(Responder(tree(rows), f"{NETWORK}.{number}", udp) for number in numbers)):
        yield udp


def test_newcomers_are_told_and_registered_devices_are_not(tmp_path: Path) -> None:
    sink, candidates = Sink(), Candidates()
    candidates.note("acme/7/air", b'{"t": 21}', "no_profile", 1)
    candidates.note(f"SNMP traps from {NETWORK}.9", b"", "unknown_sender", 2)

    async def play(udp: int) -> None:
        watch = watch_of(tmp_path, udp, sink, candidates)
        task = asyncio.create_task(watch.run())
        await until(lambda: bool(sink.documents), "the document")
        task.cancel()

    with devices(1, 2, 3) as udp:
        asyncio.run(play(udp))
    (told,) = sink.documents
    assert sink.addresses == [["", f"{NETWORK}.2", f"{NETWORK}.3", f"{NETWORK}.9"]]
    assert [each.sample for each in told if each.key == "topic acme/7/air"] == ['{"t": 21}']
    assert len({each.entry for each in told if each.entry}) == 2
    assert sink.events == []
    memory = read_memory(memory_path(tmp_path / "spool.db"))
    assert memory.credentials[f"{NETWORK}.2"] == "read"


def test_a_device_that_is_gone_is_told_and_leaves_the_document(tmp_path: Path) -> None:
    sink = Sink()

    async def play(udp: int) -> None:
        watch = watch_of(tmp_path, udp, sink, Candidates(), every_h=0.1, forget_after=1)
        await watch.scan()
        gone.close()
        await watch.scan()

    with devices(1, 2) as udp:
        gone = Responder(tree(system() | port(1)), f"{NETWORK}.3", udp)
        with responding(gone):
            asyncio.run(play(udp))
    assert sink.addresses == [[f"{NETWORK}.2", f"{NETWORK}.3"], [f"{NETWORK}.2"]]
    ((device, event),) = sink.events
    assert (device, event.kind) == ("no-1", "device_vanished")
    assert event.text == f"core-1 (Test switch, version 1.0) was at {NETWORK}.3; it was not found once"


def test_between_scans_only_what_is_new_is_told(tmp_path: Path) -> None:
    sink, candidates = Sink(), Candidates()

    async def play(udp: int) -> None:
        watch = watch_of(tmp_path, udp, sink, candidates)
        await watch.look()
        assert sink.documents == [], "before the first scan nobody knows who else is there"
        await watch.scan()
        await watch.look()
        candidates.note("acme/7/air", b"21", "no_profile", 1)
        await watch.look()
        candidates.note("acme/7/air", b"22", "no_profile", 2)
        await watch.look()

    with devices(2) as udp:
        asyncio.run(play(udp))
    assert sink.addresses == [[f"{NETWORK}.2"], ["", f"{NETWORK}.2"]]


def test_a_scan_that_nobody_answers_tells_nothing(tmp_path: Path) -> None:
    """The agent's own cable is out: nobody has vanished."""
    sink = Sink()

    async def play(udp: int) -> None:
        watch = watch_of(tmp_path, udp, sink, Candidates(), forget_after=1)
        await watch.scan()
        for each in there:
            each.close()
        await watch.scan()

    udp = free_port(socket.SOCK_DGRAM)
    there = [Responder(tree(system() | port(1)), f"{NETWORK}.{number}", udp) for number in (2, 3)]
    with responding(*there):
        asyncio.run(play(udp))
    assert len(sink.documents) == 1
    assert sink.events == []
