"""Messages that a profile describes topic by topic. The topics a district wrote down itself win over every dialect."""

from collections.abc import Callable

from agent.collect.mqtt.port import Request, Understood
from agent.decode.mqtt import decode_message
from agent.link import Heard
from firmware_profiles.catalogue import Catalogue


class ProfileInterpreter:
    """Reads what the profiles' `messages` describe. `lacks_ms` is what the agent's clock lacks of the true time."""

    def __init__(self, catalogue: Catalogue, lacks_ms: Callable[[], int] = lambda: 0) -> None:
        self._catalogue = catalogue
        self._lacks_ms = lacks_ms

    def understand(self, heard: Heard) -> Understood | None:
        """As `Interpreter.understand`."""
        said = decode_message(self._catalogue, heard, self._lacks_ms())
        return None if said is None else Understood(said, [])

    def reconnected(self, now: int) -> list[Request]:
        """Nothing is remembered, nothing asked."""
        return []
