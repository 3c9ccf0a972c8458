"""Log lines for people and for grep: instant, level, place, event, then the fields of the event as key=value."""

import logging
import sys
from typing import Final

_STANDARD: Final = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}


class FieldFormatter(logging.Formatter):
    """Adds the fields given as `extra`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The line without a traceback."""
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        told = "".join(f" {key}={value!r}" for key, value in fields.items())
        return super().formatMessage(record) + told


def log_to_stderr(level: int = logging.INFO) -> None:
    """Set up logging of the process; called once, by its command."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
