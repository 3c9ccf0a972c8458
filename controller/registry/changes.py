"""Which devices were told of lately: whoever keeps something made from their facts asks what to look at again.

In memory: it begins anew with the process, as do those who ask.
"""

from collections.abc import Iterable
from threading import Lock

from campus.ids import DeviceId, SiteId

DeviceKey = tuple[SiteId, DeviceId]


class Changes:
    """Each device once, by the revision of its last change. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._revision = 0
        self._changed: dict[DeviceKey, int] = {}
        """Ascending by revision."""

    def note(self, devices: Iterable[DeviceKey]) -> None:
        """These were told of now."""
        with self._lock:
            self._revision += 1
            for device in devices:
                self._changed.pop(device, None)
                self._changed[device] = self._revision

    def after(self, revision: int) -> tuple[int, list[DeviceKey]]:
        """The revision now, and the devices told of since an earlier one, the latest first."""
        found = []
        with self._lock:
            for device, changed_at in reversed(self._changed.items()):
                if changed_at <= revision:
                    break
                found.append(device)
            return self._revision, found
