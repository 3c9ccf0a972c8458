"""The board in InfluxDB: happenings as points of the default policy."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import urllib3
from influxdb_client.rest import ApiException

from campus.errors import Transient
from campus.influx import Policy
from campus.influxql import identifier, string_literal
from controller.happenings.model import MEASUREMENTS, TAGS, Happening, Key, key_of
from controller.store.influx.client import InfluxClient, Refused
from controller.store.influx.quoting import escaped_field, escaped_measurement, escaped_tag, stored_tag, tag_from_stored
from controller.store.influx.settings import InfluxSettings

_log = logging.getLogger(__name__)
LINES_AT_ONCE: Final = 2_000
COMMANDS_AT_ONCE: Final = 100
HIDDEN: Final = "hidden"
"""The state of a point that a server which deletes nothing (3.x) cannot take away."""
_TEXTS: Final = ("title_en", "title_zh", "text_en", "text_zh", "state")
_NUMBERS: Final = ("id", "ends_at")


class InfluxBoard:
    """A `Board`. Dials when it is first asked; what the server will never take is counted and let go."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._client = InfluxClient(settings)
        self._is_open = False
        self.refused = 0
        """Batches of which the server did not take all points."""

    def posted(self, since: int) -> list[Happening]:
        """What stands there; points without an id are not ours."""
        return [each for measurement in MEASUREMENTS for each in self._asked(measurement, f"time >= {since}ms")]

    def post(self, happenings: Sequence[Happening]) -> None:
        """Some thousand at a time."""
        client = self._opened()
        for first in range(0, len(happenings), LINES_AT_ONCE):
            lines = "\n".join(map(line, happenings[first : first + LINES_AT_ONCE]))
            try:
                client.write(Policy.RAW, lines.encode())
            except Refused as error:
                self.refused += 1
                _log.error("InfluxDB does not take annotations", extra={"detail": str(error)})

    def remove(self, keys: Iterable[Key]) -> None:
        """By time and tags; on 3.x, which has no way to, they stay with the state `hidden` and end where they begin."""
        client, gone = self._opened(), list(keys)
        if client.version == 1:
            commands = [_deletion(key) for key in gone]
            for first in range(0, len(commands), COMMANDS_AT_ONCE):
                list(client.query("; ".join(commands[first : first + COMMANDS_AT_ONCE])))
        elif client.version == 2:
            for key in gone:
                self._delete_newer(key)
        else:
            self.post([Happening(key, {"ends_at": key.at, "state": HIDDEN}) for key in gone])

    def close(self) -> None:
        """Let go of connections."""
        if self._is_open:
            self._client.close()
            self._is_open = False

    def _opened(self) -> InfluxClient:
        if not self._is_open:
            self._client.open()
            self._is_open = True
        return self._client

    def _asked(self, measurement: str, where: str) -> list[Happening]:
        query = f"SELECT * FROM {identifier(measurement)} WHERE {where}"  # noqa: S608 - the name is quoted
        rows = ((table, row) for table in self._opened().query(query) for row in table.rows())
        found = [_happening(table.name, dict(zip(table.columns, row, strict=True))) for table, row in rows]
        return [each for each in found if "id" in each.fields]

    def _delete_newer(self, key: Key) -> None:
        """2.x cannot say that a tag is not there: what else that takes away is put back."""
        begins, lacks = datetime.fromtimestamp(key.at / 1000, UTC), len(key.tags) < len(TAGS[key.measurement])
        others = self._asked(key.measurement, f"time = {key.at}ms") if lacks else []
        tags = "".join(f" AND {identifier(name)} = {identifier(value)}" for name, value in _stored(key) if value)
        try:
            self._client.newer.delete_api().delete(
                begins,
                begins + timedelta(microseconds=1),
                f"_measurement = {identifier(key.measurement)}{tags}",
                bucket=self._client.bucket(Policy.RAW),
                org=self._client.settings.organisation,
            )
        except ApiException as error:
            if not error.status:  # what the library makes of trouble with TLS
                raise self._client.unreachable(error) from error
            raise Transient(f"InfluxDB does not take an annotation away ({error.status}): it is tried again") from error
        except urllib3.exceptions.HTTPError as error:
            raise self._client.unreachable(error) from error
        self.post([each for each in others if each.key != key])


def line(happening: Happening) -> str:
    r"""One line of line protocol, without its end.

    >>> print(line(Happening(key_of("campanile_maintenance", 7, {"site": "no-1"}), {"id": 3, "title_en": 'a "b"'})))
    campanile_maintenance,site=no-1 id=3i,title_en="a \"b\"" 7
    """
    key = happening.key
    tags = "".join(f",{name}={escaped_tag(value)}" for name, value in key.tags)
    fields = ",".join(f"{name}={escaped_field(value)}" for name, value in happening.fields.items())
    return f"{escaped_measurement(key.measurement)}{tags} {fields} {key.at}"


def _stored(key: Key) -> Iterator[tuple[str, str]]:
    """All tags as they are there; one that is not, is empty: else the points of others would be meant too."""
    tags = dict(key.tags)
    return ((name, stored_tag(tags.get(name, ""))) for name in TAGS[key.measurement])


def _deletion(key: Key) -> str:
    tags = "".join(f" AND {identifier(name)} = {string_literal(value)}" for name, value in _stored(key))
    return f"DELETE FROM {identifier(key.measurement)} WHERE time = {key.at}ms{tags}"  # noqa: S608 - all is quoted


def _happening(measurement: str, row: dict[str, Any]) -> Happening:
    at = int(row.pop("time"))
    fields = {name: row.pop(name) for name in (*_NUMBERS, *_TEXTS) if row.get(name) is not None}
    fields |= {name: int(fields[name]) for name in _NUMBERS if name in fields}
    tags = {name: tag_from_stored(value) for name, value in row.items() if isinstance(value, str)}
    return Happening(key_of(measurement, at, tags), fields)
