"""The delivery guarantee, fault by fault: real agents, broker and controller, and every row compared at the end.

Each test is one scenario: it runs well, something breaks, it heals; then nothing may be lost, doubled or false.
`docs/50-delivery.md` names the promise that each test shows.
"""

import asyncio
import random
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from agent.uplink.sender import ANSWER_WITHIN_S
from campanile.chaos import faults_disk, faults_line, faults_process
from campanile.chaos.bench import Bench
from campanile.chaos.brokers import BrokerKind
from campanile.chaos.reconcile import Verdict
from campanile.chaos.run import Run
from campanile.chaos.school import BATCH_S
from campanile.chaos.small_disk import why_no_small_disk
from campanile.chaos.spools import count_acknowledged, count_waiting
from campanile.chaos.stage import Staging
from tests.servers.daemon import require_program
from tests.support.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PROGRAMS = {
    BrokerKind.MOSQUITTO: ("mosquitto", "mosquitto"),
    BrokerKind.NATS: ("nats-server", "nats-server"),
}
SAMPLES = "ingest_samples_committed_total"
ARRIVES_WITHIN_S = 60.0
"""On a slow machine too, after an unanswered hello (10 s) or while the controller still asks agents to hold (30 s)."""
Act = Callable[[Bench], Awaitable[None]]


def scenario(folder: Path, act: Act, kind: BrokerKind = BrokerKind.MOSQUITTO, *, small_disks: bool = False) -> Verdict:
    """One school until its readings arrive, `act`, until more of them arrive; then everything heals and is compared."""
    if kind in PROGRAMS:
        require_program(*PROGRAMS[kind])

    async def run() -> Verdict:
        bench = Bench(folder / "bench", agents=1, kinds=[kind])
        if small_disks:
            bench.mount_disks()
        try:
            await bench.start()
            await more_arrives(bench)
            await act(bench)
            await more_arrives(bench)
            verdict = await Run(bench, print).end()
        finally:
            await bench.stop()
            bench.close()
        return verdict

    verdict = asyncio.run(run())
    assert verdict.sent + verdict.gone_with_disk > 100, "the scenario must have moved something"
    return verdict


async def more_arrives(bench: Bench) -> None:
    before = await bench.metric(SAMPLES) or 0.0

    async def have_arrived() -> bool:
        return (await bench.metric(SAMPLES) or 0.0) > before + 60

    await until(have_arrived, "readings to arrive before and after the fault", ARRIVES_WITHIN_S)


def staged(stage: Staging, times: int = 1) -> Act:
    """A fault of the random run, with dice that always fall the same."""

    async def act(bench: Bench) -> None:
        for time in range(times):
            await stage(bench, bench.schools[0], random.Random(time), print)

    return act


def assert_clean(verdict: Verdict) -> None:
    assert verdict.is_clean, "\n".join(verdict.findings)
    assert verdict.stored == verdict.sent


@pytest.mark.parametrize(
    "stage",
    [faults_line.cut, faults_line.reset, faults_line.hold, faults_line.delay, faults_line.throttle],
    ids=lambda stage: stage.__name__,
)
def test_a_hurt_line_costs_nothing(tmp_path: Path, stage: Staging) -> None:
    assert_clean(scenario(tmp_path, staged(stage, times=3)))


@pytest.mark.parametrize("kind", list(BrokerKind))
def test_a_broker_may_be_killed_and_lose_all_it_held(tmp_path: Path, kind: BrokerKind) -> None:
    assert_clean(scenario(tmp_path, staged(faults_process.wipe_broker, times=3), kind))


def test_a_broker_may_be_restarted(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_process.end_broker)))


def test_an_agent_killed_loses_only_what_was_not_on_its_disk(tmp_path: Path) -> None:
    verdict = scenario(tmp_path, staged(faults_process.kill_agent, times=3))
    assert_clean(verdict)
    assert verdict.gone_with_disk == 0


def test_an_agent_may_be_upgraded(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_process.restart_agent)))


def test_a_controller_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_process.kill_controller, times=2)))


def test_a_controller_may_be_restarted(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_process.restart_controller)))


def test_a_controller_killed_between_commit_and_acknowledgement_stores_nothing_twice(tmp_path: Path) -> None:
    said: list[str] = []

    async def act(bench: Bench) -> None:
        await faults_process.kill_between(bench, bench.schools[0], random.Random(1), said.append)

        async def knows_again() -> bool:
            return bool(await bench.metric("ingest_frames_repeated_total"))

        await until(knows_again, "the frames that nobody acknowledged to come again and be recognised", 60)

    assert_clean(scenario(tmp_path, act))
    assert not said[0].startswith("0 "), "frames must have been committed and not acknowledged"


def test_old_frames_said_again_in_any_order_are_recognised(tmp_path: Path) -> None:
    async def act(bench: Bench) -> None:
        dice = random.Random(1)

        async def are_recognised() -> bool:
            bench.replayer.repeat(dice, 20)  # again and again: hellos, all it may have overheard so far, repeat nothing
            return (await bench.metric("ingest_frames_repeated_total") or 0) > 10

        await until(are_recognised, "old frames to be said again and recognised", 60)

    assert_clean(scenario(tmp_path, act))


def test_days_without_a_line_arrive_when_it_is_back(tmp_path: Path) -> None:
    verdict = scenario(tmp_path, staged(faults_disk.days_offline, times=2))
    assert_clean(verdict)
    assert verdict.sent > 1_000


@pytest.mark.parametrize(
    "stage", [faults_disk.twin_fresh, faults_disk.twin_copy], ids=["empty spool", "copy of the spool"]
)
def test_two_agents_with_one_identity_lose_and_double_nothing(tmp_path: Path, stage: Staging) -> None:
    verdict = scenario(tmp_path, staged(stage, times=2))
    assert_clean(verdict)


def test_an_old_backup_of_a_spool_does_no_harm(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_disk.restore_spool, times=2)))


def test_a_destroyed_spool_takes_only_what_was_not_acknowledged(tmp_path: Path) -> None:
    async def act(bench: Bench) -> None:
        school = bench.schools[0]
        await school.line.cut()
        before = count_waiting(school.spool)
        await until(lambda: count_waiting(school.spool) > before + 3, "frames that cannot leave", 60)
        await staged(faults_disk.destroy_spool)(bench)
        await school.line.start()

    verdict = scenario(tmp_path, act)
    assert_clean(verdict)
    assert verdict.gone_with_disk > 0


def test_an_old_backup_of_the_controller_is_filled_up_by_the_agents(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_process.restore_controller, times=2)))


def test_a_registry_that_forgot_its_devices_is_told_of_them_again(tmp_path: Path) -> None:
    """Until then what names them must wait: samples of unknown devices are set aside for good."""

    async def act(bench: Bench) -> None:
        bench.controller.kill()
        with closing(sqlite3.connect(bench.data / "registry.db", isolation_level=None)) as registry:
            assert registry.execute("DELETE FROM device").rowcount > 0
        bench.controller.start()
        await bench.controller.until_ready()

        async def has_waited() -> bool:
            return bool(await bench.metric("ingest_frames_deferred_total"))

        await until(has_waited, "frames that name unknown devices", 60)

    assert_clean(scenario(tmp_path, act))


def test_a_clock_that_jumps_changes_no_instant(tmp_path: Path) -> None:
    assert_clean(scenario(tmp_path, staged(faults_disk.jump_clock, times=3)))


@pytest.mark.parametrize("offset_ms", [-400 * faults_disk.DAY_MS, 3 * faults_disk.HOUR_MS, 400 * faults_disk.DAY_MS])
def test_a_clock_wrong_from_the_start_is_set_right_before_anything_is_sent(tmp_path: Path, offset_ms: int) -> None:
    async def act(bench: Bench) -> None:
        school = bench.schools[0]
        school.agent.kill()
        await school.line.cut()
        before = count_waiting(school.spool)
        school.set_clock(offset_ms)
        school.agent.start()
        await until(lambda: count_waiting(school.spool) > before + 3, "frames sealed by the wrong clock", 60)
        await school.line.start()

    verdict = scenario(tmp_path, act)
    assert_clean(verdict)
    assert verdict.moved > 0


def test_a_clock_wrong_from_the_start_waits_for_a_controller_that_is_away(tmp_path: Path) -> None:
    """Nothing may leave with instants that nobody has confirmed, however long that takes."""

    async def act(bench: Bench) -> None:
        school = bench.schools[0]
        bench.controller.kill()
        school.agent.kill()
        before = count_waiting(school.spool)
        school.set_clock(3 * faults_disk.HOUR_MS)
        school.agent.start()
        longer = int(ANSWER_WITHIN_S / BATCH_S) + 5  # frames, so that the agent has given up waiting for an answer once
        await until(lambda: count_waiting(school.spool) > before + longer, "frames sealed by the wrong clock", 60)
        bench.controller.start()
        await bench.controller.until_ready()

    verdict = scenario(tmp_path, act, BrokerKind.NATS)  # of the three the one that keeps what is sent too early
    assert_clean(verdict)
    assert verdict.moved > 0


@pytest.mark.parametrize("stage", [faults_disk.full_spool, faults_disk.full_store], ids=["spool", "store and registry"])
def test_a_full_disk_keeps_what_it_held(tmp_path: Path, stage: Staging) -> None:
    if why_not := why_no_small_disk():
        pytest.skip(why_not)
    assert_clean(scenario(tmp_path, staged(stage, times=2), small_disks=True))


def test_frames_are_kept_after_they_were_acknowledged(tmp_path: Path) -> None:
    """What an old backup of the controller depends on."""

    async def act(bench: Bench) -> None:
        school = bench.schools[0]
        await until(lambda: count_acknowledged(school.spool) > 1, "frames that are kept though acknowledged", 60)

    assert_clean(scenario(tmp_path, act))


def test_the_document_names_tests_that_exist() -> None:
    root = Path(__file__).resolve().parents[2]
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (root / "docs" / "50-delivery.md").read_text())
    assert len(named) >= 20
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (root / file).read_text()]
    assert not missing
