"""MQTT topics of the district: ``campus/1/{partition}/{site}/{agent}/{leg}``.

``up`` carries frames from an agent, ``down`` acknowledgements and commands to it, ``state`` is retained and has a last
will. The partition is how several controllers share the work without shared subscriptions; 1 is the wire version.
"""

import zlib
from enum import StrEnum

import msgspec

from campus.errors import Poison
from campus.ids import AgentId, SiteId, parse_agent_id, parse_site_id

WIRE_VERSION = 1
PARTITIONS = 64
ALL_UP = f"campus/{WIRE_VERSION}/+/+/+/up"
ALL_STATE = f"campus/{WIRE_VERSION}/+/+/+/state"


class Leg(StrEnum):
    """The last word of a topic."""

    UP = "up"
    DOWN = "down"
    STATE = "state"


class Address(msgspec.Struct, frozen=True):
    """One agent's place in the topic tree."""

    site: SiteId
    agent: AgentId

    @property
    def partition(self) -> int:
        """CRC-32 (as in RFC 1952) of the site id, modulo 64.

        >>> Address(SiteId("no-3-primary"), AgentId("a1")).partition
        15
        """
        return zlib.crc32(self.site.encode()) % PARTITIONS

    def topic(self, leg: Leg) -> str:
        """The full topic of one leg.

        >>> Address(SiteId("no-3-primary"), AgentId("a1")).topic(Leg.UP)
        'campus/1/15/no-3-primary/a1/up'
        """
        return f"campus/{WIRE_VERSION}/{self.partition:02d}/{self.site}/{self.agent}/{leg}"


def parse_topic(topic: str) -> tuple[Address, Leg]:
    """Read a topic back; `Poison` with reason ``bad_topic`` or ``bad_id`` when it is not one of ours.

    A wrong partition is refused too: the frame would reach a controller that does not own the site.
    """
    parts = topic.split("/")
    if len(parts) != 6 or parts[0] != "campus" or parts[1] != str(WIRE_VERSION) or parts[5] not in set(Leg):
        raise Poison("bad_topic", f"{topic[:200]!r} is not campus/{WIRE_VERSION}/PARTITION/SITE/AGENT/up|down|state")
    address = Address(parse_site_id(parts[3]), parse_agent_id(parts[4]))
    if parts[2] != f"{address.partition:02d}":
        raise Poison(
            "bad_topic",
            f"partition {parts[2][:8]!r} is wrong for site {address.site!r}: "
            f"CRC-32 of the site id modulo 64 is {address.partition:02d}",
        )
    return address, Leg(parts[5])
