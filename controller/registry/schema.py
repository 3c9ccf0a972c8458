"""Brings the registry's database to this version's schema, at every start, in one transaction.

A failed step leaves the database as it was (SQLite and PostgreSQL both roll back schema changes). A database of a newer
version, or one that is not ours, is refused before anything is touched.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from campus.errors import ConfigError

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def migrate(engine: sa.Engine) -> None:
    """Create or upgrade the schema; does nothing when it is current.

    `ConfigError`, with nothing changed, when the database comes from a newer version, belongs to another program, or
    cannot be opened or written.
    """
    name = engine.url.render_as_string(hide_password=True)
    try:
        with engine.begin() as connection:
            _upgrade(connection, name)
    except sa.exc.DatabaseError as error:
        raise ConfigError(
            f"the registry database {name} cannot be used: {error.orig}. Check that the file is the controller's own, "
            "that its folder may be written and that the disk is not full"
        ) from error


def known_revisions() -> set[str]:
    """Every schema this version can read or bring up to date."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def alembic_config(connection: sa.Connection) -> Config:
    """Alembic's settings for commands on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: sa.Connection, name: str) -> None:
    config = alembic_config(connection)
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is None and sa.inspect(connection).get_table_names():
        raise ConfigError(
            f"{name} holds tables of another program: give the controller a data_dir of its own. Nothing was changed"
        )
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigError(
            f"{name} was written by a newer version of Campanile (schema {current}, this version knows up to "
            f"{scripts.get_current_head()}): start that version or a newer one. Nothing was changed"
        )
    command.upgrade(config, "head")
