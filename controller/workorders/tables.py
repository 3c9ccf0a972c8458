"""The rows of work orders, in the registry's database. Instants are UTC ms, 0 = not yet."""

from typing import Final

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_OPEN: Final = sa.text("closed_at = 0")
_ALIVE: Final = sa.text("ended_at = 0")


class OrderRow(SQLModel, table=True):
    """One order as its last step left it."""

    __tablename__ = "work_order"
    __table_args__ = (
        sa.Index("work_order_open", "site", "opened_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        sa.Index("work_order_by_device", "site", "device", "opened_at"),
        sa.Index("work_order_by_time", "opened_at"),
        sa.Index("work_order_by_end", "closed_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    site: str = Field(max_length=63)
    device: str = Field(default="", max_length=63)
    room: str = Field(default="", max_length=63)
    kind: str = Field(max_length=32)
    source: str = Field(max_length=16)
    severity: str = Field(max_length=16)
    what_en: str = Field(sa_type=sa.Text)
    what_zh: str = Field(sa_type=sa.Text)
    state: str = Field(max_length=16)
    opened_at: int = Field(sa_type=sa.BigInteger)
    opened_by: str = Field(max_length=63)
    fault_at: int = Field(sa_type=sa.BigInteger)
    alert: int = Field(default=0, index=True)
    causes: str = Field(default="[]", sa_type=sa.Text)
    """Of `Cause`, as JSON; so are `waits`."""
    assignee: str = Field(default="", max_length=63)
    contract: int = 0
    handed_at: int = Field(default=0, sa_type=sa.BigInteger)
    responded_at: int = Field(default=0, sa_type=sa.BigInteger)
    arrived_at: int = Field(default=0, sa_type=sa.BigInteger)
    done_at: int = Field(default=0, sa_type=sa.BigInteger)
    closed_at: int = Field(default=0, sa_type=sa.BigInteger)
    changed_at: int = Field(default=0, sa_type=sa.BigInteger)
    visits: int = 0
    reopened: int = 0
    reports: int = 0
    minutes: int = 0
    waits: str = Field(default="[]", sa_type=sa.Text)
    diagnosis: str = Field(default="", sa_type=sa.Text)
    """What telemetry said when it was opened, as JSON."""


class StepRow(SQLModel, table=True):
    """One command and what became of it: the history, and why a command sent twice counts once."""

    __tablename__ = "work_order_step"
    __table_args__ = (
        sa.UniqueConstraint("order", "command", name="step_once"),
        sa.Index("work_order_step_opening", "command", "act"),
    )

    id: int | None = Field(default=None, primary_key=True)
    order: int = Field(foreign_key="work_order.id", index=True)
    command: str = Field(max_length=64)
    act: str = Field(max_length=16)
    who: str = Field(max_length=63)
    at: int = Field(sa_type=sa.BigInteger)
    received_at: int = Field(sa_type=sa.BigInteger)
    outcome: str = Field(max_length=16)
    state: str = Field(max_length=16)
    why: str = Field(default="", max_length=16)
    note: str = Field(default="", sa_type=sa.Text)
    to: str = Field(default="", max_length=63)
    contract: int = 0
    parts: str = Field(default="[]", sa_type=sa.Text)
    minutes: int = 0
    photo: int = 0


class PhotoRow(SQLModel, table=True):
    """A picture; the file is named by its id. `deleted_at`: its time was over."""

    __tablename__ = "work_order_photo"

    id: int | None = Field(default=None, primary_key=True)
    order: int = Field(foreign_key="work_order.id", index=True)
    who: str = Field(max_length=63)
    at: int = Field(sa_type=sa.BigInteger)
    size_bytes: int
    deleted_at: int = Field(default=0, sa_type=sa.BigInteger)


class StickerRow(SQLModel, table=True):
    """The code on a sticker. Of one thing at most one lives; `ended_at`: a new one was made and this one is dead."""

    __tablename__ = "sticker"
    __table_args__ = (
        sa.Index(
            "one_living_sticker",
            "site",
            "device",
            "room",
            unique=True,
            sqlite_where=_ALIVE,
            postgresql_where=_ALIVE,
        ),
    )

    code: str = Field(primary_key=True, max_length=16)
    site: str = Field(max_length=63)
    device: str = Field(default="", max_length=63)
    room: str = Field(default="", max_length=63)
    """Empty with a device: its room is where it is."""
    issued_at: int = Field(sa_type=sa.BigInteger)
    issued_by: str = Field(max_length=63)
    ended_at: int = Field(default=0, sa_type=sa.BigInteger)


class ContractRow(SQLModel, table=True):
    """A service contract. Lists are JSON; an empty one covers everything."""

    __tablename__ = "service_contract"

    id: int | None = Field(default=None, primary_key=True)
    vendor: str = Field(max_length=120)
    title: str = Field(max_length=200)
    contact: str = Field(default="", max_length=200)
    phone: str = Field(default="", max_length=63)
    sites: str = Field(default="[]", sa_type=sa.Text)
    kinds: str = Field(default="[]", sa_type=sa.Text)
    models: str = Field(default="[]", sa_type=sa.Text)
    starts_on: str = Field(max_length=10)
    ends_on: str = Field(max_length=10)
    response_h: float
    repair_h: float
    while_part: str = Field(max_length=16)
    while_vendor: str = Field(max_length=16)
    ended_at: int = Field(default=0, sa_type=sa.BigInteger)
    """When somebody took it out of the book before its time."""
