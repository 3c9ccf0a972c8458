"""What the bench's devices said, and when: the truth that the store is held against. Pure memory.

Every reading is a serial number that no other reading of the bench bears, so one number found anywhere tells its series,
its instant and whether it was seen before.
"""

from typing import Final, NamedTuple

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.port import DistrictSeries

SERIAL_METRIC: Final = MetricId("sessions")
"""A gauge of the catalogue that takes whole numbers to a thousand million."""


class Said(NamedTuple):
    """One reading as its device gave it; `said_at` UTC ms by the bench's clock, or the virtual instant of a made-up past."""

    series: DistrictSeries
    said_at: int


class Ledger:
    """All readings by serial."""

    def __init__(self) -> None:
        self._said: dict[int, Said] = {}
        self._next = 1

    def __len__(self) -> int:
        return len(self._said)

    def say(self, series: DistrictSeries, said_at: int) -> int:
        """Note one reading; its serial."""
        serial, self._next = self._next, self._next + 1
        self._said[serial] = Said(series, said_at)
        return serial

    def of(self, serial: int) -> Said | None:
        """What the reading with this serial was; None when no device said it."""
        return self._said.get(serial)


def serial_series(site: str, device: str, row: str) -> DistrictSeries:
    """The series of one row of a bench's device."""
    return DistrictSeries(SiteId(site), DeviceId(device), SERIAL_METRIC, Instance(row))
