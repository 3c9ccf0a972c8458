"""What one simulated camera or recorder is and says of itself now; the makers' dialects put it into their words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from simulator.camera.scene import Trouble, View, snapshot


@dataclass(frozen=True)
class Label:
    """What stands on the box."""

    vendor: str
    model: str
    serial: str
    firmware: str
    name: str
    mac: str = ""


@dataclass
class Disk:
    """One disk of a recorder."""

    name: str
    capacity_mb: int = 3_815_447
    free_mb: int = 412_000
    is_failing: bool = False


@dataclass
class Sight:
    """Changed by faults, read by dialects. `clock` is true time (UTC ms)."""

    label: Label
    clock: Callable[[], int]
    view: View = field(default_factory=lambda: View(1))
    trouble: Trouble = Trouble.NONE
    ahead_s: float = 0.0
    """The device's clock less the true time."""
    is_recorder: bool = False
    disks: list[Disk] = field(default_factory=list)
    channels: dict[int, bool] = field(default_factory=dict)
    """Number to whether it is connected."""
    recorded_days: float = 42.0
    _frozen_at: int = 0

    @property
    def now(self) -> int:
        """By the device's own clock, UTC ms."""
        return self.clock() + round(self.ahead_s * 1000)

    def suffer(self, trouble: Trouble) -> None:
        """From now on; a picture that freezes shows this moment for ever."""
        if trouble is not self.trouble:
            self._frozen_at = self.clock() if trouble is Trouble.FROZEN else 0
            self.trouble = trouble

    def picture(self) -> bytes:
        """The JPEG of now."""
        view = replace(self.view, trouble=self.trouble, frozen_at=self._frozen_at)
        return snapshot(view, self.now)
