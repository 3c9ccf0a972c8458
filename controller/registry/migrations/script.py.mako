"""${message}"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Schemas only go forward: a release that must go back restores the copy of data_dir made before it."""
    ${upgrades if upgrades else "pass"}
