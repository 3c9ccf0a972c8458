"""Rows of identity. Tokens and session ids stand here only as SHA-256 of themselves: a copy of the file signs nobody in."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class SignInLinkRow(SQLModel, table=True):
    """A one-time link that nobody has used yet; used ones are deleted."""

    __tablename__ = "sign_in_link"

    token_sha256: str = Field(primary_key=True, max_length=64)
    user: str
    role: int
    organisation: str | None = Field(default=None, max_length=63)
    site: str | None = Field(default=None, max_length=63)
    expires_at: int = Field(sa_type=sa.BigInteger)


class SessionRow(SQLModel, table=True):
    """A signed-in browser. What it may see is worked out anew from the tree at every request."""

    __tablename__ = "session"

    session_sha256: str = Field(primary_key=True, max_length=64)
    user: str
    role: int
    organisation: str | None = Field(default=None, max_length=63)
    site: str | None = Field(default=None, max_length=63)
    started_at: int = Field(sa_type=sa.BigInteger)
    expires_at: int = Field(sa_type=sa.BigInteger)
