"""The past of a district, ready to be written: what is asked for, worked out stretch by stretch."""

from collections.abc import Iterator
from dataclasses import dataclass
from time import gmtime

import msgspec
import numpy as np

from campus.samples import DeviceFacts
from firmware_profiles.load import load_catalogue
from simulator.district.district import District
from simulator.district.timetable import holidays
from simulator.history.series import SiteSeries, site_series
from simulator.history.table import SeriesTable
from simulator.life.fault import FaultSet
from simulator.life.incidents import incidents, lately
from simulator.life.moment import DAY_MS, day_numbers
from simulator.life.noise import Floats, Longs
from simulator.life.site_life import DistrictLife
from simulator.life.uptime import REMEMBERED_MS, started_at
from simulator.plan.shape import SimulatorPlan, device_address

STRETCH_MS = DAY_MS


@dataclass(frozen=True)
class Stretch:
    """Some hours of one site: instants and the site's quantities at each."""

    site: str
    at: Longs
    matrix: Floats


class Past:
    """Everything between `begin` and `end` (UTC ms, both included) at every `step_ms`."""

    def __init__(self, plan: SimulatorPlan, begin: int, end: int, step_ms: int, now: int) -> None:
        self.begin, self.end, self.step_ms = begin, end, step_ms
        self._plan = plan
        self.district: District = plan.district()
        self.life = DistrictLife(self.district, day_numbers(holidays(gmtime(end / 1000).tm_year)))
        self._troubles = incidents(self.district, begin - REMEMBERED_MS, end, now)
        for site, faults in lately(self.district, now).items():
            self._troubles[site] += faults
        self._faults = {
            site: FaultSet(tuple(fault for fault in faults if fault.end > begin))
            for site, faults in self._troubles.items()
        }
        self.series = self._read_devices()
        self.tables = {
            site: SeriesTable(series.formulas, lambda device, at, site=site: self._running(site, device, at))  # type: ignore[misc]
            for site, series in self.series.items()
        }

    def stretches(self) -> Iterator[Stretch]:
        """A day at a time, all sites of a day before the next day."""
        first = self.begin
        while first <= self.end:
            last = min(first + STRETCH_MS - self.step_ms, self.end)
            at = np.arange(first, last + 1, self.step_ms, dtype=np.int64)
            for site, matrix in self.life.evaluate_means(at, self._faults).items():
                yield Stretch(site, at, matrix)
            first = last + self.step_ms

    def facts(self, site: str) -> list[DeviceFacts]:
        """Facts of every device of a site, as its agent tells them."""
        place = self.district.site(site)
        plates = []
        for said in self.series[site].facts:
            device = place.device(said.device)
            plate: dict[str, object] = {"name": device.name_zh, "room": device.room}
            if not device.family.publishes:
                plate["address"] = device_address(self.district, place, device, self._plan)
            if device.leads_out:
                plate |= {"uplinks": (device.uplink,), "uplink_capacity_bps": float(device.uplink_capacity_bps)}
            plates.append(msgspec.structs.replace(said, **plate))
        return plates

    def _read_devices(self) -> dict[str, SiteSeries]:
        profiles = load_catalogue()
        at = np.array([self.begin], dtype=np.int64)
        rows = self.life.evaluate_means(at, {})
        return {
            site: site_series(self.district, life, profiles, rows[site][0], self.begin)
            for site, life in self.life.sites.items()
        }

    def _running(self, site: str, device: str, at: Longs) -> Floats:
        start = started_at(self.district.seed, site, device, at, self._troubles.get(site, ()))
        running: Floats = (at - start) / 1000
        return running
