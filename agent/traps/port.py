"""The nouns of traps: what was heard, why something was not, and what the receiver asks of others."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firmware_profiles.raw import Raw


class Drop(StrEnum):
    """Why a datagram became no event; each is a counter of the agent's."""

    MALFORMED = "malformed"
    NOT_A_NOTIFICATION = "not_a_notification"
    UNKNOWN_COMMUNITY = "unknown_community"
    UNKNOWN_USER = "unknown_user"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a secret
    WRONG_LEVEL = "wrong_level"
    """An SNMPv3 user spoke with less protection than is configured for it."""
    TOO_OLD = "too_old"
    """Outside of the time window of RFC 3414: recorded by somebody and played again, or a sender's clock that lost its place."""
    UNKNOWN_SENDER = "unknown_sender"
    OVER_LIMIT = "over_limit"
    NO_ROOM = "no_room"
    """More came at once than could be read: the system's buffer was full, or ours."""
    DUPLICATE = "duplicate"
    FAILED = "failed"
    """Our own mistake: the log says which."""


@dataclass(frozen=True)
class Notification:
    """A trap or inform in the words of SMIv2; a v1 trap is translated by RFC 3584, section 3.1.

    `varbinds` are (OID, value) without sysUpTime and snmpTrapOID, in the sender's order. `agent_address` is the device
    that a v1 trap or a proxy names, empty where none is named.
    """

    oid: str
    varbinds: tuple[tuple[str, Raw], ...] = ()
    agent_address: str = ""


@dataclass(frozen=True)
class Heard:
    """What one datagram was: a notification, or the reason for none, or neither (a step of SNMPv3's discovery).

    `answer` is what the sender waits for; empty for none. That of an inform says "it is kept", so it waits for the disk.
    """

    notification: Notification | None = None
    drop: Drop | None = None
    answer: bytes = b""


class TrapEngine(Protocol):
    """Reads datagrams and proves who sent them. Called from the event loop only."""

    def hear(self, datagram: bytes) -> Heard:
        """Read one datagram. Never raises, whatever is in it."""


class TrapCounts(Protocol):
    """What the receiver counts."""

    received: int
    """Datagrams, whatever was in them."""
    dropped: Counter[Drop]
    """Datagrams that became no event, by reason."""


class Known(Protocol):
    """What polling has learnt of a device."""

    @property
    def profile_name(self) -> str:
        """`vendor/family` of the profile in use, empty before the device was recognised."""

    def port_name(self, index: str) -> str:
        """The instance of the port with this ifIndex; empty when it is not known."""
