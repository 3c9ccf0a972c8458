"""What differs between a dashboard of ours and the one Grafana keeps, in lines a person reads. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.grafana.model import Json

_GRAFANAS_OWN: Final = {"id", "version", "iteration", "pluginVersion", "gnetId"}
"""Numbers that Grafana gives and counts up itself; ids of panels are matched, not compared."""
_KEYS: Final = ("name", "refId", "title", "uid", "id")
"""What tells one entry of a list from another, the first that all of them have."""
_WIDTH: Final = 60


@dataclass(frozen=True)
class Difference:
    """One field with another value; `ours` or `theirs` is None where it is missing there."""

    place: str
    """Which panel, variable or annotation, in words; empty is the dashboard itself."""
    field: str
    ours: object
    theirs: object

    def sentence(self) -> str:
        """``Panel title: field old -> new``, old being ours.

        >>> Difference("panel 'Load'", "fieldConfig.defaults.max", 100, 80).sentence()
        "panel 'Load': fieldConfig.defaults.max 100 -> 80"
        """
        place = f"{self.place}: " if self.place else ""
        if not self.field:
            return f"{place}{'only in Grafana' if self.ours is None else 'is missing in Grafana'}"
        ours, theirs = _around(_text(self.ours), _text(self.theirs))
        return f"{place}{self.field} {ours} -> {theirs}"


def differences(ours: Json, theirs: Json) -> list[Difference]:
    """All differences but those Grafana makes itself; empty values are as good as missing ones. Ordered by place."""
    found: list[Difference] = []
    inside = {"panels", "templating", "annotations"}
    rest = [{key: value for key, value in model.items() if key not in inside} for model in (ours, theirs)]
    found += _of_values("", "", *rest)
    found += _of_parts("panel", _panels(ours), _panels(theirs))
    for kind, key in (("variable", "templating"), ("annotation", "annotations")):
        found += _of_parts(kind, _named(ours, key), _named(theirs, key))
    return found


def _panels(model: Json) -> dict[object, Json]:
    """Panels by id, those inside folded rows too, each without the panels inside it."""
    found: dict[object, Json] = {}
    for panel in model.get("panels") or []:
        found[panel.get("id")] = {key: value for key, value in panel.items() if key != "panels"}
        found |= {inner.get("id"): inner for inner in panel.get("panels") or []}
    return found


def _named(model: Json, key: str) -> dict[object, Json]:
    """Variables or annotations by name; Grafana's built-in annotation stands in every dashboard it saves."""
    entries = (model.get(key) or {}).get("list") or []
    return {each.get("name"): each for each in entries if not each.get("builtIn")}


def _of_parts(kind: str, ours: Mapping[object, Json], theirs: Mapping[object, Json]) -> Iterator[Difference]:
    for key in {**ours, **theirs}:
        mine, other = ours.get(key), theirs.get(key)
        part: Json = mine or other or {}
        place = f"{kind} {(part.get('title') or part.get('name') or key)!r}"
        if mine is None or other is None:
            yield Difference(place, "", mine, other)
        else:
            yield from _of_values(place, "", mine, other)


def _of_values(place: str, field: str, ours: object, theirs: object) -> Iterator[Difference]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in {**ours, **theirs}:
            if key not in _GRAFANAS_OWN:
                yield from _of_values(place, f"{field}.{key}" if field else str(key), ours.get(key), theirs.get(key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _of_lists(place, field, ours, theirs)
    elif not (_is_nothing(ours) and _is_nothing(theirs)) and not _same(ours, theirs):
        yield Difference(place, field, ours, theirs)


def _of_lists(place: str, field: str, ours: list[Any], theirs: list[Any]) -> Iterator[Difference]:
    key = _telling_key([*ours, *theirs])
    if key is not None:
        mine, others = ({each[key]: each for each in entries} for entries in (ours, theirs))
        if len(mine) == len(ours) and len(others) == len(theirs):
            for name in {**mine, **others}:
                yield from _of_values(place, f"{field}[{name}]", mine.get(name), others.get(name))
            if set(mine) == set(others) and list(mine) != list(others):
                yield Difference(place, f"{field} in the order", list(mine), list(others))
            return
    if len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True), 1):
            yield from _of_values(place, f"{field}[{number}]", mine, other)
    else:
        yield Difference(place, field, ours, theirs)


def _telling_key(entries: Sequence[Any]) -> str | None:
    if not entries or not all(isinstance(each, Mapping) for each in entries):
        return None
    return next((key for key in _KEYS if all(isinstance(each.get(key), str | int) for each in entries)), None)


def _is_nothing(value: object) -> bool:
    """Empty, or nothing but empty things."""
    if isinstance(value, Mapping):
        return all(_is_nothing(each) for each in value.values())
    return value is None or value is False or (isinstance(value, str | list) and not value)


def _same(ours: object, theirs: object) -> bool:
    """Equal, and a number is never the same as yes or no."""
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


def _text(value: object) -> str:
    return "(nothing)" if value is None else " ".join(repr(value).split())


def _around(ours: str, theirs: str) -> tuple[str, str]:
    """Both, cut to what fits around the first place where they differ."""
    same = next((at for at, (mine, other) in enumerate(zip(ours, theirs, strict=False)) if mine != other), 0)
    return _cut(ours, same), _cut(theirs, same)


def _cut(text: str, at: int) -> str:
    if len(text) <= _WIDTH:
        return text
    first = max(0, min(at - _WIDTH // 3, len(text) - _WIDTH))
    last = first + _WIDTH
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
