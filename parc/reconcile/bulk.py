"""Many rows in one statement, whose ids nobody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from parc.models import Base, table_of


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; all have the same columns."""
    execute_insert(session, sa.insert(table_of(model)), rows)


def execute_insert(session: Session, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Carry out an INSERT for many rows.

    SQLite is in our own process and takes them row by row. To PostgreSQL each column goes as one
    array: a parameter for each value costs its driver more than the rest of a run.

    Args:
        statement: an INSERT into one table, also one with ON CONFLICT.
        rows: the values by column, each row with the same ones; no two rows of one key.
    """
    if not rows:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_from_arrays(statement, rows))
    else:
        session.connection().execute(statement, list(rows))


def _from_arrays(statement: Any, rows: Sequence[dict[str, Any]]) -> Any:
    columns = [statement.table.c[name] for name in rows[0]]
    arrays = [
        sa.bindparam(
            None, [row[one.name] for row in rows], postgresql.ARRAY(one.type, dimensions=1)
        )
        for one in columns
    ]
    names = [sa.column(one.name, one.type) for one in columns]
    source = sa.func.unnest(*arrays).table_valued(*names).render_derived()
    return statement.from_select([one.name for one in columns], sa.select(*source.c))


def is_among(session: Session, column: Any, values: Any) -> sa.ColumnElement[bool]:
    """Give the condition that ``column`` has one of many values.

    PostgreSQL gets them as the rows of one array, which it hashes or looks up; a list it would
    compare one by one with each row.
    """
    if session.get_bind().dialect.name == "postgresql":
        array = sa.bindparam(None, list(values), postgresql.ARRAY(column.type, dimensions=1))
        values = sa.select(sa.func.unnest(array))
    return sa.type_coerce(column.in_(values), sa.Boolean)
