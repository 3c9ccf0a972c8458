"""what agents reported, kept until it is judged and long after; alerts by the time they cleared"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("agent", sa.String(length=63), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=128), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("instance", sa.String(length=128), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "agent", "epoch", "number", "position"),
    )
    op.create_index("event_by_device", "event", ["site", "device", "occurred_at"], unique=False)
    op.create_index("event_by_arrival", "event", ["received_at"], unique=False)
    op.create_index(
        "event_to_judge",
        "event",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("judged_at = 0"),
        postgresql_where=sa.text("judged_at = 0"),
    )
    op.create_index("alert_by_clearing", "alert", ["cleared_at"], unique=False)
