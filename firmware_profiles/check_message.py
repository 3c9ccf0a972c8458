"""Is what a profile says of MQTT right: topics, messages, and the names of a dialect?"""

import re
from collections.abc import Iterable

from campus.document import nearest
from firmware_profiles.check_point import check_message_point, check_spoken_point
from firmware_profiles.check_words import check_pattern
from firmware_profiles.finding import Place
from firmware_profiles.messages import Availability, Message, MessageForm, Vocabulary
from firmware_profiles.model import Profile
from firmware_profiles.topic import holes

_STAND_IN = re.compile(r"\{([^}]*)\}")


def check_messages(place: Place, profile: Profile) -> None:
    """Every topic of a profile, and the names of its dialect."""
    for index, message in enumerate(profile.messages):
        _check_message(place.at("messages", index), message)
    if profile.vocabulary:
        _check_vocabulary(place.at("vocabulary"), profile.vocabulary)


def _check_message(place: Place, message: Message) -> None:
    names = holes(message.topic)
    _check_topic(place.at("topic"), message.topic, names)
    _check_device(place, message, names)
    for key in ("each", "measured_at"):
        _check_pointer(place.at(key), getattr(message, key))
    if not (message.points or message.availability or any(_texts(message))):
        place.at("points").say("a message without points", "list at least one, or give `availability` or `facts`")
    for index, point in enumerate(message.points):
        where = place.at("points", index)
        check_message_point(where, point, names)
        _check_source(where.at("instance"), point.instance, names)
        if message.form is MessageForm.TEXT and point.pointer.startswith("/"):
            where.at("pointer").say("a plain text has no parts", "write `pointer: ''`, or leave out `form: text`")
        if message.form is MessageForm.JSON and not (point.pointer or point.each):
            where.at("pointer").say("the whole message is no number", "say where it stands, or write `form: text`")
    for fact, text in zip(message.facts.__struct_fields__, _texts(message), strict=True):
        _check_source(place.at("facts", fact), text, names)
    _check_source(place.at("gateway"), message.gateway, names)
    if message.availability:
        _check_availability(place.at("availability"), message.availability)
    if message.silence_s < 0:
        place.at("silence_s").say(f"{message.silence_s:g} s is no time", "leave it out, or give seconds")


def _check_vocabulary(place: Place, vocabulary: Vocabulary) -> None:
    check_pattern(place.at("publisher"), vocabulary.publisher)
    if not vocabulary.points:
        place.at("points").say("a vocabulary without points", "list at least one name")
    seen: set[str] = set()
    for index, point in enumerate(vocabulary.points):
        where = place.at("points", index)
        check_spoken_point(where, point)
        check_pattern(where.at("name"), point.name)
        if point.name in seen:
            where.at("name").say(f"the name {point.name!r} stands twice", "keep one: the first that fits is used")
        seen.add(point.name)


def _check_topic(place: Place, topic: str, names: list[str]) -> None:
    if re.search(r"[+#]", topic):
        place.say("a topic here has holes, not + or #", "write {device}, {room} or the like for a level")
    for name in sorted({name for name in names if names.count(name) > 1}):
        place.say(f"the hole {{{name}}} stands twice", "give each hole its own name")


def _check_device(place: Place, message: Message, names: list[str]) -> None:
    if message.device:
        _check_source(place.at("device"), message.device, names)
    elif not message.each and "device" not in names:
        advice = (
            f"rename {{{names[-1]}}}, or give `device`" if names else "write board/{device}/telemetry, or give `device`"
        )
        place.at("topic").say(f"the topic {message.topic!r} has no hole {{device}}", advice)


def _check_pointer(place: Place, text: str) -> None:
    if text and not text.startswith("/"):
        place.say(f"{text!r} is not a JSON pointer", f"write '/{text}'")


def _check_source(place: Place, text: str, names: Iterable[str]) -> None:
    """A pointer, or a text whose stand-ins are holes of the topic or pointers."""
    for name in [] if text.startswith("/") else _STAND_IN.findall(text):
        if not name.startswith("/") and name not in names:
            place.say(
                f"{{{name}}} is no hole of the topic",
                nearest(name, list(names)).strip() or "write {/pointer} for a value",
            )


def _check_availability(place: Place, availability: Availability) -> None:
    _check_pointer(place.at("pointer"), availability.pointer)
    both = {str(word) for word in availability.online} & {str(word) for word in availability.offline}
    if both:
        place.say(f"{', '.join(sorted(both))} would say both", "a word means online or offline")
    if not availability.online or not availability.offline:
        place.say("one of the two is never said", "give the words of `online` and of `offline`")


def _texts(message: Message) -> list[str]:
    return [getattr(message.facts, fact) for fact in message.facts.__struct_fields__]
