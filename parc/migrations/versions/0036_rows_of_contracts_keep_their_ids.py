"""An id of a term, a rule or a cover of a contract is never given again, so that undoing finds it.

Only SQLite gives one again; PostgreSQL never does.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_TABLES = ("contract_period", "contract_rule", "coverage")
_SOME_DAYS = "until_on IS NULL OR until_on > from_on"


def upgrade() -> None:
    _rebuild(is_kept=True)


def downgrade() -> None:
    _rebuild(is_kept=False)


def _rebuild(*, is_kept: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in _TABLES:
        # SQLite does not tell of a check when a table is copied.
        checks = (sa.CheckConstraint(_SOME_DAYS, name=op.f("ck_coverage_some_days")),)
        with op.batch_alter_table(
            name,
            recreate="always",
            table_args=checks if name == "coverage" else (),
            table_kwargs={"sqlite_autoincrement": is_kept},
        ):
            pass
