"""Many rows, or many values, in one statement and one parameter.

A parameter for each value costs the driver of PostgreSQL more than the rest of a run, and to make
its arrays is not much cheaper. So rows go to it as JSON, which is written at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute, Session

from parc.models import Base, table_of
from parc.models.base import Money

_CHUNK: Final = 5_000


def chunks(values: Collection[Any]) -> Iterator[Sequence[Any]]:
    """Give ``values`` sorted, in parts that fit a query."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def insert_rows(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, whose ids nobody asks for; all have the same columns."""
    execute_insert(session, sa.insert(table_of(model)), rows)


def execute_insert(session: Session, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Carry out an INSERT for many rows.

    SQLite is in our own process and takes them row by row; made ready here, column by column, since
    SQLAlchemy asks more of each value than SQLite does.

    Args:
        statement: an INSERT into one table, also one with ON CONFLICT.
        rows: the values by column, each row with the same ones; no octets among them, and no two
            rows of one key.
    """
    if not rows:
        return
    if _is_postgresql(session):
        session.connection().execute(_from_json(statement, rows))
    else:
        _execute_rows(session.connection(), statement, rows)


def _execute_rows(
    connection: sa.Connection, statement: Any, rows: Sequence[dict[str, Any]]
) -> None:
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    columns = [
        _stored(statement.table.c[name].type, [row[name] for row in rows], connection.dialect)
        for name in compiled.positiontup
    ]
    connection.exec_driver_sql(str(compiled), list(zip(*columns, strict=True)))


def _stored(kind: Any, values: list[Any], dialect: sa.Dialect) -> list[Any]:
    """Give values as the driver takes them; of moments and states there are few, but often."""
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    if isinstance(kind, sa.types.TypeDecorator):
        known = {value: process(value) for value in set(values)}
        return [known[value] for value in values]
    return [process(value) for value in values]


def _from_json(statement: Any, rows: Sequence[dict[str, Any]]) -> Any:
    columns = [statement.table.c[name] for name in rows[0]]
    for one in columns:
        if isinstance(one.type, sa.types.TypeDecorator):
            rows = _bound(one, rows)
    text = sa.bindparam(None, msgspec.json.encode(rows).decode(), sa.types.NullType())
    names = [sa.column(one.name, one.type) for one in columns]
    source = (
        sa.func.json_to_recordset(sa.cast(text, postgresql.JSON))
        .table_valued(*names)
        .render_derived(with_types=True)
    )
    return statement.from_select([one.name for one in columns], sa.select(*source.c))


def _bound(column: Any, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Let the type of a column refuse what it does not take, and say what is stored for the rest.

    No driver asks it. States and moments go as they are; an amount of money is stored in cents.
    """
    name, dialect = column.name, postgresql.dialect()  # type: ignore[no-untyped-call]
    stored = {value: column.type.process_bind_param(value, dialect) for value in _of(name, rows)}
    if not isinstance(column.type, Money):
        return rows
    return [{**row, name: stored[row[name]]} for row in rows]


def _of(name: str, rows: Iterable[dict[str, Any]]) -> set[Any]:
    return {row[name] for row in rows}


def is_among(
    session: Session,
    column: sa.ColumnElement[Any] | InstrumentedAttribute[Any],
    values: Iterable[Any],
) -> sa.ColumnElement[bool]:
    """Give the condition that ``column`` has one of many values, all texts or all numbers.

    PostgreSQL plans each statement with its values (see ``parc.app``) and hashes such an array, or
    looks each value up; joined as a set of rows it compares each with each where it expects few.
    """
    if _is_postgresql(session):
        kind = sa.Text() if isinstance(column.type, sa.String) else column.type
        array = sa.bindparam(None, _array_text(values), sa.types.NullType())
        return column == sa.any_(sa.cast(array, postgresql.ARRAY(kind)))
    each = sa.func.json_each(msgspec.json.encode(list(values)).decode()).table_valued("value")
    return column.in_(sa.select(each.c.value))


def _array_text(values: Iterable[Any]) -> str:
    """Write an array as PostgreSQL reads it."""
    texts = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join([f'"{text}"' for text in texts]) + "}"


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
