"""The rows of newcomers, in the registry's database. Instants are UTC milliseconds, 0 = not yet."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class NewcomerRow(SQLModel, table=True):
    """One newcomer of an agent. Once it is not told any more it stays a while, so that who was ignored comes back ignored."""

    __tablename__ = "newcomer"

    site: str = Field(primary_key=True, foreign_key="site.id", max_length=63)
    agent: str = Field(primary_key=True, max_length=63)
    key: str = Field(primary_key=True, max_length=128)
    told: str = Field(sa_type=sa.Text)
    """`campus.newcomers.Newcomer` as JSON."""
    is_present: bool = True
    """Whether the agent's last document names it."""
    first_seen_at: int = Field(sa_type=sa.BigInteger)
    last_seen_at: int = Field(sa_type=sa.BigInteger)
    ignored_at: int = Field(default=0, sa_type=sa.BigInteger)
    ignored_by: str = ""


class NewcomersToldRow(SQLModel, table=True):
    """When an agent's last document was observed: an older one that comes out of a spool later is history."""

    __tablename__ = "newcomers_told"

    site: str = Field(primary_key=True, foreign_key="site.id", max_length=63)
    agent: str = Field(primary_key=True, max_length=63)
    observed_at: int = Field(sa_type=sa.BigInteger)
    omitted: int = 0
