"""The rows of configurations, in the registry's database. Instants are UTC milliseconds, 0 = not known."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class ConfigurationRow(SQLModel, table=True):
    """One version of a device's configuration; the next begins where the text is another one."""

    __tablename__ = "configuration_version"

    site: str = Field(primary_key=True, max_length=63)
    device: str = Field(primary_key=True, max_length=63)
    taken_at: int = Field(primary_key=True, sa_type=sa.BigInteger)
    last_seen_at: int = Field(sa_type=sa.BigInteger)
    received_at: int = Field(sa_type=sa.BigInteger)
    digest: str = Field(max_length=64)
    text: bytes = Field(sa_type=sa.LargeBinary)
    """UTF-8, zstd."""
    size_bytes: int
    line_count: int
    added: int = 0
    removed: int = 0
    changed_at: int = Field(default=0, sa_type=sa.BigInteger)
    changed_by: str = Field(default="", max_length=64)
    is_outside: bool = False
