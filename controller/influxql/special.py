"""The measurements that are no metrics (`campus.influx`): which level fits a range, what was open, what was maintained."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from campus.influx import ALERT_MEASUREMENT, FITTING_LEVELS, LEVEL_MEASUREMENT, MAINTENANCE_MEASUREMENT
from controller.identity.scope import Scope
from controller.influxql.port import Happening, Happenings
from controller.influxql.sources import table_of
from controller.influxql.table import Kind, Table, empty

_DAY_MS: Final = 86_400_000
_TEXTS: Final = dict.fromkeys(("state", "text_en", "text_zh", "title_en", "title_zh"), Kind.STRING)
SPECIAL_FIELDS: Final[dict[str, dict[str, Kind]]] = {  # whether a point has them all or not
    ALERT_MEASUREMENT: {"ends_at": Kind.INTEGER, "id": Kind.INTEGER, **_TEXTS},
    LEVEL_MEASUREMENT: {
        name: Kind.INTEGER if isinstance(value, int) else Kind.STRING
        for name, value in FITTING_LEVELS[0].fields().items()
    },
    MAINTENANCE_MEASUREMENT: {
        "ends_at": Kind.INTEGER,
        "id": Kind.INTEGER,
        **{name: kind for name, kind in _TEXTS.items() if name != "state"},
    },
}


class Specials:
    """Tables of the special measurements, whole or for a span of time."""

    def __init__(self, happenings: Happenings) -> None:
        self._happenings = happenings

    def table(self, scope: Scope, name: str, now: int, start: int, end: int) -> Table:
        """Points with start <= at < end, in UTC ms; empty for a name that is none of theirs."""
        if name == LEVEL_MEASUREMENT:
            points: Sequence[Happening] = [each for each in _levels(now) if start <= each.at < end]
        else:
            points = self._happenings.happenings(scope, name, start, end)
        table = table_of(name, points)
        fields = {field: empty(kind, len(table.at)) for field, kind in SPECIAL_FIELDS.get(name, {}).items()}
        return replace(table, fields=fields | dict(table.fields))


def _levels(now: int) -> list[Happening]:
    midnight = now - now % _DAY_MS
    return [
        Happening(midnight + place, {"level": fitting.policy.level}, fitting.fields())
        for place, fitting in enumerate(FITTING_LEVELS)
    ]
