"""Frames that will be better when they come again: put off for a while, neither stored nor acknowledged.

**Facts.** An agent tells the facts of a device before its first sample, but frames overtake each other, brokers forget, a
full disk refuses facts on either side, and a registry may lose what it knew. So a frame that names a stranger, a device the
registry does not know, is put off; its agent sends it again. Were it taken, the samples would be set aside and acknowledged:
lost. Of each stranger is remembered since when it has been named, and a frame waits while one of its strangers is worth
waiting for. It no longer is

- once facts of it have come and the registry refused them: to wait longer would be in vain;
- once it has been named for `PATIENCE_MS`, pauses left out, and its agent, asked for facts (`inquiry`), has told none.

Both hold until its facts come after all: a device of which no facts can come delays its neighbours once, not in every frame.

**Time.** When the controller's own clock is set back, its agents, which follow it, are ahead until they were told so for a
minute. What they seal meanwhile would be set aside; put off, it comes again with the right instants.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from campus.ids import DeviceId, SiteId
from controller.ingest.port import Registrar
from controller.store.port import FrameMark

REMEMBERED: Final = 10_000
CLOCK_PATIENCE_MS: Final = 600_000
"""Enough for an agent to be set right and to send again. After that it is another clock that is wrong, and will stay so."""
PATIENCE_MS: Final = 30 * 60_000
"""An agent sends facts that were not acknowledged again within 8 minutes (`agent.uplink.window`), and new ones when asked."""
SILENCE_MS: Final = 10 * 60_000
"""Longer than an agent of ours waits before it sends a frame again. A stranger not named for so long was waited for no more
than `SILENCE_COUNTS_MS` meanwhile: its agent, and so its facts, may have been cut off. It must count for something, or an
agent that sends again more seldom would be waited for without end."""
SILENCE_COUNTS_MS: Final = 60_000
STRANGERS: Final = 100_000
"""As many as the devices of a large district, for a registry may have lost them all."""
_log = logging.getLogger(__name__)


class Deferrals:
    """When each frame was first put off; the oldest are forgotten, and would be put off once more."""

    def __init__(self, patience_ms: int) -> None:
        self._patience_ms = patience_ms
        self._first_at: OrderedDict[FrameMark, int] = OrderedDict()

    def put_off(self, mark: FrameMark, now: int) -> bool:
        """Whether `mark` must wait; False once it has waited long enough, and then it is forgotten."""
        if now - self._first_at.setdefault(mark, now) >= self._patience_ms:
            del self._first_at[mark]
            return False
        if len(self._first_at) > REMEMBERED:
            self._first_at.popitem(last=False)
        return True


class _Wait(NamedTuple):
    waited_ms: int
    named_at: int
    is_over: bool = False


class Strangers:
    """Devices that the registry does not know, and how long each has been waited for. One thread.

    Those named the longest ago are forgotten first, and would be waited for once more.
    """

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._waits: OrderedDict[tuple[SiteId, DeviceId], _Wait] = OrderedDict()

    def among(self, site: SiteId, devices: Iterable[DeviceId]) -> list[DeviceId]:
        """Those of `devices` that the registry does not know at this moment."""
        return [device for device in devices if not self._registrar.is_known(site, device)]

    def waited_ms(self, site: SiteId, strangers: Sequence[DeviceId], now: int) -> int | None:
        """For how long the facts of these have been waited for; None when none of them is worth waiting for (any more)."""
        waits = [self._name((site, device), now) for device in strangers]
        return max((wait.waited_ms for wait in waits if not wait.is_over), default=None)

    def told(self, site: SiteId, devices: Iterable[DeviceId], now: int) -> None:
        """Facts of `devices` were handed to the registry: those it does not know even now it has refused."""
        for device in self.among(site, devices):
            self._keep((site, device), _Wait(0, now, is_over=True))

    def _name(self, stranger: tuple[SiteId, DeviceId], now: int) -> _Wait:
        before = self._waits.get(stranger, _Wait(0, now))
        pause_ms = max(0, now - before.named_at)  # our clock may have been set back
        waited_ms = before.waited_ms + (pause_ms if pause_ms <= SILENCE_MS else SILENCE_COUNTS_MS)
        wait = _Wait(waited_ms, now, before.is_over or waited_ms >= PATIENCE_MS)
        if wait.is_over and not before.is_over:
            _log.warning("facts of a device never came", extra={"device": "/".join(stranger)})
        self._keep(stranger, wait)
        return wait

    def _keep(self, stranger: tuple[SiteId, DeviceId], wait: _Wait) -> None:
        self._waits[stranger] = wait
        self._waits.move_to_end(stranger)
        if len(self._waits) > STRANGERS:
            self._waits.popitem(last=False)
