"""Paging by keyset: the next rows after a row, never an offset, so that page 1,000 costs page 1.

Rows without a value come last in both directions, on both databases, and every page is read by an
index on ``(column, id)``: rows with a value and rows without are asked for apart, because
``NULLS LAST`` is no order that these indexes have.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

_MAX_TOKEN = 1_000
_MAX_ID = 2**63 - 1
_SORTED_CHARACTERS = 120


class CursorError(ValueError):
    """A page token that Parc never gave out."""


class ValueKind(enum.Enum):
    """What a sort column holds, as far as a page token must carry it."""

    TEXT = "text"
    WHOLE = "whole"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column that lists may be sorted by; ``label`` names its value in a row.

    Attributes:
        then: a column of text, never empty, that rows of one value rise by, whatever the direction
            of this one; without it they follow their keys. Neither column may be nullable then.
    """

    label: str
    column: sa.SQLColumnExpression[Any]
    kind: ValueKind = ValueKind.TEXT
    is_nullable: bool = True
    then: SortColumn | None = None


def by_name(search_text: Any) -> SortColumn:
    """Give the order of names in a dictionary, É beside E, by a text for searches that begins so.

    Such a text holds the name first, in lower case and without accents.
    """
    name = sa.func.substr(search_text, 1, _SORTED_CHARACTERS, type_=sa.String())
    return SortColumn("name_in_order", name, is_nullable=False)


# For lists that are held whole: the row's number alone is the place.
ANY_PLACE = SortColumn("", sa.null())


@dataclass(frozen=True, slots=True)
class Order:
    """A sort column and its direction; ``key`` is the unique column that breaks ties."""

    sort: SortColumn
    key: sa.SQLColumnExpression[int]
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row a page starts after, or with ``is_backward`` ends before."""

    value: str | int | datetime | date | None
    row_id: int
    is_backward: bool = False
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order asked for, and where the pages before and after begin, if they exist."""

    rows: list[Any]
    previous: Cursor | None
    next: Cursor | None


# Reads one page of a list, whatever its filter: handed a session, where it begins, and its size.
PageReader = Callable[[Session, Cursor | None, int], Page]


def read_page(
    session: Session,
    query: sa.Select[*tuple[Any, ...]],
    order: Order,
    cursor: Cursor | None,
    size: int,
) -> Page:
    """Read at most ``size`` rows of ``query``, which must select ``id``."""
    if order.sort.label not in query.selected_columns:
        query = query.add_columns(order.sort.column.label(order.sort.label))
    is_backward = cursor is not None and cursor.is_backward
    rows: list[Any] = []
    for part in _parts(query, order, cursor):
        rows += session.execute(part.limit(size + 1 - len(rows))).all()
        if len(rows) > size:
            break
    has_more = len(rows) > size
    rows = rows[:size]
    if is_backward:
        rows.reverse()
    has_previous = has_more if is_backward else cursor is not None
    has_next = is_backward or has_more
    return Page(
        rows,
        previous=_cursor_at(rows[0], order, is_backward=True) if rows and has_previous else None,
        next=_cursor_at(rows[-1], order, is_backward=False) if rows and has_next else None,
    )


def _parts(
    query: sa.Select[*tuple[Any, ...]], order: Order, cursor: Cursor | None
) -> list[sa.Select[*tuple[Any, ...]]]:
    """Give the statements to read one after the other, in reading direction."""
    if order.sort.then is not None:
        return [_part_of_two(query, order, order.sort.then, cursor)]
    column: Any = order.sort.column
    key = order.key
    is_backward = cursor is not None and cursor.is_backward
    falls = order.is_descending != is_backward
    by_column = (column.desc(), key.desc()) if falls else (column.asc(), key.asc())
    valued = query.order_by(*by_column)
    if order.sort.is_nullable:
        valued = valued.where(column.is_not(None))
    empty = query.where(column.is_(None)).order_by(key.desc() if falls else key.asc())
    if cursor is None:
        return [valued, empty] if order.sort.is_nullable else [valued]
    if cursor.value is None:
        empty = empty.where(key < cursor.row_id if falls else key > cursor.row_id)
        return [empty, valued] if is_backward else [empty]
    here = sa.tuple_(column, key)
    there = sa.tuple_(
        sa.bindparam(None, cursor.value, type_=column.type),
        sa.bindparam(None, cursor.row_id, type_=sa.BigInteger()),
    )
    valued = valued.where(here < there if falls else here > there)
    return [valued] if is_backward or not order.sort.is_nullable else [valued, empty]


def _part_of_two(
    query: sa.Select[*tuple[Any, ...]], order: Order, then: SortColumn, cursor: Cursor | None
) -> sa.Select[*tuple[Any, ...]]:
    """Give the statement of a list whose rows of one value rise by a second column."""
    column: Any = order.sort.column
    second: Any = then.column
    key = order.key
    is_backward = cursor is not None and cursor.is_backward
    falls = order.is_descending != is_backward
    by_second = (second.desc(), key.desc()) if is_backward else (second.asc(), key.asc())
    query = query.order_by(column.desc() if falls else column.asc(), *by_second)
    if cursor is None:
        return query
    value = sa.bindparam(None, cursor.value, type_=column.type)
    here = sa.tuple_(second, key)
    there = sa.tuple_(
        sa.bindparam(None, cursor.then, type_=second.type),
        sa.bindparam(None, cursor.row_id, type_=sa.BigInteger()),
    )
    beyond = here < there if is_backward else here > there
    past = column < value if falls else column > value
    return query.where(sa.or_(past, sa.and_(column == value, beyond)))


def _cursor_at(row: sa.Row[Any], order: Order, *, is_backward: bool) -> Cursor:
    values = row._mapping  # noqa: SLF001 -- SQLAlchemy's public name
    then = values[order.sort.then.label] if order.sort.then else None
    return Cursor(values[order.sort.label], values["id"], is_backward, then)


def write_token(cursor: Cursor) -> str:
    """Give the cursor as text for an address."""
    value = cursor.value
    if isinstance(value, datetime | date):
        value = value.isoformat()
    place = (
        [value, cursor.row_id, cursor.then] if cursor.then is not None else [value, cursor.row_id]
    )
    body = json.dumps(place, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_token(token: str, sort: SortColumn, *, is_backward: bool) -> Cursor:
    """Read what ``write_token`` wrote.

    Raises:
        CursorError: it is no token of this sort column.
    """
    if len(token) > _MAX_TOKEN:
        raise CursorError(token[:40])
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        value, row_id, *rest = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeError, ValueError, TypeError, RecursionError) as error:
        raise CursorError(token) from error
    if type(row_id) is not int or not -_MAX_ID <= row_id <= _MAX_ID:
        raise CursorError(token)
    if len(rest) != (sort.then is not None):
        raise CursorError(token)
    then = rest[0] if rest else None
    if sort.then is not None and (not isinstance(then, str) or "\x00" in then):
        raise CursorError(token)
    return Cursor(_checked(value, sort, token), row_id, is_backward, then)


def _checked(value: Any, sort: SortColumn, token: str) -> str | int | datetime | date | None:
    if value is None and sort.is_nullable:
        return None
    if sort.kind is ValueKind.WHOLE and type(value) is int and -_MAX_ID <= value <= _MAX_ID:
        return value
    if sort.kind is ValueKind.TEXT and isinstance(value, str) and "\x00" not in value:
        return value
    if sort.kind is ValueKind.DAY and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise CursorError(token) from error
    if sort.kind is ValueKind.MOMENT and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise CursorError(token) from error
        if moment.tzinfo is not None:
            return moment
    raise CursorError(token)
