"""A database that does what it is told and whose answer is lost: the connection ends in the moment of the commit."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import event


@contextmanager
def lost_answers(engine: sa.Engine) -> Iterator[None]:
    """Within the block every commit lasts, and whoever asked for it is told that it failed. For SQLite."""

    def lose(connection: sa.Connection) -> None:
        connection.exec_driver_sql("COMMIT")
        raise sa.exc.OperationalError("COMMIT", None, ConnectionError("the connection ended"))

    event.listen(engine, "commit", lose)
    try:
        yield
    finally:
        event.remove(engine, "commit", lose)
