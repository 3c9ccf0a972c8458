"""How dictionaries of frames become tables: what is new is made within the quota, what is refused is looked at again."""

import numpy as np

from campus.delivery import SetAside
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.metrics import catalogue
from campus.samples import SeriesKey
from campus.topics import Address
from campus.wire.pack import pack_dictionary
from controller.ingest.accept import REASONS, MetricLimits, SeriesTable, told_refusals
from controller.ingest.counters import IngestCounters
from controller.ingest.dictionaries import LOOK_AGAIN_MS, Dictionaries
from controller.ingest.limits import SeriesQuota
from controller.store.port import DistrictSeries
from tests.fakes.ingest_neighbours import MemoryRegistrar
from tests.fakes.memory_store import MemoryStore

AT = 1_790_000_000_000
SITE = SiteId("no-1")
AGENT = Address(SITE, AgentId("no-1"))


def keys(*instances: int, device: str = "sw-1") -> list[SeriesKey]:
    """Series of one device."""
    return [SeriesKey(DeviceId(device), MetricId("if_in_bps"), Instance(str(n))) for n in instances]


class Desk:
    """Dictionaries over an empty store and a registry that knows `sw-1`."""

    def __init__(self, most: int = 1_000, capacity_bytes: int = 1_000_000) -> None:
        self.store, self.registrar = MemoryStore(), MemoryRegistrar()
        self.registrar.devices.add((SITE, DeviceId("sw-1")))
        quota = SeriesQuota(most, lambda site: len(self.store.find_ids(site)))
        self.counters = IngestCounters()
        self._dictionaries = Dictionaries(
            self.store, self.registrar, MetricLimits(catalogue()), quota, capacity_bytes, counters=self.counters
        )

    def table(self, some: list[SeriesKey], now: int = AT, address: Address = AGENT) -> SeriesTable:
        """The table of a dictionary."""
        return self._dictionaries.table(address, pack_dictionary(some), now)

    def learn(self, device: str) -> None:
        """The registry learns of a device."""
        self.registrar.devices.add((SITE, DeviceId(device)))
        self._dictionaries.devices_learnt(SITE)


def ids(table: SeriesTable) -> list[int | None]:
    """The id of each series, None where no sample is taken."""
    return [number if number >= 0 else None for number in table.series.tolist()]


def reasons(table: SeriesTable) -> list[SetAside | None]:
    """Why each series is refused."""
    return [REASONS[code] for code in told_refusals(table.series).tolist()]


def test_dictionaries_that_differ_lead_to_the_same_series() -> None:
    desk = Desk()
    assert desk.table(keys(1, 2, 3)).series.tolist() == [0, 1, 2]
    assert desk.table(keys(4, 3, 1)).series.tolist() == [3, 2, 0]
    assert desk.table(keys(1, 2, 3)).series.tolist() == [0, 1, 2]
    assert desk.counters.dictionaries_met == 2


def test_the_same_names_are_others_in_another_school() -> None:
    desk = Desk()
    desk.registrar.devices.add((SiteId("no-2"), DeviceId("sw-1")))
    assert desk.table(keys(1, 2)).series.tolist() == [0, 1]
    assert desk.table(keys(1, 2), address=Address(SiteId("no-2"), AgentId("no-2"))).series.tolist() == [2, 3]


def test_new_series_beyond_the_quota_are_refused_and_known_ones_never() -> None:
    desk = Desk(most=3)
    assert desk.table(keys(1, 2)).series.tolist() == [0, 1]
    table = desk.table(keys(5, 1, 6, 2, 7))
    assert ids(table) == [2, 0, None, 1, None]
    too_many = SetAside.TOO_MANY_SERIES
    assert reasons(table) == [None, None, too_many, None, too_many]
    assert len(desk.store.find_ids()) == 3


def test_what_is_refused_is_looked_at_again_after_a_while() -> None:
    desk = Desk(most=1)
    assert ids(desk.table(keys(1, 2))) == [0, None]
    desk.store.series_ids([DistrictSeries(SITE, *key) for key in keys(2)])
    assert ids(desk.table(keys(1, 2), AT + LOOK_AGAIN_MS - 1)) == [0, None]
    assert desk.table(keys(1, 2), AT + LOOK_AGAIN_MS).series.tolist() == [0, 1]


def test_a_device_that_is_learnt_is_taken_at_once() -> None:
    desk = Desk()
    some = [*keys(1), *keys(1, device="sw-2")]
    assert reasons(desk.table(some)) == [None, SetAside.UNKNOWN_DEVICE]
    assert desk.table(some).names_stranger
    assert len(desk.store.find_ids()) == 1
    desk.learn("sw-2")
    assert desk.table(some).series.tolist() == [0, 1]
    assert not desk.table(some).names_stranger


def test_few_tables_are_kept_and_any_is_made_anew() -> None:
    desk = Desk(capacity_bytes=1_600)  # two tables of two series, each 650 bytes
    first = desk.table(keys(1, 2))
    assert desk.table(keys(1, 2)) is first
    desk.table(keys(3, 4))
    assert desk.table(keys(1, 2)) is first
    desk.table(keys(5, 6))
    assert desk.table(keys(1, 2)) is first  # it was used last
    desk.table(keys(*range(20, 50)))
    again = desk.table(keys(1, 2))
    assert again is not first
    assert again.series.tolist() == first.series.tolist()
    large = desk.table(keys(*range(10, 20)))
    assert desk.table(keys(*range(10, 20))) is large
    assert np.all(large.series >= 0)
