"""work orders, their photos, stickers, service contracts"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_order",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(length=63), nullable=False) for name in ("site", "device", "room")),
        sa.Column("kind", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.String(length=16), nullable=False) for name in ("source", "severity")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("what_en", "what_zh")),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=63), nullable=False),
        sa.Column("fault_at", sa.BigInteger(), nullable=False),
        sa.Column("alert", sa.Integer(), nullable=False),
        sa.Column("causes", sa.Text(), nullable=False),
        sa.Column("assignee", sa.String(length=63), nullable=False),
        sa.Column("contract", sa.Integer(), nullable=False),
        *(
            sa.Column(f"{name}_at", sa.BigInteger(), nullable=False)
            for name in ("handed", "responded", "arrived", "done", "closed", "changed")
        ),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("visits", "reopened", "reports", "minutes")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("waits", "diagnosis")),
        sa.PrimaryKeyConstraint("id"),
    )
    is_open = sa.text("closed_at = 0")
    op.create_index(
        "work_order_open", "work_order", ["site", "opened_at"], sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("work_order_by_device", "work_order", ["site", "device", "opened_at"])
    op.create_index("work_order_by_time", "work_order", ["opened_at"])
    op.create_index("work_order_by_end", "work_order", ["closed_at"])
    op.create_index("ix_work_order_alert", "work_order", ["alert"])
    op.create_table(
        "work_order_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=63), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(length=16), nullable=False) for name in ("outcome", "state", "why")),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("to", sa.String(length=63), nullable=False),
        sa.Column("contract", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("photo", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["work_order.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order", "command", name="step_once"),
    )
    op.create_index("ix_work_order_step_order", "work_order_step", ["order"])
    op.create_index("work_order_step_opening", "work_order_step", ["command", "act"])
    op.create_table(
        "work_order_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=63), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["work_order.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_work_order_photo_order", "work_order_photo", ["order"])
    _stickers_and_contracts()


def _stickers_and_contracts() -> None:
    op.create_table(
        "sticker",
        sa.Column("code", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.String(length=63), nullable=False) for name in ("site", "device", "room")),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.String(length=63), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    alive = sa.text("ended_at = 0")
    op.create_index(
        "one_living_sticker",
        "sticker",
        ["site", "device", "room"],
        unique=True,
        sqlite_where=alive,
        postgresql_where=alive,
    )
    op.create_table(
        "service_contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vendor", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=63), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("sites", "kinds", "models")),
        *(sa.Column(name, sa.String(length=10), nullable=False) for name in ("starts_on", "ends_on")),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("response_h", "repair_h")),
        *(sa.Column(name, sa.String(length=16), nullable=False) for name in ("while_part", "while_vendor")),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
