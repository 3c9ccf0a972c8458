"""What queries need of others: of what kind and in which room a device is, and what happened."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.identity.scope import Scope


class Registry(Protocol):
    """Of the registry, from memory; thread-safe."""

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """Whether an agent has told of the device."""

    def kind_of(self, site: SiteId, device: DeviceId) -> DeviceKind:
        """The device's kind; `other` when it is unknown."""

    def room_of(self, site: SiteId, device: DeviceId) -> str:
        """The device's room; empty when it has none or is unknown."""

    def changes_after(self, revision: int) -> tuple[int, list[tuple[SiteId, DeviceId]]]:
        """The revision now, and the devices whose facts came since an earlier one; 0 is the start of this process."""


class Happening(NamedTuple):
    """One point of a measurement that is no metric: an alert, a maintenance window."""

    at: int
    """UTC ms."""
    tags: Mapping[str, str]
    fields: Mapping[str, str | int]


class Happenings(Protocol):
    """What happened, as points of `ALERT_MEASUREMENT` and `MAINTENANCE_MEASUREMENT` (`campus.influx`). Thread-safe."""

    def happenings(self, scope: Scope, measurement: str, start: int, end: int) -> Sequence[Happening]:
        """Those the caller may see with start <= at < end (UTC ms), in any order; none of a measurement it does not know."""
