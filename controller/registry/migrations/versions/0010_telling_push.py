"""browsers that asked to be told of alerts, and when a channel that is down was last tried"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telling_push",
        sa.Column("endpoint_sha256", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("sign_in", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(length=128), nullable=False),
        sa.Column("auth", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_sha256"),
    )
    op.create_index("ix_telling_push_user", "telling_push", ["user"])
    op.add_column("telling_channel", sa.Column("tried_at", sa.BigInteger(), nullable=False, server_default="0"))
