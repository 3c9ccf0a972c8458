"""What judging application services needs of its neighbours."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.alerts.model import AlertKey, Verdict
from controller.identity.scope import Scope
from controller.registry.model import Agent, Device, Site


class Registry(Protocol):
    """Sites, their agents, and the gateways by which they hang on the metro network."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Those the caller sees."""

    def agents(self, scope: Scope) -> Sequence[Agent]:
        """Those of the sites the caller sees."""

    def devices(self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None) -> Sequence[Device]:
        """Devices the caller sees, with their facts."""


class AlertBook(Protocol):
    """Where verdicts become alerts; thread-safe."""

    def note_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Open or clear; what is so already changes nothing."""

    def judged_elsewhere(self) -> set[AlertKey]:
        """What is open of rules that other rooms judge."""
