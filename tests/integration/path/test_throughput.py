"""An agent measures its line against a controller that grants turns: over the loopback, and over a link of known rate."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from agent.path.throughput import Refusal, Throughput, ThroughputProbe
from agent.services.model import CheckFailed
from campus.ids import AgentId, SiteId
from campus.secret import Secret
from campus.topics import Address
from controller.throughput.model import SLOT_S, ThroughputSettings
from controller.throughput.routes import throughput_router
from controller.throughput.service import ThroughputService
from tests.servers.daemon import free_port, wait_until
from tests.support.district import HOUR_MS, MONDAY, NO_1, NO_2, ReadyRegistry, ready_registry
from tests.support.limited_link import limited_link

TOKEN = Secret("the-districts-token")
EVENING = MONDAY + 20 * HOUR_MS
SETTINGS = ThroughputSettings(max_bytes=1 << 20, max_bps=1e9)


@contextmanager
def served(
    registry: ReadyRegistry, settings: ThroughputSettings = SETTINGS, host: str = "127.0.0.1"
) -> Iterator[tuple[ThroughputService, str]]:
    """The routes of measuring, on a real port."""
    service = ThroughputService(registry.service, registry.calendar, registry.clock, settings, TOKEN)
    app = FastAPI()
    app.include_router(throughput_router(service))
    port = free_port(host=host)
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, name="throughput")
    thread.start()
    wait_until(lambda: server.started, "the controller to listen")
    try:
        yield service, f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def registry(tmp_path: Path) -> ReadyRegistry:
    ready = ready_registry(tmp_path)
    ready.clock.now = EVENING
    return ready


def measured(
    url: str, site: SiteId = NO_1, token: Secret = TOKEN, max_bytes: int = 8 << 20, max_bps: float = 1e9
) -> Throughput | Refusal:
    address = Address(site, AgentId(site))
    return asyncio.run(ThroughputProbe(url, token, None, address, max_bytes, max_bps).measure())


def test_a_turn_gives_both_directions_and_ends(registry: ReadyRegistry) -> None:
    with served(registry) as (service, url):
        told = measured(url)
        assert isinstance(told, Throughput)
        assert told.down_bps > 1e6
        assert told.up_bps > 1e6
        other = measured(url, NO_2)
        assert isinstance(other, Throughput), "the first turn ended with its upload"
        assert {each.labels[0][1]: each.value for each in service.figures()} == {"granted": 2}


def test_both_sides_bound_the_pace(registry: ReadyRegistry) -> None:
    with served(registry, ThroughputSettings(max_bytes=1 << 20, max_bps=20e6)) as (_, url):
        told = measured(url)
        assert isinstance(told, Throughput)
        assert told.down_bps < 25e6
        assert told.up_bps < 25e6


def test_a_school_is_asked_to_wait_with_the_reason(registry: ReadyRegistry) -> None:
    with served(registry) as (service, url):
        assert isinstance(measured(url), Throughput)
        again = measured(url)
        assert isinstance(again, Refusal)
        assert "lately" in again.reason
        registry.clock.now = MONDAY + 10 * HOUR_MS
        lesson = measured(url, NO_2)
        assert isinstance(lesson, Refusal)
        assert "lessons" in lesson.reason
        assert 0 < lesson.retry_after_s < 3600
        registry.clock.now = EVENING
        assert not isinstance(service.ask(Address(NO_2, AgentId(NO_2))), type(lesson))
        busy = measured(url, SiteId("centre"))
        assert isinstance(busy, Refusal)
        assert busy.reason == "another school measures now"
        assert busy.retry_after_s <= SLOT_S


def test_strangers_are_told_nothing(registry: ReadyRegistry) -> None:
    with served(registry) as (service, url):
        with pytest.raises(CheckFailed, match="401"):
            measured(url, token=Secret("guessed"))
        unknown = measured(url, SiteId("no-such-school"))
        assert isinstance(unknown, Refusal)
        assert "not enrolled" in unknown.reason
        assert ("outcome", "unbelieved") in {label for each in service.figures() for label in each.labels}


def test_without_a_token_nobody_is_believed(registry: ReadyRegistry) -> None:
    assert not ThroughputService(registry.service, registry.calendar, registry.clock).is_believed("")


@pytest.mark.slow
def test_a_line_of_known_rate_is_measured_rightly(registry: ReadyRegistry) -> None:
    with limited_link(rate_mbit=20) as link, served(registry, SETTINGS, link.near) as (_, url):
        told = json.loads(link.run([sys.executable, "-m", "tests.support.measure_throughput", url, TOKEN.reveal()]))
        # The payload's share of a packet is 1448 of 1514 bytes; a bucket of 16 kB passes at once.
        assert 15e6 < told["down_bps"] < 21e6
        assert 15e6 < told["up_bps"] < 21e6
