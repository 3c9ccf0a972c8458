"""From older versions of the spool file to the present one, each in the caller's transaction."""

import sqlite3

from agent.spool.model import Progress, Worth
from campus.wire.codec import decode_frame
from campus.wire.frame import FactsBody, FrameError

_VERSION_1_KEEP = 1
"""Worth of facts, events and answers in version 1."""


def migrate_1(connection: sqlite3.Connection, frame_tables: str) -> None:
    """Version 1 had one table for columns and bytes, one epoch for the file, and deleted what was acknowledged.

    It did not remember what was sent, so everything may have been. Its frames keep their numbers and their epoch.
    """
    connection.execute("ALTER TABLE frames RENAME TO frames_1")
    connection.execute("DROP INDEX frames_by_worth")
    run_script(connection, frame_tables)
    connection.create_function("worth_of", 2, _worth_of, deterministic=True)
    connection.execute(
        "INSERT INTO frames SELECT number, (SELECT value FROM counts WHERE name = 'epoch'), worth_of(worth, payload), ?, "
        "created_at, size_bytes, points, NULL, NULL FROM frames_1",
        (Progress.SENT,),
    )
    connection.execute("INSERT INTO payloads SELECT number, payload FROM frames_1")
    # The highest number ever given, not the highest still here, is what counting goes on from.
    (highest,) = connection.execute(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'frames_1'), 0)"
    ).fetchone()
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'frames'")
    connection.execute("INSERT INTO sqlite_sequence VALUES ('frames', ?)", (highest,))
    connection.execute("DROP TABLE frames_1")


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Execute statements one by one: `executescript` would commit what is under way."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""


def _worth_of(worth: int, payload: bytes) -> int:
    if worth != _VERSION_1_KEEP:
        return Worth.SAMPLES
    try:
        is_facts = isinstance(decode_frame(payload).body, FactsBody)
    except FrameError:
        is_facts = False
    return Worth.FACTS if is_facts else Worth.EVENTS
