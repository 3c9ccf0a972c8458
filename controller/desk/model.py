"""What is said over the desk's socket: one JSON object on each line.

The visitor says one `Wish`. The desk answers with any number of `Step`s and at last with an `Answer` or a `Refusal`.
What an answer names belongs to the visitor until the visitor hangs up.
"""

from typing import Any

import msgspec

SOCKET = "controller.sock"
"""Its name in `data_dir`."""


class Wish(msgspec.Struct, frozen=True):
    """What the visitor wants."""

    wish: str


class Step(msgspec.Struct, frozen=True, tag="step"):
    """How far it has come."""

    done: int
    total: int


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """The work is done; what it says depends on the wish."""

    said: dict[str, Any]


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """It cannot be done; a sentence for people."""

    sentence: str


Line = Step | Answer | Refusal
