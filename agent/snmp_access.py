"""How SNMP proves who asks and who speaks: communities, and the users of SNMPv3. The same for polling, setting and traps."""

from dataclasses import dataclass
from enum import StrEnum

from campus.secret import Secret


class SnmpVersion(StrEnum):
    """What carries a community."""

    V1 = "1"
    """RFC 1157: no GETBULK, no Counter64, and one missing object refuses a whole request."""
    V2C = "2c"


class AuthProtocol(StrEnum):
    """How a user's messages are proven (RFC 3414, RFC 7860)."""

    NONE = "none"
    """Whoever knows the name is believed. Only where somebody has said so."""
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
class Community:
    """The word that versions 1 and 2c send in the clear."""

    text: Secret
    version: SnmpVersion = SnmpVersion.V2C

    @property
    def spoken(self) -> str:
        """The version in words."""
        return f"SNMP v{self.version}"


@dataclass(frozen=True)
class SnmpUser:
    """An SNMPv3 user; with `privacy` None its messages are proven and not hidden.

    `auth_password` is None with `AuthProtocol.NONE` alone, `privacy_password` with `privacy` None alone.
    """

    name: str
    auth: AuthProtocol
    auth_password: Secret | None = None
    privacy: PrivacyProtocol | None = None
    privacy_password: Secret | None = None

    @property
    def spoken(self) -> str:
        """The version in words."""
        return "SNMP v3"


SnmpAccess = Community | SnmpUser
