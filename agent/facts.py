"""What is known of each device, what the configuration adds to it, and what of it the controller has still to hear. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind

REPEAT_AFTER_MS = 86_400_000
"""Facts are told again daily, whether they changed or not."""


class Plate(NamedTuple):
    """What the configuration says of a device; it overrides what the device says of itself. Empty fields say nothing."""

    name: str = ""
    room: str = ""
    kind: DeviceKind | None = None
    address: str = ""
    uplinks: tuple[str, ...] = ()
    uplink_capacity_bps: float = 0.0


class FactsBook:
    """The latest facts of every device of this agent."""

    def __init__(self, plates: Mapping[DeviceId, Plate]) -> None:
        self._plates = plates
        self._facts: dict[DeviceId, DeviceFacts] = {}
        self._told_at: dict[DeviceId, int] = {}
        self._untold: set[DeviceId] = set()

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, device: DeviceId) -> bool:
        return device in self._facts

    def known(self) -> list[DeviceFacts]:
        """All facts as they stand, in no particular order."""
        return list(self._facts.values())

    def recall(self, facts: Iterable[DeviceFacts]) -> None:
        """Take what was known before a restart, except of those this agent no longer has; it is told again anyway."""
        for each in facts:
            self.learn(each)

    def learn(self, facts: DeviceFacts) -> None:
        """Take facts as a device gives them; what they leave empty stays as it was, for a message may tell a part."""
        known = self._facts.get(facts.device)
        whole = self._with_plate(_merged(known, facts) if known else facts)
        if known is None or not _same(known, whole):
            self._untold.add(facts.device)
        self._facts[facts.device] = whole

    def introduce(self, device: DeviceId, now: int) -> None:
        """Make sure a device is known before its first samples, if only by what the configuration says of it."""
        if device not in self._facts:
            self.learn(DeviceFacts(device, DeviceKind.OTHER, now))

    def tell_all_again(self) -> None:
        """Everything is untold: a new connection may lead to a controller that knows nothing."""
        self._untold.update(self._facts)

    def take_untold(self, now: int) -> list[DeviceFacts]:
        """Facts to be sent now, by device id: new, changed, or a day old. They count as told from here on."""
        due = {device for device, told_at in self._told_at.items() if now - told_at >= REPEAT_AFTER_MS}
        devices = sorted(self._untold | due)
        self._untold.clear()
        self._told_at.update(dict.fromkeys(devices, now))
        return [self._facts[device] for device in devices]

    def _with_plate(self, facts: DeviceFacts) -> DeviceFacts:
        plate = self._plates.get(facts.device)
        if plate is None:
            return facts
        said = {key: value for key, value in plate._asdict().items() if value}
        return msgspec.structs.replace(facts, **said)


def _merged(known: DeviceFacts, news: DeviceFacts) -> DeviceFacts:
    if news.kind is DeviceKind.OTHER and not news.profile:
        news = msgspec.structs.replace(news, kind=known.kind)
    said = {key: value for key, value in msgspec.structs.asdict(news).items() if value}
    return msgspec.structs.replace(known, **said)


def _same(one: DeviceFacts, other: DeviceFacts) -> bool:
    return one == msgspec.structs.replace(other, observed_at=one.observed_at)
