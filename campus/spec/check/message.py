"""What comes in to be judged or read."""

from typing import NamedTuple


class Message(NamedTuple):
    """One MQTT message, or one frame of a file (then without topic, flags and arrival)."""

    payload: bytes
    topic: str = ""
    qos: int | None = None
    is_retained: bool | None = None
    """None when it cannot be known: a broker tells a subscriber only about what it had kept."""
    received_at: int | None = None
