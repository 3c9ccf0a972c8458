"""How it is known that a profile is right."""

from enum import StrEnum

from firmware_profiles.model import Profile


class Proof(StrEnum):
    """What a profile was held to."""

    RECORDING = "recording"
    """What a real device answered."""
    OWN = "own"
    """The messages are our own, and what sends them is written to fit."""
    DOCUMENTS = "documents"
    """It was written after its sources; nobody has seen it read a device."""


def proof_of(profile: Profile) -> Proof:
    """How the profile is known to be right."""
    if profile.unverified:
        return Proof.DOCUMENTS
    return Proof.OWN if profile.messages else Proof.RECORDING
