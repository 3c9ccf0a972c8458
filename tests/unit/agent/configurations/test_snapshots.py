"""Snapshots over time: what is told of them, after which signs, and what is told of failures."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.configurations.config import SnapshotConfig, SnapshotTarget
from agent.configurations.memory import Memory
from agent.configurations.port import Access, Fetched, Problem, PullError
from agent.configurations.settings import ConfigurationSettings
from agent.configurations.snapshots import Snapshots
from agent.configurations.turns import Night
from campus.configuration import decode_configuration
from campus.errors import ConfigError
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import DocumentKind, Event, Sample, SeriesKey, Severity
from campus.secret import Secret
from firmware_profiles.load import load_catalogue
from tests.fakes.manual_timer import ManualTimer
from tests.fakes.shell import FakeShell
from tests.support.eventually import until

SW_1 = DeviceId("sw-1")
CHANGED_BY = "!Last configuration was updated at 2026-09-01 by admin"
RUNNING = f"{CHANGED_BY}\nsysname sw-1\nsnmp-agent community read s3cret-Community\nreturn"
TARGET = SnapshotTarget(SW_1, Access(HostPort("10.0.0.1", 22), "campanile", Secret("x")), "auto", "agent.yaml:9")
CONFIG = SnapshotConfig((TARGET,), ConfigurationSettings(first_within_s=0, settle_s=5), Night(60, 240))
CATALOGUE = load_catalogue()


class School:
    """One device's snapshots on a clock that a test moves."""

    def __init__(
        self, folder: Path, shell: FakeShell, profile: str = "huawei/vrp", config: SnapshotConfig = CONFIG
    ) -> None:
        self.timer = ManualTimer()
        self.told: list[Harvest] = []
        self.known = SimpleNamespace(profile_name=profile, port_name=lambda _index: "")
        self.shell = shell
        self.snapshots = Snapshots(
            config,
            CATALOGUE,
            {SW_1: self.known},
            lambda: shell,
            Memory(folder),
            lambda _device, harvest: self.told.append(harvest),
            clock=self.timer.utc_ms,
            reading=self.timer.utc_ms,
            timer=self.timer,
        )

    @property
    def texts(self) -> list[str]:
        return [decode_configuration(each.content).text for harvest in self.told for each in harvest.documents]

    @property
    def events(self) -> list[Event]:
        return [event for harvest in self.told for event in harvest.events]

    def values(self, metric: str) -> list[float]:
        return [each.value for harvest in self.told for each in harvest.samples if each.key.metric == metric]

    async def asked(self, times: int) -> None:
        """Return once the device was asked so often and what came of it is written down."""
        await until(lambda: len(self.shell.asked) >= times and self.snapshots.fetches >= times, f"{times} logins")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.snapshots.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


def changed(at: int) -> Harvest:
    return Harvest(events=[Event(SW_1, at, "configuration_changed")])


def test_the_first_snapshot_comes_soon_and_leaves_without_its_secrets(tmp_path: Path) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(Fetched(RUNNING, RUNNING)))
        async with school.running():
            await school.asked(1)
        (text,) = school.texts
        assert text.splitlines()[0] == "sysname sw-1", "noise is left out"
        assert "s3cret-Community" not in text
        assert "<masked:" in text
        (document,) = [each for harvest in school.told for each in harvest.documents]
        assert (document.device, document.kind) == (SW_1, DocumentKind.CONFIGURATION)
        assert decode_configuration(document.content).changed_by == "admin"
        assert school.values("configuration_saved_state") == [1.0]
        assert school.shell.is_aborted

    run(scenario())


def test_a_configuration_that_would_be_forgotten_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(Fetched(RUNNING, RUNNING.replace("sw-1", "other"))))
        async with school.running():
            await school.asked(1)
        assert school.values("configuration_saved_state") == [0.0]

    run(scenario())


@pytest.mark.parametrize("sign", ["event", "uptime"])
def test_after_a_sign_of_change_it_is_read_again(tmp_path: Path, sign: str) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(Fetched(RUNNING), Fetched(RUNNING + "\nvlan 10")))
        passed: list[Harvest] = []
        take = school.snapshots.listening(lambda _device, harvest: passed.append(harvest))
        key = SeriesKey(SW_1, MetricId("configuration_changed_uptime_s"), Instance(""))
        take(SW_1, Harvest(samples=[Sample(key, school.timer.utc_ms(), 100.0)]))
        async with school.running():
            await school.asked(1)
            at = school.timer.utc_ms()
            if sign == "event":
                take(SW_1, changed(at))
            else:
                take(SW_1, Harvest(samples=[Sample(key, at, 100.0)]))
                take(SW_1, Harvest(samples=[Sample(key, at, 250.0)]))
            assert len(school.shell.asked) == 1, "changes come in rows"
            await school.timer.advance(6)
            await school.asked(2)
        assert len(passed) >= 2, "what is looked at is passed on"
        assert [text.splitlines()[-1] for text in school.texts] == ["return", "vlan 10"]
        documents = [each for harvest in school.told for each in harvest.documents]
        assert decode_configuration(documents[-1].content).changed_at == at

    run(scenario())


def test_a_wrong_password_is_tried_once_told_once_and_remembered_over_a_restart(tmp_path: Path) -> None:
    async def scenario() -> None:
        refused = PullError(Problem.WRONG_PASSWORD, "10.0.0.1:22 refuses the user 'campanile' or the password")
        school = School(tmp_path, FakeShell(refused))
        async with school.running():
            await school.asked(1)
            await school.timer.advance(5 * 3600)
        assert len(school.shell.asked) == 1
        (event,) = school.events
        assert (event.kind, event.severity) == ("configuration_access_down", Severity.MINOR)
        assert "refuses the user" in event.text
        again = School(tmp_path, FakeShell(Fetched(RUNNING)))
        async with again.running():
            await again.timer.advance(3600)
            assert not again.shell.asked, "a restart is no reason to try again"
            await again.timer.advance(6 * 3600)
            await again.asked(1)
        assert [each.kind for each in again.events] == ["configuration_access_up"]

    run(scenario())


def test_a_mended_credential_is_tried_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(PullError(Problem.WRONG_PASSWORD, "refused")))
        async with school.running():
            await school.asked(1)
        mended = replace(TARGET, access=replace(TARGET.access, password=Secret("mended")))
        again = School(tmp_path, FakeShell(Fetched(RUNNING)), config=replace(CONFIG, targets=(mended,)))
        async with again.running():
            await again.asked(1)
        assert len(again.texts) == 1
        kept = (tmp_path / "standings.json").read_text()
        assert "mended" not in kept

    run(scenario())


def test_a_device_that_does_not_answer_is_told_by_the_age_of_its_snapshot_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(PullError(Problem.UNREACHABLE, "10.0.0.1:22 does not answer by SSH")))
        async with school.running():
            await school.asked(1)
            await school.timer.advance(3700)
            await school.asked(2)
        assert not school.events
        ages = school.values("configuration_age_s")
        assert ages[0] == 0
        assert ages[-1] >= 3600

    run(scenario())


def test_a_device_that_is_not_recognised_yet_waits_without_harm(tmp_path: Path) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(Fetched(RUNNING)), profile="")
        async with school.running():
            await school.timer.advance(30)
            assert not school.shell.asked
            school.known.profile_name = "huawei/vrp"
            await school.timer.advance(60)
            await school.asked(1)
        assert len(school.texts) == 1

    run(scenario())


def test_a_configuration_too_long_for_a_document_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        school = School(tmp_path, FakeShell(Fetched("sysname sw-1\n" + "vlan 10\n" * 200_000)))
        async with school.running():
            await school.asked(1)
            await until(lambda: bool(school.events), "the event")
        assert not school.texts
        assert "longer than" in school.events[0].text

    run(scenario())


def test_the_masking_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    key = Memory(tmp_path / "a").masking_key()
    assert len(key) == 32
    assert Memory(tmp_path / "a").masking_key() == key != Memory(tmp_path / "b").masking_key()
    assert (tmp_path / "a" / "masking.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "a" / "masking.key").write_text("short")
    with pytest.raises(ConfigError, match="delete it"):
        Memory(tmp_path / "a").masking_key()
