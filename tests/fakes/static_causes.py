"""What faults take away, as a test says."""

from dataclasses import dataclass, field

from controller.alerts.model import Alert
from controller.identity.scope import Scope


@dataclass(frozen=True)
class Said:
    """A few words in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Lost:
    """So many devices and lessons; `devices` are named by anything."""

    devices: tuple[object, ...] = ()
    lessons: int = 0
    is_blind_only: bool = False


@dataclass
class StaticCauses:
    """`Causes` of telling with what it is given, by alert."""

    lost: dict[int, Lost] = field(default_factory=dict)
    headlines: dict[int, Said] = field(default_factory=dict)

    def effect(self, _scope: Scope, alert_id: int) -> Lost:
        """As `Causes` says."""
        return self.lost.get(alert_id, Lost())

    def headline(self, alert: Alert) -> Said | None:
        """As `Causes` says."""
        return self.headlines.get(alert.id)
