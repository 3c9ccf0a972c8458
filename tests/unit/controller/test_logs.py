"""Log lines carry the fields of their event."""

import logging

from controller.logs import FieldFormatter


def test_fields_stand_behind_the_message() -> None:
    record = logging.makeLogRecord(
        {"name": "ingest", "levelname": "WARNING", "msg": "lost the broker", "reason": "timeout"}
    )
    line = FieldFormatter().format(record)
    assert line.endswith("WARNING ingest: lost the broker reason='timeout'")


def test_a_line_without_fields_is_plain() -> None:
    line = FieldFormatter().format(
        logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "%s up", "args": ("it",)})
    )
    assert line.endswith("INFO x: it up")
