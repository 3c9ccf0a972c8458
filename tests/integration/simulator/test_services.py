"""The simulated centre's services as the planned agents see them: all is well, and what each fault makes of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent.config import load_config
from agent.services.check import found
from agent.services.model import Finding, ServiceState
from simulator.district.centre import CENTRE, NAMES, REGISTRATION, TEACHING
from simulator.district.timetable import holidays
from simulator.life.fault import FaultName
from simulator.life.moment import day_numbers
from simulator.life.site_life import DistrictLife
from simulator.live.district import LiveDistrict
from simulator.plan.shape import SimulatorPlan
from simulator.plan.write import write_plan
from simulator.services.certificates import EXPIRING_DAYS
from simulator.services.live import LiveServices
from simulator.snmp.responder import utc_now
from tests.servers.daemon import free_port

pytestmark = pytest.mark.slow

TODAY = date(2026, 9, 7)
Look = Callable[[str], Awaitable[dict[str, Finding]]]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[LiveDistrict, LiveServices, Look, SimulatorPlan]]:
    """Services of a district of two schools; `look` asks them as the agent of a site does."""
    plan = write_plan(folder, 1, 2, free_port(), TODAY)
    live = LiveDistrict(DistrictLife(plan.district(), day_numbers(holidays(TODAY.year))), utc_now)
    live.start()
    services = LiveServices(live, plan, folder)

    async def look(site: str) -> dict[str, Finding]:
        await services.obey_faults(live.clock())
        checks = load_config(folder / "agents" / f"{site}.yaml").services
        return {each.id: await found(replace(each, timeout_s=4.0)) for each in checks}

    await services.start()
    try:
        yield live, services, look, plan
    finally:
        await services.stop()


def test_every_site_sees_services_and_their_faults(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (live, services, look, plan):
            school, other = plan.sites[1].id, plan.sites[2].id
            for site in (CENTRE, school):
                seen = await look(site)
                assert {each.state for each in seen.values()} == {ServiceState.UP}, seen
            live.break_down(FaultName.SERVICE_DOWN, CENTRE, NAMES)
            live.break_down(FaultName.SERVICE_WRONG_PAGE, CENTRE, TEACHING)
            live.break_down(FaultName.CERTIFICATE_EXPIRING, CENTRE, REGISTRATION)
            seen = await look(school)
            assert seen[NAMES].state is ServiceState.TIMEOUT
            assert seen[TEACHING].state is ServiceState.WRONG_ANSWER
            assert seen[REGISTRATION].state is ServiceState.UP
            assert seen[REGISTRATION].tls_days_left == pytest.approx(EXPIRING_DAYS, abs=0.2)
            live.heal()
            live.break_down(FaultName.SERVICE_SLOW, CENTRE, TEACHING)
            live.break_down(FaultName.CUT_UPLINK, school, "")
            assert (await look(other))[TEACHING].state is ServiceState.SLOW
            cut = await look(school)
            assert all(each.state > ServiceState.SLOW for each in cut.values()), cut
            live.heal()
            live.break_down(FaultName.SERVICE_DOWN, CENTRE, REGISTRATION)
            assert (await look(CENTRE))[REGISTRATION].state is ServiceState.REFUSED
            live.heal()
            seen = await look(school)
            assert {each.state for each in seen.values()} == {ServiceState.UP}, seen
            assert services.counts()[f"service_{TEACHING}_asked"] >= 5

    asyncio.run(scenario())
