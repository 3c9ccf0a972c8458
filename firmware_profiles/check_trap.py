"""Is what a profile says of a trap right? OIDs, the event's word, and what the sentences leave open."""

import re
from string import Formatter

from campus.document import nearest
from campus.ids import is_metric_id
from campus.metrics import publishable
from firmware_profiles.check_words import check_oid
from firmware_profiles.finding import Place
from firmware_profiles.traps import Trap


def check_trap(place: Place, trap: Trap) -> None:
    """Everything that one trap says."""
    check_oid(place.at("oid"), trap.oid)
    if not is_metric_id(trap.kind):
        place.at("kind").say(f"{trap.kind!r} is not an event's word", "use snake_case, such as link_down")
    if trap.read_as and trap.read_as not in publishable():
        place.at("read_as").say(f"unknown metric {trap.read_as!r}", nearest(trap.read_as, list(publishable())).strip())
    for name, oid in trap.values.items():
        check_oid(place.at("values", name), oid)
    if trap.instance:
        check_oid(place.at("instance", "varbind"), trap.instance.varbind)
    for index, condition in enumerate(trap.where):
        check_oid(place.at("where", index, "varbind"), condition.varbind)
        if not condition.any_of:
            place.at("where", index).say("a condition without values is never met", "list them under any_of")
    for language in ("en", "zh"):
        _check_sentence(
            place.at(language), getattr(trap, language), [*trap.values, *(["instance"] if trap.instance else [])]
        )


def _check_sentence(place: Place, sentence: str, names: list[str]) -> None:
    if not sentence.strip():
        place.say("an event without words", "say in one short sentence what happened")
    try:
        holes = [hole for _, hole, _, _ in Formatter().parse(sentence) if hole is not None]
    except ValueError:
        place.say(f"{sentence!r} has a brace without its fellow", "write {{ for a brace that stands for itself")
        return
    for hole in holes:
        if not re.fullmatch(r"[a-z_]+", hole) or hole not in names:
            place.say(
                f"{{{hole}}} is neither `instance` nor a name under `values`",
                nearest(hole, names).strip() or "add it under values",
            )
