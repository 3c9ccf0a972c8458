"""Which profile reads a device that nobody has named one for."""

from agent.collect.snmp_dialogue import SnmpDialogue
from firmware_profiles.catalogue import FALLBACK, Catalogue, Identity
from firmware_profiles.charset import readable
from firmware_profiles.raw import Raw

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"


def identity_of(answers: dict[str, Raw]) -> Identity:
    """What the system group says; empty where it says nothing or nonsense. Line breaks stay: patterns may use them."""
    object_id, descr = answers.get(SYS_OBJECT_ID), answers.get(SYS_DESCR)
    return Identity(
        object_id.lstrip(".") if isinstance(object_id, str) else "",
        readable(descr) if isinstance(descr, bytes) else "",
    )


async def recognise(catalogue: Catalogue, identity: Identity, dialogue: SnmpDialogue) -> str:
    """The name of the profile that fits closest; where a profile asks whether the device `answers` something, it is asked."""
    for name in catalogue.candidates(identity):
        answers = catalogue.profiles[name].match.answers
        if not answers or await dialogue.has_any(answers):
            return name
    return FALLBACK
