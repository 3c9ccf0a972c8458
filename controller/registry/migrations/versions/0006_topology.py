"""what devices told of the stations around them, and where each device hangs"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sightings",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("device", sa.String(length=63), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("site", "device"),
    )
    op.create_table(
        "placement",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("device", sa.String(length=63), nullable=False),
        sa.Column("parent", sa.String(length=63), nullable=False),
        sa.Column("port", sa.String(length=128), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("former_parent", sa.String(length=63), nullable=False),
        sa.Column("former_port", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("site", "device"),
    )
