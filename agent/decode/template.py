"""The few templates of Home Assistant discovery that say where a value stands, as JSON pointers. Pure; nothing is evaluated."""

import re

from campus.errors import Poison

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*(?:'([^'\\]*)'|\"([^\"\\]*)\"|(\d{1,4}))\s*\]")
_WHOLE = re.compile(r"\s*\{\{-?\s*(value_json|value)\b(.*?)-?\}\}\s*", re.DOTALL)
_FILTER = re.compile(r"\s*\|\s*(?:float|int|round|string|is_defined|default)(?:\(\s*[^(){}|]*\))?")
"""What leaves a number what it is, as far as a measurement goes; where a default would stand nothing is told."""


def pointer_of(template: str) -> str | None:
    """Where the value stands in the JSON payload; None for the payload itself as plain text, which an empty template means too.

    `Poison` ``template`` for anything but a path and harmless filters: conditions, sums and loops are not read.

    >>> pointer_of("{{ value_json.ENERGY['Power'] | float(0) }}"), pointer_of("{{ value }}")
    ('/ENERGY/Power', None)
    """
    if not template.strip():
        return None
    whole = _WHOLE.fullmatch(template)
    if whole is None:
        raise Poison("template", f"{template[:80]!r} is more than the way to a value")
    rest, steps = whole[2], []
    while found := _STEP.match(rest):
        steps.append(next(group for group in found.groups() if group is not None))
        rest = rest[found.end() :]
    while found := _FILTER.match(rest):
        rest = rest[found.end() :]
    if rest.strip() or (whole[1] == "value" and steps):
        raise Poison("template", f"{template[:80]!r} is more than the way to a value")
    if whole[1] == "value":
        return None
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
