"""The rows of telling, in the registry's database: the memory of who was told what. Instants are UTC ms, 0 = not yet."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class CaseRow(SQLModel, table=True):
    """An alert that is followed until it clears. `escalate_at` 0: nobody further is asked."""

    __tablename__ = "telling_case"
    __table_args__ = (sa.Index("telling_case_open", "closed_at"),)

    alert: int = Field(primary_key=True)
    site: str = Field(max_length=63)
    severity: str = Field(max_length=16)
    level: int = 0
    escalate_at: int = Field(default=0, sa_type=sa.BigInteger)
    closed_at: int = Field(default=0, sa_type=sa.BigInteger)


class EntryRow(SQLModel, table=True):
    """One alert, one person, one thing to be told: the unique constraint is why nobody is told twice."""

    __tablename__ = "telling_entry"
    __table_args__ = (
        sa.UniqueConstraint("alert", "person", "what", name="told_once"),
        sa.Index("telling_entry_due", "standing", "ready_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    alert: int = Field(foreign_key="telling_case.alert", index=True)
    person: str = Field(max_length=63)
    what: str = Field(max_length=16)
    standing: str = Field(max_length=16)
    reason: str = Field(default="", max_length=16)
    level: int = 0
    reach: int = 0
    """Which of the person's ways is tried."""
    at: int = Field(sa_type=sa.BigInteger)
    ready_at: int = Field(default=0, sa_type=sa.BigInteger)
    message: int = Field(default=0, index=True)


class MessageRow(SQLModel, table=True):
    """One message to one destination, for one person or for several of a group."""

    __tablename__ = "telling_message"
    __table_args__ = (
        sa.Index("telling_message_due", "standing", "next_try_at"),
        sa.Index("telling_message_to", "destination", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    what: str = Field(max_length=16)
    site: str = Field(default="", max_length=63)
    channel: str = Field(max_length=63)
    destination: str = Field(max_length=320)
    people: str = Field(sa_type=sa.Text)
    """Ids, a line each."""
    subject: str = Field(sa_type=sa.Text)
    text: str = Field(sa_type=sa.Text)
    url: str = ""
    standing: str = Field(max_length=16)
    created_at: int = Field(sa_type=sa.BigInteger)
    sent_at: int = Field(default=0, sa_type=sa.BigInteger)
    tries: int = 0
    next_try_at: int = Field(default=0, sa_type=sa.BigInteger)
    detail: str = Field(default="", sa_type=sa.Text)


class ChannelRow(SQLModel, table=True):
    """How a channel has been lately; `tried_at` is of the last try that failed."""

    __tablename__ = "telling_channel"

    channel: str = Field(primary_key=True, max_length=63)
    failures: int = 0
    failing_since: int = Field(default=0, sa_type=sa.BigInteger)
    sent_at: int = Field(default=0, sa_type=sa.BigInteger)
    tried_at: int = Field(default=0, sa_type=sa.BigInteger)
    detail: str = Field(default="", sa_type=sa.Text)


class PushRow(SQLModel, table=True):
    """A browser that asked to be told, for the person who was signed in; `sign_in` is the SHA-256 of that sign-in."""

    __tablename__ = "telling_push"

    endpoint_sha256: str = Field(primary_key=True, max_length=64)
    user: str = Field(index=True)
    sign_in: str = Field(max_length=64)
    endpoint: str = Field(sa_type=sa.Text)
    p256dh: str = Field(max_length=128)
    auth: str = Field(max_length=64)
    asked_at: int = Field(sa_type=sa.BigInteger)
