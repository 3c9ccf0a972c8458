"""What passes through the socket: one JSON object a line, a question and its answer."""

from enum import StrEnum

import msgspec


class Act(StrEnum):
    """What is asked."""

    FAULT = "fault"
    HEAL = "heal"
    STATUS = "status"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`site` and `device` may be empty where the act does not need them."""

    act: Act
    name: str = ""
    site: str = ""
    device: str = ""


class ActiveFault(msgspec.Struct, frozen=True):
    """A fault that is on; `since_s` is how long."""

    name: str
    site: str
    device: str
    since_s: float


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """`error` empty means done; `text` is for people."""

    text: str = ""
    error: str = ""
    faults: list[ActiveFault] = []
    counts: dict[str, int] = {}
