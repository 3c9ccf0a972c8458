"""Who may send traps, resolved from the agent's file: communities and SNMPv3 users with their secrets."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from campus.secret import Secret
from campus.topics import Address


class AuthProtocol(StrEnum):
    """How a user's messages are proven (RFC 3414, RFC 7860)."""

    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class PrivacyProtocol(StrEnum):
    """How a user's messages are hidden: RFC 3826, and longer keys made in the two ways vendors make them.

    Those without suffix follow draft-blumenthal-aes-usm-04, as net-snmp does; those with it draft-reeder-snmpv3-usm-3desede,
    as Cisco does.
    """

    AES128 = "aes128"
    AES192 = "aes192"
    AES256 = "aes256"
    AES192_CISCO = "aes192-cisco"
    AES256_CISCO = "aes256-cisco"


@dataclass(frozen=True)
class TrapUser:
    """An SNMPv3 user; with `privacy` None its messages are proven and not hidden."""

    name: str
    auth: AuthProtocol
    auth_password: Secret
    privacy: PrivacyProtocol | None = None
    privacy_password: Secret | None = None


@dataclass(frozen=True)
class TrapAccess:
    """Who is believed. `engine_id` names this receiver to senders of informs (RFC 3411, section 5)."""

    engine_id: bytes
    communities: tuple[Secret, ...] = ()
    users: tuple[TrapUser, ...] = ()


def own_engine_id(address: Address) -> bytes:
    """An engine id that is the same at every start of the agent of a site, and no other's.

    >>> own_engine_id(Address("no-1", "no-1")).hex()
    '80004fb8055333d8d35820bd9d376c'
    """
    return bytes.fromhex("80004fb805") + hashlib.sha256(f"{address.site}/{address.agent}".encode()).digest()[:10]
