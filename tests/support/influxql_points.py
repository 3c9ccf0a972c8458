"""A small district twice: in a `MemoryStore` behind a `QueryService`, and as lines for an InfluxDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.influx import Policy
from campus.samples import DeviceKind
from controller.identity.scope import Role, Scope
from controller.influxql.port import Happening, Happenings
from controller.influxql.service import QueryService
from controller.store.port import Batch, DistrictSeries, Level
from tests.fakes.memory_store import MemoryStore

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
T0 = 1_789_948_800_000
"""2026-09-21T00:00:00Z, a Monday."""
NOW = T0 + 3 * HOUR_MS
EVERYTHING = Scope("everything", Role.VIEWER)
Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Place:
    """A device as the registry has it."""

    site: str
    device: str
    kind: DeviceKind = DeviceKind.BOARD
    room: str = ""


class StaticPlaces:
    """A registry that knows these devices."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = {(place.site, place.device): place for place in places}

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """Those it was made with."""
        return (site, device) in self._places

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """As made."""
        return self._places[site, device].kind if self.is_known(site, device) else DeviceKind.OTHER

    def room_of(self, site: SiteId, device: DeviceId) -> str:
        """As made."""
        return self._places[site, device].room if self.is_known(site, device) else ""

    def changes_after(self, revision: int) -> tuple[int, list[tuple[SiteId, DeviceId]]]:
        """Never any."""
        return revision, []


@dataclass(frozen=True)
class District:
    """Samples by series."""

    places: Sequence[Place]
    samples: Mapping[DistrictSeries, Points]
    happened: Mapping[str, Sequence[Happening]]

    def service(self, now: int = NOW) -> QueryService:
        """Over a store that holds all of it; buckets are cut in UTC."""
        return QueryService(self.store(), StaticPlaces(self.places), happenings(self.happened), lambda: now)

    def store(self) -> MemoryStore:
        """All samples, in one batch."""
        store = MemoryStore(ZoneInfo("UTC"))
        names = list(self.samples)
        ids = store.series_ids(names)
        rows = [
            (number, at, value)
            for number, name in zip(ids.tolist(), names, strict=True)
            for at, value in self.samples[name]
        ]
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        store.append(
            Batch([], np.array(columns[0], np.int32), np.array(columns[1], np.int64), np.array(columns[2], np.float64))
        )
        return store

    def lines(self) -> dict[Policy, str]:
        """Line protocol in ms, by policy; for names without anything to escape."""
        raw = [
            f"{self._key(name)} value={value!r} {at}" for name, points in self.samples.items() for at, value in points
        ]
        for measurement, happened in self.happened.items():
            raw += [_line(measurement, each) for each in happened]
        told = {Policy.RAW: "\n".join(raw)}
        store = self.store()
        names = list(self.samples)
        ids = store.ids_of(names)
        for policy, level in ((Policy.FIVE_MINUTES, Level.FIVE_MINUTES), (Policy.HOUR, Level.HOUR)):
            window = store.window(ids, 0, NOW, level)
            rows = zip(
                window.series.tolist(),
                window.at.tolist(),
                *(
                    column.tolist()
                    for column in (window.count, window.minimum, window.mean, window.maximum, window.p95)
                ),
                strict=True,
            )
            name_of = dict(zip(ids.tolist(), names, strict=True))
            told[policy] = "\n".join(
                f"{self._key(name_of[series])} count={count}i,min={low!r},mean={mean!r},max={high!r},p95={p95!r} {at}"
                for series, at, count, low, mean, high, p95 in rows
            )
        return told

    def _key(self, name: DistrictSeries) -> str:
        place = next(each for each in self.places if (each.site, each.device) == (name.site, name.device))
        tags = {
            "device": name.device,
            "instance": name.instance,
            "kind": str(place.kind),
            "room": place.room,
            "site": name.site,
        }
        return name.metric + "".join(f",{key}={value}" for key, value in tags.items() if value)


class _Told:
    def __init__(self, happened: Mapping[str, Sequence[Happening]]) -> None:
        self._happened = happened

    def happenings(self, scope: Scope, measurement: str, start: int, end: int) -> list[Happening]:
        told = [each for each in self._happened.get(measurement, ()) if start <= each.at < end]
        return [each for each in told if scope.sees(SiteId(each.tags.get("site", "")))]


def happenings(happened: Mapping[str, Sequence[Happening]]) -> Happenings:
    """A fake that tells these."""
    return _Told(happened)


def series(site: str, device: str, metric: str, instance: str = "") -> DistrictSeries:
    """A name."""
    return DistrictSeries(SiteId(site), DeviceId(device), MetricId(metric), Instance(instance))


def _line(measurement: str, happening: Happening) -> str:
    tags = "".join(f",{key}={value}" for key, value in happening.tags.items())
    fields = ",".join(
        f"{key}={value}i" if isinstance(value, int) else f'{key}="{value}"' for key, value in happening.fields.items()
    )
    return f"{measurement}{tags} {fields} {happening.at}"
