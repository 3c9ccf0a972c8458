"""Encryption of notices, held to the example of RFC 8291, section 5 and appendix A."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from controller.telling.channels.encryption import MOST_BYTES, RECORD_BYTES, encrypt, padless, unpadded

RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SENT = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard() -> None:
    ours = ec.derive_private_key(int.from_bytes(unpadded(SENDER), "big"), ec.SECP256R1())
    content = b"When I grow up, I want to be a watermelon"
    assert padless(encrypt(content, RECEIVER, AUTH, ours, unpadded(SALT))) == SENT


def test_the_longest_content_fills_what_a_push_service_must_take() -> None:
    assert len(encrypt(b"x" * MOST_BYTES, RECEIVER, AUTH)) == RECORD_BYTES
    with pytest.raises(ValueError, match="more than a push message"):
        encrypt(b"x" * (MOST_BYTES + 1), RECEIVER, AUTH)
