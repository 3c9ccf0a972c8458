"""What a profile asks of a device over HTTP, and where its pictures are. Pure nouns; `check_request` judges them."""

from enum import StrEnum

import msgspec

from campus.samples import DeviceKind
from firmware_profiles.cadence import Cadence
from firmware_profiles.messages import MessageFacts, MessagePoint


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: an unknown key is an error."""


class HttpMatch(_Strict, frozen=True):
    """How a family shows itself over HTTP to who has not logged in.

    `path` is asked for; `challenge` is found in what the answer's headers Server and WWW-Authenticate say, or `answers` in
    its text; give one or both, then either will do.
    """

    path: str
    challenge: str = ""
    answers: str = ""


class AnswerForm(StrEnum):
    """How an answer is written: `lines` are ``key.part[0].name=value``, one a line. All become one nested tree."""

    XML = "xml"
    JSON = "json"
    LINES = "lines"


class Listing(_Strict, frozen=True, kw_only=True):
    """An answer that lists what another request is asked of, once each: `item`, a pointer within each element of `each`.

    Items that `pattern` does not match are passed over; its first group is the item's short name, ``{name}``.
    """

    path: str
    form: AnswerForm
    each: str
    item: str
    lists: tuple[str, ...] = ()
    pattern: str = "(.+)"


class Request(_Strict, frozen=True, kw_only=True):
    """One thing asked over HTTP, and what is read from the answer as from an MQTT message.

    `path` is fetched, or sent `body` where there is one. `onvif` names instead an operation without arguments of an ONVIF
    device's own service. `lists` are the names of XML elements that stand once or often and always make an array. Where the
    device refuses or does not know the path it is left alone till the next slow reading.

    With `over` it is asked once for each listed item: ``{item}`` stands for it in path and body, ``{name}`` for its short name in
    the points' `instance`. In a body ``{now}`` and ``{id}`` stand for this moment and for a UUID nobody used before.
    `kind` leads to a word that `kinds` maps to what the device is for, such as camera and recorder in one family.
    """

    form: AnswerForm
    path: str = ""
    onvif: str = ""
    body: str = ""
    lists: tuple[str, ...] = ()
    cadence: Cadence = Cadence.NORMAL
    points: tuple[MessagePoint, ...] = ()
    facts: MessageFacts = MessageFacts()
    kind: str = ""
    kinds: dict[str, DeviceKind] = {}
    over: Listing | None = None


class Video(_Strict, frozen=True):
    """Where a camera gives one picture (a path over HTTP that answers JPEG) and where its stream stands (a path of RTSP)."""

    picture: str = ""
    stream: str = ""
