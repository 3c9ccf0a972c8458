"""What the agent remembers across restarts beside its frames: the last facts of its devices, and unknown publishers."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from agent.candidates import Candidate
from agent.spool.database import Database
from campus.ids import DeviceId
from campus.samples import DeviceFacts


class Remembered:
    """Two small tables of an open spool file. Writing raises `DiskFull`; all raise `SpoolDamaged`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_facts(self, facts: Sequence[DeviceFacts]) -> None:
        """Remember what was last said about these devices."""
        with self._database.transaction() as connection:
            rows = [(each.device, msgspec.msgpack.encode(each)) for each in facts]
            connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def load_facts(self) -> list[DeviceFacts]:
        """What `save_facts` remembers, across restarts; entries of another version's shape are left out."""
        facts = []
        with self._database.reading() as connection:
            for (body,) in connection.execute("SELECT body FROM facts ORDER BY device"):
                with suppress(msgspec.DecodeError):
                    facts.append(msgspec.msgpack.decode(body, type=DeviceFacts))
        return facts

    def forget_facts(self, devices: Sequence[DeviceId]) -> None:
        """The reverse of `save_facts`, for devices that are gone."""
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM facts WHERE device = ?", [(device,) for device in devices])

    def save_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Remember these publishers instead of those before."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM candidates")
            connection.executemany("INSERT INTO candidates VALUES (?, ?, ?, ?, ?)", candidates)

    def load_candidates(self) -> list[Candidate]:
        """What `save_candidates` remembers, the loudest first."""
        with self._database.reading() as connection:
            return read_candidates(connection)


def read_candidates(connection: sqlite3.Connection) -> list[Candidate]:
    """The unknown publishers that an open spool remembers, the loudest first."""
    rows = connection.execute(
        "SELECT topic, messages, reason, last_at, sample FROM candidates ORDER BY messages DESC, topic"
    )
    return [Candidate(*row) for row in rows]
