"""days, terms and meals of the calendar; the enrolment's holidays become days of it"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mark = op.create_table(
        "day_mark",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("is_enrolled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("site", "day"),
    )
    op.create_table(
        "meal",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("site", "start_minute"),
    )
    op.create_table(
        "term",
        sa.Column("site", sa.String(length=63), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "first_day"),
    )
    holiday = sa.table("holiday", sa.column("day", sa.Date()))
    days = sa.select(
        sa.literal(""), holiday.c.day, sa.literal("holiday"), sa.literal(""), sa.true().label("is_enrolled")
    )
    op.execute(mark.insert().from_select(["site", "day", "kind", "name", "is_enrolled"], days))
    op.drop_table("holiday")
