"""The rows of alerting, in the registry's database. Instants are UTC milliseconds, 0 = not yet.

At most one alert of a rule is open for one part of a device: the partial index `one_open_alert` holds the engine to it,
whatever a crash between two commits leaves behind.
"""

from typing import Final

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_OPEN: Final = sa.text("cleared_at = 0")
_UNJUDGED: Final = sa.text("judged_at = 0")


class AlertRow(SQLModel, table=True):
    """One fault, from opening to clearing. Open while `cleared_at` is 0."""

    __tablename__ = "alert"
    __table_args__ = (
        sa.Index("alert_open_by_site", "site", "opened_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.Index("alert_by_time", "opened_at"),
        sa.Index("alert_by_clearing", "cleared_at"),
        sa.Index("alert_by_device", "site", "device", "opened_at"),
        sa.Index(
            "one_open_alert",
            "rule",
            "site",
            "device",
            "instance",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(max_length=128)
    site: str = Field(max_length=63)
    device: str = Field(max_length=63)
    metric: str = Field(max_length=63)
    instance: str = Field(max_length=128)
    severity: str = Field(max_length=16)
    opened_at: int = Field(sa_type=sa.BigInteger)
    value: float
    cleared_at: int = Field(default=0, sa_type=sa.BigInteger)
    acknowledged_at: int = Field(default=0, sa_type=sa.BigInteger)
    acknowledged_by: str = ""
    cause: int = Field(default=0, index=True)
    held_until: int = Field(default=0, sa_type=sa.BigInteger)
    silence: int = 0
    flapping_since: int = Field(default=0, sa_type=sa.BigInteger)
    verdict: str = Field(default="", max_length=32)


class TrailRow(SQLModel, table=True):
    """One line of an alert's decision trail; lines of one alert are read in the order of their ids."""

    __tablename__ = "alert_trail"

    id: int | None = Field(default=None, primary_key=True)
    alert: int = Field(foreign_key="alert.id", index=True)
    at: int = Field(sa_type=sa.BigInteger)
    stage: str = Field(max_length=32)
    decision: str = Field(max_length=32)
    reason: str
    reason_zh: str = ""


class SilencedRow(SQLModel, table=True):
    """An alert was hidden by a silence or a maintenance window from `at` on; `released_at` 0: still, or until it cleared."""

    __tablename__ = "alert_silenced"
    __table_args__ = (sa.Index("alert_silenced_by", "silence", "alert"),)

    id: int | None = Field(default=None, primary_key=True)
    alert: int = Field(foreign_key="alert.id", index=True)
    silence: int
    at: int = Field(sa_type=sa.BigInteger)
    released_at: int = Field(default=0, sa_type=sa.BigInteger)


class FlappingRow(SQLModel, table=True):
    """What an alert that comes and goes did since: it stays one row of alerts, its changes are counted here.

    `is_bad` is what was judged last; `ended_at` 0 while it is not steady yet.
    """

    __tablename__ = "alert_flapping"
    __table_args__ = (sa.Index("alert_flapping_by_end", "ended_at"),)

    alert: int = Field(primary_key=True, foreign_key="alert.id")
    changes: int
    score: float
    changed_at: int = Field(sa_type=sa.BigInteger)
    is_bad: bool
    ended_at: int = Field(default=0, sa_type=sa.BigInteger)


class EventRow(SQLModel, table=True):
    """A moment an agent reported: the place of an event in its frame names it, so a frame's repetition adds nothing.

    `judged_at` is 0 until the alert changes it causes are written; what causes none is judged when it is received.
    """

    __tablename__ = "event"
    __table_args__ = (
        sa.Index("event_by_device", "site", "device", "occurred_at"),
        sa.Index("event_by_arrival", "received_at"),
        sa.Index("event_to_judge", "received_at", sqlite_where=_UNJUDGED, postgresql_where=_UNJUDGED),
    )

    site: str = Field(primary_key=True, max_length=63)
    agent: str = Field(primary_key=True, max_length=63)
    epoch: int = Field(primary_key=True, sa_type=sa.BigInteger)
    number: int = Field(primary_key=True, sa_type=sa.BigInteger)
    position: int = Field(primary_key=True)
    device: str = Field(max_length=63)
    kind: str = Field(max_length=128)
    text: str
    severity: str = Field(max_length=16)
    instance: str = Field(max_length=128)
    occurred_at: int = Field(sa_type=sa.BigInteger)
    received_at: int = Field(sa_type=sa.BigInteger)
    judged_at: int = Field(default=0, sa_type=sa.BigInteger)
