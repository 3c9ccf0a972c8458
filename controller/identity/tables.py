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


class AccessTokenRow(SQLModel, table=True):
    """A program that may read. What it may see is worked out anew from the tree at every request."""

    __tablename__ = "access_token"

    name: str = Field(primary_key=True, max_length=80)
    token_sha256: str = Field(max_length=64, index=True, unique=True)
    organisation: str | None = Field(default=None, max_length=63)
    site: str | None = Field(default=None, max_length=63)
    created_at: int = Field(sa_type=sa.BigInteger)
    last_used_at: int = Field(default=0, sa_type=sa.BigInteger)
    revoked_at: int = Field(default=0, sa_type=sa.BigInteger)
