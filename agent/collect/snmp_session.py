"""Sessions of gufo-snmp for whatever proves us to a device, and what its errors mean. The only module that opens them.

gufo-snmp 0.13 says "authentication failed" of every report of RFC 3414 and keeps the report's number to itself;
`agent.collect.snmp_refusal` finds out which it was.
"""

from functools import lru_cache

from gufo.snmp import Aes128Key, Aes192Key, Aes256Key, Sha1Key, SnmpVersion, User
from gufo.snmp.aio import SnmpSession
from gufo.snmp.policer import BasePolicer
from gufo.snmp.user import BaseAuthKey, BasePrivKey, KeyExpansion, KeyType, Sha224Key, Sha256Key, Sha384Key, Sha512Key

from agent.snmp_access import AuthProtocol, PrivacyProtocol, SnmpAccess, SnmpUser
from agent.snmp_access import SnmpVersion as Version

_VERSIONS = {Version.V1: SnmpVersion.v1, Version.V2C: SnmpVersion.v2c}
_AUTH: dict[AuthProtocol, type[BaseAuthKey]] = {
    AuthProtocol.SHA1: Sha1Key,
    AuthProtocol.SHA224: Sha224Key,
    AuthProtocol.SHA256: Sha256Key,
    AuthProtocol.SHA384: Sha384Key,
    AuthProtocol.SHA512: Sha512Key,
}
_PRIVACY: dict[PrivacyProtocol, tuple[type[BasePrivKey], KeyExpansion]] = {
    PrivacyProtocol.AES128: (Aes128Key, KeyExpansion.Blumenthal),
    PrivacyProtocol.AES192: (Aes192Key, KeyExpansion.Blumenthal),
    PrivacyProtocol.AES256: (Aes256Key, KeyExpansion.Blumenthal),
    PrivacyProtocol.AES192_CISCO: (Aes192Key, KeyExpansion.Cisco),
    PrivacyProtocol.AES256_CISCO: (Aes256Key, KeyExpansion.Cisco),
}


async def opened_session(
    host: str, port: int, access: SnmpAccess, timeout_s: float, policer: BasePolicer | None = None
) -> SnmpSession:
    """A session with the device at a numeric address; one of SNMPv3 has asked it for its engine id, boots and time.

    `policer` is waited for before each datagram.

    gufo-snmp's errors, `TimeoutError` among them, where SNMPv3 is not answered.
    """
    if isinstance(access, SnmpUser):
        session = SnmpSession(host, port, user=_user_of(access), timeout=timeout_s, policer=policer)
        await session.refresh()
        return session
    version = _VERSIONS[access.version]
    return SnmpSession(host, port, community=access.text.reveal(), version=version, timeout=timeout_s, policer=policer)


@lru_cache(maxsize=64)
def _user_of(user: SnmpUser) -> User:
    """gufo-snmp's user with master keys (RFC 3414, A.2): to make them of passwords takes 6 ms each, much for a session."""
    if user.auth_password is None:
        return User(user.name)
    auth = _AUTH[user.auth]

    def master(password: str) -> bytes:
        return auth.get_master_key(password.encode())

    auth_key = auth(master(user.auth_password.reveal()), KeyType.Master)
    if user.privacy is None or user.privacy_password is None:
        return User(user.name, auth_key=auth_key)
    privacy, expansion = _PRIVACY[user.privacy]
    privacy_key = privacy(master(user.privacy_password.reveal()), KeyType.Master)
    return User(user.name, auth_key=auth_key, priv_key=privacy_key, key_expansion=expansion)
