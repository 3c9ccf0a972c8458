"""A letterbox nobody empties: takes every message and sends none. The console shows what lies in it."""

from controller.telling.port import Letter


class LetterboxChannel:
    """For the demo, and for a district that wants to see first what its people would be sent."""

    def send(self, letter: Letter) -> None:
        """As `Channel` says: the ledger keeps the words, and they go nowhere."""
