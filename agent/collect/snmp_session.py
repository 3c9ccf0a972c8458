"""Sessions of gufo-snmp for whatever proves us to a device, and what must be known of the library to live with it.

gufo-snmp 0.13 says "authentication failed" of every report of RFC 3414 and keeps the report's number to itself;
`agent.collect.snmp_refusal` finds out which it was.
"""

import asyncio
import ipaddress
import socket
from functools import lru_cache

from gufo.snmp import Aes128Key, Aes192Key, Aes256Key, Sha1Key, SnmpVersion, User
from gufo.snmp.aio import SnmpSession
from gufo.snmp.policer import BasePolicer
from gufo.snmp.user import BaseAuthKey, BasePrivKey, KeyExpansion, KeyType, Sha224Key, Sha256Key, Sha384Key, Sha512Key

from agent.address import HostPort
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
    address: HostPort, access: SnmpAccess, timeout_s: float, policer: BasePolicer | None = None
) -> SnmpSession:
    """A session with the device; one of SNMPv3 has asked it for its engine id, boots and time.

    `policer` is waited for before each datagram. `OSError` for a name nobody knows, `TimeoutError` and gufo-snmp's errors
    where SNMPv3 is not answered.
    """
    host, port = await _numeric(address)
    if isinstance(access, SnmpUser):
        session = SnmpSession(host, port, user=_user_of(access), timeout=timeout_s, policer=policer)
        await session.refresh()
        return session
    version = _VERSIONS[access.version]
    return SnmpSession(host, port, community=access.text.reveal(), version=version, timeout=timeout_s, policer=policer)


def is_panic(error: BaseException) -> bool:
    """Whether gufo-snmp's Rust code panicked, which a datagram torn in the middle of a header makes it do (seen with 0.13).

    PyO3's PanicException is a BaseException without a module to import it from; uncaught it would end the agent.
    """
    return type(error).__name__ == "PanicException" and type(error).__module__ == "pyo3_runtime"


def heed_cancellation() -> None:
    """Be cancelled if the library has lost it: an agent told to stop would go on polling for ever.

    gufo-snmp waits by `asyncio.wait_for`, which before Python 3.12 passes over a cancellation that comes in the moment of
    the answer (https://github.com/python/cpython/issues/86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _numeric(address: HostPort) -> HostPort:
    """A host name is looked up each time, for gufo-snmp takes numbers only and names may move."""
    try:
        ipaddress.ip_address(address.host)
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(*address, type=socket.SOCK_DGRAM)
        return HostPort(str(found[0][4][0]), address.port)
    return address


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
