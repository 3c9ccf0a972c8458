"""Web push encryption: RFC 8291 over one record of RFC 8188 (aes128gcm), pure but for the key and salt of each message.

Written here over `cryptography`: the library for it, http-ece, comes as source alone and carries three drafts nobody speaks.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_BYTES: Final = 4_096
MOST_BYTES: Final = 3_993
"""What a push service must take (RFC 8030) less header, end mark and proof of the record."""
_SALT_BYTES: Final = 16
_LAST_RECORD: Final = b"\x02"


def encrypt(
    content: bytes, p256dh: str, auth: str, ours: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b""
) -> bytes:
    """Content of at most `MOST_BYTES` for one browser, by the two keys of its subscription (base64url).

    `ours` and `salt` are made anew unless a test tells them. `ValueError` when a key is none or the content is too long.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"{len(content)} bytes are more than a push message holds")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(p256dh))
    ours = ours or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    key, nonce = keys_of(
        ours.exchange(ec.ECDH(), theirs), unpadded(auth), point(theirs), point(ours.public_key()), salt
    )
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(point(ours.public_key()))]) + point(ours.public_key())
    return header + AESGCM(key).encrypt(nonce, content + _LAST_RECORD, None)


def keys_of(shared: bytes, auth: bytes, receiver: bytes, sender: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Content encryption key and nonce (RFC 8291 section 3.4)."""
    secret = _derived(shared, auth, b"WebPush: info\x00" + receiver + sender, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    return key, _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as 65 bytes, as browsers write it."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def unpadded(text: str) -> bytes:
    """Bytes of base64url without padding; `ValueError` when it is none."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def padless(content: bytes) -> str:
    """Base64url without padding.

    >>> padless(b"any"), padless(b"push?")
    ('YW55', 'cHVzaD8')
    """
    return urlsafe_b64encode(content).decode().rstrip("=")


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
