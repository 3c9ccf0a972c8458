"""The topology's rows. Instants are UTC milliseconds (`..._at`)."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_ID_CHARS = 63
_PORT_CHARS = 128


class SightingsRow(SQLModel, table=True):
    """What a device, registered or not, told of others: `Sightings` as JSON, its tables last at `observed_at`."""

    __tablename__ = "sightings"

    site: str = Field(primary_key=True, foreign_key="site.id", max_length=_ID_CHARS)
    device: str = Field(primary_key=True, max_length=_ID_CHARS)
    observed_at: int = Field(sa_type=sa.BigInteger)
    told: str = Field(sa_type=sa.Text)


class PlacementRow(SQLModel, table=True):
    """The managed device and port that a device hangs on, since when, and where it hung before (empty: nowhere else yet)."""

    __tablename__ = "placement"

    site: str = Field(primary_key=True, foreign_key="site.id", max_length=_ID_CHARS)
    device: str = Field(primary_key=True, max_length=_ID_CHARS)
    parent: str = Field(max_length=_ID_CHARS)
    port: str = Field(max_length=_PORT_CHARS)
    since_at: int = Field(sa_type=sa.BigInteger)
    former_parent: str = Field(default="", max_length=_ID_CHARS)
    former_port: str = Field(default="", max_length=_PORT_CHARS)
