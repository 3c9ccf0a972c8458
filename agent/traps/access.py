"""Who may send traps, resolved from the agent's file: communities and SNMPv3 users with their secrets."""

import hashlib
from dataclasses import dataclass

from agent.snmp_access import SnmpUser
from campus.secret import Secret
from campus.topics import Address


@dataclass(frozen=True)
class TrapAccess:
    """Who is believed. `engine_id` names this receiver to senders of informs (RFC 3411, section 5).

    Each of `users` has an `auth_password`: what cannot be proven is not listened to.
    """

    engine_id: bytes
    communities: tuple[Secret, ...] = ()
    users: tuple[SnmpUser, ...] = ()


def own_engine_id(address: Address) -> bytes:
    """An engine id that is the same at every start of the agent of a site, and no other's.

    >>> own_engine_id(Address("no-1", "no-1")).hex()
    '80004fb8055333d8d35820bd9d376c'
    """
    return bytes.fromhex("80004fb805") + hashlib.sha256(f"{address.site}/{address.agent}".encode()).digest()[:10]
