"""The rows of rulings, in the registry's database: decisions, never changed and never deleted. Instants are UTC ms."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class RulingRow(SQLModel, table=True):
    """One decision of a place; its number counts those of the place. `content`: the adjustment, or the rule, as JSON."""

    __tablename__ = "ruling"

    place: str = Field(primary_key=True, max_length=80)
    number: int = Field(primary_key=True)
    at: int = Field(sa_type=sa.BigInteger)
    user: str
    rule: str = Field(max_length=128, index=True)
    kind: str = Field(max_length=24)
    content: str = Field(default="", sa_type=sa.Text)
    reason: str = Field(default="", sa_type=sa.Text)
    until: int = Field(default=0, sa_type=sa.BigInteger)
    authority: str = Field(default="", max_length=80)
    ends: int = 0
