"""The registry's rows. Instants are UTC milliseconds (`..._at`), ids are those of `campus.ids`.

A device's facts stand whole in `DeviceRow.facts` (JSON, as its agent sent them); ports and neighbours are taken out of
them into rows of their own, for search and topology, and always replaced together with the facts.
"""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_ID_CHARS = 63


def _site(*, primary_key: bool = False) -> str:
    value: str = Field(primary_key=primary_key, foreign_key="site.id", max_length=_ID_CHARS, index=not primary_key)
    return value


class OrganisationRow(SQLModel, table=True):
    """A node of bureau / district; the schools hang on it."""

    __tablename__ = "organisation"

    id: str = Field(primary_key=True, max_length=_ID_CHARS)
    parent: str | None = Field(default=None, foreign_key="organisation.id", max_length=_ID_CHARS)
    name_en: str
    name_zh: str


class SiteRow(SQLModel, table=True):
    """A school, or the district centre."""

    __tablename__ = "site"

    id: str = Field(primary_key=True, max_length=_ID_CHARS)
    organisation: str = Field(foreign_key="organisation.id", max_length=_ID_CHARS)
    name_en: str
    name_zh: str
    is_centre: bool = False
    pupils: int = 0


class RoomRow(SQLModel, table=True):
    """A place in a site."""

    __tablename__ = "room"

    site: str = _site(primary_key=True)
    id: str = Field(primary_key=True, max_length=_ID_CHARS)
    name_en: str
    name_zh: str
    floor: int = 0


class AgentRow(SQLModel, table=True):
    """An enrolled agent and what it last said of itself. Whether it is online is never stored: the broker knows."""

    __tablename__ = "agent"

    site: str = _site(primary_key=True)
    id: str = Field(primary_key=True, max_length=_ID_CHARS)
    version: str = ""
    last_frame_at: int = Field(default=0, sa_type=sa.BigInteger)
    spool_bytes: int = Field(default=0, sa_type=sa.BigInteger)


class EnrolledFileRow(SQLModel, table=True):
    """The file that holds all there is of the last enrolment; no row when that came from elsewhere."""

    __tablename__ = "enrolled_file"

    digest: str = Field(primary_key=True, max_length=64)


class DeviceRow(SQLModel, table=True):
    """A device: what lists and search need as columns, its facts whole beside them."""

    __tablename__ = "device"

    site: str = _site(primary_key=True)
    id: str = Field(primary_key=True, max_length=_ID_CHARS)
    kind: str = Field(index=True, max_length=32)
    name: str
    room: str = ""
    agent: str = Field(max_length=_ID_CHARS)
    model: str = ""
    serial: str = Field(default="", index=True)
    address: str = Field(default="", index=True)
    facts: str = Field(sa_type=sa.Text)
    first_seen_at: int = Field(sa_type=sa.BigInteger)
    last_seen_at: int = Field(sa_type=sa.BigInteger)


class PortRow(SQLModel, table=True):
    """A port of a device. `mac` is twelve lower-case hex digits, or empty."""

    __tablename__ = "port"
    __table_args__ = (sa.ForeignKeyConstraint(["site", "device"], ["device.site", "device.id"], name="fk_port_device"),)

    site: str = Field(primary_key=True, max_length=_ID_CHARS)
    device: str = Field(primary_key=True, max_length=_ID_CHARS)
    instance: str = Field(primary_key=True, max_length=128)
    alias: str = ""
    type: int = 0
    mac: str = Field(default="", index=True, max_length=64)


class NeighbourRow(SQLModel, table=True):
    """Who hangs on a device's port; `ordinal` is the place in the facts' list."""

    __tablename__ = "neighbour"
    __table_args__ = (
        sa.ForeignKeyConstraint(["site", "device"], ["device.site", "device.id"], name="fk_neighbour_device"),
    )

    site: str = Field(primary_key=True, max_length=_ID_CHARS)
    device: str = Field(primary_key=True, max_length=_ID_CHARS)
    ordinal: int = Field(primary_key=True)
    local_port: str
    remote_name: str = ""
    remote_port: str = ""
    remote_chassis: str = ""
