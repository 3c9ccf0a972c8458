"""What a profile says of MQTT: which topic tells what, and what the names mean that publishers of a known dialect use.

Pure nouns. `firmware_profiles.check_message` judges them, `agent.decode.mqtt` obeys a `Message` and `agent.decode.named` a
`Vocabulary`. A source of text (device ids, instances, facts) is a JSON pointer (RFC 6901) when it begins with a slash, else a
text in which ``{hole}`` stands for a part of the topic and ``{/pointer}`` for a value.
"""

from enum import StrEnum

import msgspec

from campus.samples import DeviceKind
from firmware_profiles.point_type import PointType


class MessageForm(StrEnum):
    """What a payload is: a JSON object or array, or one plain value such as ``21.5`` or ``ON``."""

    JSON = "json"
    TEXT = "text"


class Dialect(StrEnum):
    """A convention by which many makers' devices publish: the agent finds devices and names by it."""

    SPARKPLUG = "sparkplug"
    TASMOTA = "tasmota"
    ZIGBEE2MQTT = "zigbee2mqtt"
    HOME_ASSISTANT = "home_assistant"


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: an unknown key is an error."""


class SpokenPoint(_Strict, frozen=True, kw_only=True):
    """One metric, told in a message. `instance` names what it measures; `ignore` lists raw values that mean "none here"."""

    metric: str
    type: PointType = PointType.GAUGE
    scale: float = 1.0
    offset: float = 0.0
    ignore: tuple[int | str, ...] = ()
    states: dict[int | str, str] = {}
    instance: str = ""


class MessagePoint(SpokenPoint, frozen=True, kw_only=True):
    """One metric in a nested message. `pointer` (RFC 6901) leads to the number, from the element when `each` is given.

    In a message of the form text `pointer` is empty; ``{hole}`` there takes the value out of the topic.
    `each` leads to an array, or an object whose values are taken; a step ``*`` stands for all. `instance` is a source of text.
    `of` leads to the whole that the number is a part of: with a scale of 100 it makes a percentage.
    """

    pointer: str
    each: str = ""
    of: str = ""


class MessageFacts(_Strict, frozen=True):
    """Pointers to facts, or fixed text where it does not begin with a slash; empty is not told."""

    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    hardware: str = ""
    name: str = ""
    mac: str = ""
    """The device's MAC address, by which switches know it."""


class Availability(_Strict, frozen=True):
    """Which words at `pointer` say that the device is there, and which that it is gone (its last will says that too)."""

    pointer: str = ""
    online: tuple[int | str, ...] = ("online",)
    offline: tuple[int | str, ...] = ("offline",)


class Message(_Strict, frozen=True):
    """One MQTT topic. ``{name}`` is a hole, a whole level or a part of one: ``{device}`` is the device id, others only match.

    With `each` (pointer to an array or object of devices) `device` is the source, within an element, of the device id;
    without it `device` takes the place of the hole. `gateway` is the id of the device that speaks for it: where that one is
    gone, so is what stands behind it. A device that says nothing for `silence_s` is gone; 0 stands for what the agent's
    configuration has.
    """

    topic: str
    points: tuple[MessagePoint, ...] = ()
    facts: MessageFacts = MessageFacts()
    each: str = ""
    device: str = ""
    measured_at: str = ""
    """Pointer to the moment: Unix seconds or milliseconds, or ISO 8601 with its zone; empty: when it was received."""
    form: MessageForm = MessageForm.JSON
    kind: DeviceKind | None = None
    """What these devices are for, where it is not what the profile's others are: a gateway, say, and the sensors behind it."""
    gateway: str = ""
    availability: Availability | None = None
    silence_s: float = 0.0


class NamedPoint(SpokenPoint, frozen=True, kw_only=True):
    """One metric by the name that a publisher gives it: `name` is a pattern for the whole name, its first group an instance.

    Where the publisher tells a unit beside the number, it is brought to the metric's, unless `scale` or `offset` is given.
    """

    name: str


class Vocabulary(_Strict, frozen=True, kw_only=True):
    """What names mean in a dialect, for publishers in whose description `publisher` (a pattern) is found; empty: for all.

    The description is ``group/node`` or ``group/node/device`` (Sparkplug), else vendor and model. Facts begin with a slash
    where they name a value instead of fixed text: ``/Properties/Model`` is what the value ``Properties/Model`` says.
    """

    dialect: Dialect
    publisher: str = ""
    points: tuple[NamedPoint, ...] = ()
    facts: MessageFacts = MessageFacts()
