"""A browser that asked for notices, and its push service: a real HTTP receiver that checks and decrypts what it is sent.

Decrypts by RFC 8291 and RFC 8188 section by section, apart from the code it judges; `cryptography` is all they share.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from controller.identity.scope import Role, Scope
from controller.telling.channels.encryption import padless, unpadded
from controller.telling.push_key import PushKey
from controller.telling.pushes import Browser, Pushes
from tests.support.district import NOW, FixedClock, ready_registry


class Phone:
    """The keys of one browser."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, address: str, name: str = "one") -> Browser:
        """As this browser would tell us."""
        return Browser(f"{address}/push/{name}", padless(self.point), padless(self._auth))

    def read(self, sent: bytes) -> Any:
        """The notice in a message, as the service worker gets it."""
        salt, size, length = sent[:16], int.from_bytes(sent[16:20], "big"), sent[20]
        sender, record = sent[21 : 21 + length], sent[21 + length :]
        assert len(record) <= size <= 4096
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        info = b"WebPush: info\x00" + self.point + sender
        secret = HKDF(SHA256(), 32, self._auth, info).derive(self._key.exchange(ec.ECDH(), theirs))
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        plain = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert plain.endswith(b"\x02")
        return json.loads(plain[:-1])


def claims_of(headers: Mapping[str, str], public: str) -> dict[str, Any]:
    """What the sender claims in its proof, once its signature is found to be of `public`."""
    proof = headers["Authorization"]
    assert Vapid02.verify(proof)
    scheme, _, parts = proof.partition(" ")
    token, _, key = parts.partition(",k=")
    assert (scheme, key) == ("vapid", public)
    claims: dict[str, Any] = json.loads(unpadded(token.removeprefix("t=").split(".")[1]))
    return claims


class AlwaysSignedIn:
    """`SignIns` for whom every mark is a sign-in that is named by it; unless it has ended."""

    def __init__(self) -> None:
        self.ended: set[str] = set()

    def scope_of_mark(self, mark: str, _now: int) -> Scope | None:
        """As `SignIns` says."""
        return None if mark in self.ended else Scope(mark, Role.TECHNICIAN)


def memory_pushes(folder: Path, sign_ins: AlwaysSignedIn | None = None) -> Pushes:
    """Over a database of its own in a folder."""
    return Pushes(ready_registry(folder).engine, sign_ins or AlwaysSignedIn(), FixedClock(NOW), PushKey(folder))
