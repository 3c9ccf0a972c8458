"""Alembic's entry: runs inside the connection that `controller.registry.schema` opened, never opens one itself.

The imports bring every room's tables into one metadata: a new room with tables is added here.
"""

from alembic import context
from sqlmodel import SQLModel

import controller.alerts.tables
import controller.calendar.tables
import controller.configurations.tables
import controller.identity.tables
import controller.newcomers.tables
import controller.registry.tables
import controller.rulings.tables
import controller.silences.tables
import controller.telling.tables
import controller.topology.tables
import controller.workorders.tables  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
