"""SSH as it was before 2015, for devices whose entry allows it: key exchange and signatures with SHA-1.

paramiko has left these out; whoever listens on the path may forge them with effort, so nothing here is used by default.
"""

from hashlib import sha1
from typing import Any

import paramiko
from cryptography.hazmat.primitives import hashes
from paramiko.kex_group14 import KexGroup14SHA256

STRONG_ONLY = {
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
"""What paramiko still offers and a device without permission for old algorithms is not spoken to with."""


class _Group14Sha1(KexGroup14SHA256):
    """RFC 4253, section 8.2."""

    name = "diffie-hellman-group14-sha1"
    hash_algo = sha1


class _Group1Sha1(_Group14Sha1):
    """RFC 4253, section 8.1, with the Second Oakley Group of RFC 2409, section 6.2."""

    name = "diffie-hellman-group1-sha1"
    P = int(
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
        "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
        "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF",
        16,
    )


_TABLES: Any = vars(paramiko.Transport)
"""paramiko's tables of algorithms, which have no public names."""
_RsaSha1 = type("RsaSha1", (paramiko.RSAKey,), {"HASHES": {**paramiko.RSAKey.HASHES, "ssh-rsa": hashes.SHA1}})
"""A host key that may sign with SHA-1 (RFC 4253, section 6.6)."""
OldTransport: Any = type(
    "OldTransport",
    (paramiko.Transport,),
    {
        "_kex_info": {**_TABLES["_kex_info"], _Group14Sha1.name: _Group14Sha1, _Group1Sha1.name: _Group1Sha1},
        "_preferred_kex": (*_TABLES["_preferred_kex"], _Group14Sha1.name, _Group1Sha1.name),
        "_key_info": {**_TABLES["_key_info"], "ssh-rsa": _RsaSha1},
        "_preferred_keys": (*_TABLES["_preferred_keys"], "ssh-rsa"),
    },
)
"""As paramiko's, and behind everything it prefers what old devices know."""
