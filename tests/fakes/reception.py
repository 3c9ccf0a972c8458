"""What ingest says of its agents, as a test wants it."""

from controller.ingest.model import DeliveryState


class StaticReception:
    """Says what stands in `told`."""

    def __init__(self) -> None:
        self.told = DeliveryState()

    def state(self, now: int) -> DeliveryState:
        """The same at any time."""
        return self.told
