"""Many rows in few statements, whose ids nobody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Base, table_of


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; all have the same columns."""
    execute_insert(session, sa.insert(table_of(model)), rows)


def execute_insert(session: Session, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Carry out an INSERT for many rows.

    PostgreSQL takes a round trip and a plan for each set of parameters, unless the statement
    gives something back: then SQLAlchemy writes a thousand rows in one. SQLite is in our own
    process and is faster row by row.

    Args:
        statement: an INSERT into one table, also one with ON CONFLICT.
        rows: the parameters; no two of them of one key.
    """
    if not rows:
        return
    if session.get_bind().dialect.name == "postgresql":
        statement = statement.returning(*statement.table.primary_key)
    session.connection().execute(statement, list(rows)).close()
