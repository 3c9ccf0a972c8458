"""An SNMPv3 user in pysnmp's words. Imported only where pysnmp is: it costs some 8 MB and a fifth of a second."""

from typing import Any, Final

from pysnmp.entity import config
from pysnmp.proto.api import v2c

from agent.snmp_access import AuthProtocol, PrivacyProtocol, SnmpUser

AUTH: Final = {
    AuthProtocol.NONE: config.USM_AUTH_NONE,
    AuthProtocol.SHA1: config.USM_AUTH_HMAC96_SHA,
    AuthProtocol.SHA224: config.USM_AUTH_HMAC128_SHA224,
    AuthProtocol.SHA256: config.USM_AUTH_HMAC192_SHA256,
    AuthProtocol.SHA384: config.USM_AUTH_HMAC256_SHA384,
    AuthProtocol.SHA512: config.USM_AUTH_HMAC384_SHA512,
}
PRIVACY: Final = {
    None: config.USM_PRIV_NONE,
    PrivacyProtocol.AES128: config.USM_PRIV_CFB128_AES,
    PrivacyProtocol.AES192: config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    PrivacyProtocol.AES256: config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    PrivacyProtocol.AES192_CISCO: config.USM_PRIV_CFB192_AES,
    PrivacyProtocol.AES256_CISCO: config.USM_PRIV_CFB256_AES,
}


def master_keys(user: SnmpUser) -> tuple[Any, Any]:
    """Keys made of a user's passwords (RFC 3414, A.2), for proving and for hiding, None where there is no password.

    Slow, so it is done once; each engine id makes its own keys of them.
    """
    if user.auth_password is None:
        return None, None
    auth = config.AUTH_SERVICES[AUTH[user.auth]].hash_passphrase(_octets(user.auth_password.reveal()))
    if user.privacy_password is None:
        return auth, None
    service = config.PRIV_SERVICES[PRIVACY[user.privacy]]
    return auth, service.hash_passphrase(AUTH[user.auth], _octets(user.privacy_password.reveal()))


def _octets(text: str) -> Any:
    return v2c.OctetString(text.encode())
