"""why an alert is nobody's business for now, and what broke"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (
        ("held_until", sa.BigInteger()),
        ("silence", sa.Integer()),
        ("flapping_since", sa.BigInteger()),
    ):
        op.add_column("alert", sa.Column(name, kind, nullable=False, server_default="0"))
    op.add_column("alert", sa.Column("verdict", sa.String(length=32), nullable=False, server_default=""))
