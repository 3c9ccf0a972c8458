"""The rows of silences, in the registry's database. Instants are UTC milliseconds, 0 = not yet."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from controller.silences.model import MAX_REASON_CHARS


class SilenceRow(SQLModel, table=True):
    """One silence or maintenance window. Empty texts select nothing in particular; minutes are after local midnight, -1: all day.

    `weekdays` are digits, 0 for Monday; empty for all.
    """

    __tablename__ = "silence"
    __table_args__ = (sa.Index("silence_by_end", "until"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=16)
    organisation: str = Field(default="", max_length=63)
    site: str = Field(default="", max_length=63)
    device_kind: str = Field(default="", max_length=32)
    device: str = Field(default="", max_length=63)
    room: str = Field(default="", max_length=63)
    rule: str = Field(default="", max_length=128)
    severity: str = Field(default="", max_length=16)
    starts_at: int = Field(sa_type=sa.BigInteger)
    until: int = Field(sa_type=sa.BigInteger)
    days: str = Field(default="every", max_length=16)
    weekdays: str = Field(default="", max_length=7)
    start_minute: int = -1
    end_minute: int = -1
    reason: str = Field(max_length=MAX_REASON_CHARS)
    takes_open: bool = True
    covers_danger: bool = False
    made_by: str
    made_at: int = Field(sa_type=sa.BigInteger)
    ended_at: int = Field(default=0, sa_type=sa.BigInteger)
    ended_by: str = ""
