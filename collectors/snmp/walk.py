"""Tables read by columns: all columns of a table in one GETBULK, and nothing that is not kept.

The walk ends by its own rules, never by the device's goodwill: names must rise and stay in their
column, replies must bring something, and the session's budget bounds the rest. Rows that were
read are kept whatever happens; ``complete`` says whether the end of the table was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from collectors import oids
from collectors.errors import (
    CollectorError,
    MalformedError,
    NoAnswerError,
    RefusedError,
    TooLargeError,
)
from collectors.snmp.session import (
    NO_SUCH_NAME,
    TOO_BIG,
    VARBINDS_AFTER_SILENCE,
    DeviceSession,
)
from collectors.snmp.transport import Pdu, Response, Tag, VarBind

Rows = dict[tuple[int, ...], dict[str, VarBind]]

MAX_ROWS = 20_000
_END = int(Tag.END_OF_MIB_VIEW)  # a plain number compares in half the time
_ABSENT = frozenset({int(Tag.NO_SUCH_OBJECT), int(Tag.NO_SUCH_INSTANCE)})


@dataclass(slots=True)
class TableRows:
    """What was read of a table: bindings by index, then by the column's name in its MIB."""

    rows: Rows = field(default_factory=dict)
    complete: bool = True
    max_rows: int = MAX_ROWS


class _Row(msgspec.Struct, gc=False):
    """A row that another column has already told."""

    arcs: tuple[int, ...]
    cells: dict[str, VarBind]


@dataclass(slots=True)
class _Reading:
    """A table while it is read.

    Attributes:
        rows_by_octets: rows by their indexes' octets, which come with each column and are decoded
            once; None where there is one column only.
    """

    table: TableRows
    rows_by_octets: dict[bytes, _Row] | None


@dataclass(slots=True)
class _Column:
    """How far one column has been read."""

    name: str
    prefix: bytes
    cursor: bytes
    index: tuple[int, ...] = ()
    is_done: bool = False


async def read_table(
    session: DeviceSession, columns: Mapping[str, str], max_rows: int = MAX_ROWS
) -> TableRows:
    """Read columns that share an index, also of several tables.

    Args:
        session: the device.
        columns: the columns' names in their MIB and their dotted object identifiers.
        max_rows: reading ends when the table has more.

    Returns:
        The rows that could be read; errors are noted in the session and make it incomplete.
    """
    table = TableRows(max_rows=max_rows)
    reading = _Reading(table, {} if len(columns) > 1 else None)
    waiting = [_Column(name, oids.encode(oid), oids.encode(oid)) for name, oid in columns.items()]
    while waiting:
        active = waiting[: session.columns_a_request]
        waiting = waiting[len(active) :]
        try:
            waiting = await _read_some(session, active, reading) + waiting
        except CollectorError as error:
            session.note(error, _subject(active))
            table.complete = False
            break
    return table


def _subject(columns: list[_Column]) -> str:
    return columns[0].name if len(columns) == 1 else f"{columns[0].name} and others"


async def _read_some(
    session: DeviceSession,
    columns: list[_Column],
    reading: _Reading,
) -> list[_Column]:
    """Read columns side by side to their ends; give those that must be read in smaller groups."""
    active, table = columns, reading.table
    while active:
        response = await _ask(session, active)
        if response is None:
            continue
        if len(table.rows) >= table.max_rows:
            detail = f"the limit of {table.max_rows} rows in a table is reached"
            raise TooLargeError(session.endpoint.address, detail)
        if response.error_status == 0:
            _take(session, active, response, reading)
        elif response.error_status == TOO_BIG:
            _shrink(session, active, table)
        else:
            _drop_culprit(session, active, response, table)
        active = [column for column in active if not column.is_done]
        if len(active) > session.columns_a_request:
            return active
    return []


async def _ask(session: DeviceSession, active: list[_Column]) -> Response | None:
    """Ask for the next rows; None when the device must be asked in another way.

    Raises:
        CollectorError: the device does not answer in any way, or the budget is used up.
    """
    names = [column.cursor for column in active]
    was_bulk, had_asked_for = session.can_bulk, session.varbinds_a_reply
    try:
        if was_bulk:
            repetitions = max(1, had_asked_for // len(names))
            return await session.send(Pdu.GET_BULK, names, max_repetitions=repetitions)
        return await session.send(Pdu.GET_NEXT, names)
    except NoAnswerError:
        if not was_bulk or not await session.is_alive():
            raise
        await session.slow_down()
        if had_asked_for > VARBINDS_AFTER_SILENCE:
            session.varbinds_a_reply = min(session.varbinds_a_reply, VARBINDS_AFTER_SILENCE)
        else:
            session.can_bulk = False
        return None


def _shrink(session: DeviceSession, active: list[_Column], table: TableRows) -> None:
    """Ask for less after tooBig: first fewer repetitions, then fewer columns."""
    if session.can_bulk and session.varbinds_a_reply > len(active):
        session.varbinds_a_reply = max(len(active), session.varbinds_a_reply // 2)
    elif len(active) > 1:
        session.columns_a_request = max(1, len(active) // 2)
        session.varbinds_a_reply = min(session.varbinds_a_reply, session.columns_a_request)
    else:
        active[0].is_done = True
        table.complete = False
        error = RefusedError(session.endpoint.address, "one value does not fit in a reply (tooBig)")
        session.note(error, active[0].name)


def _drop_culprit(
    session: DeviceSession,
    active: list[_Column],
    response: Response,
    table: TableRows,
) -> None:
    """Go on without the column that an error names; without any, ask one column at a time."""
    culprit = response.error_index - 1
    if len(active) == 1:
        culprit = 0
    if not 0 <= culprit < len(active):
        session.columns_a_request = 1
        return
    active[culprit].is_done = True
    if response.error_status != NO_SUCH_NAME:  # with v1 that is the regular end
        table.complete = False
        detail = f"the device answers with error status {response.error_status}"
        session.note(RefusedError(session.endpoint.address, detail), active[culprit].name)


def _take(
    session: DeviceSession,
    active: list[_Column],
    response: Response,
    reading: _Reading,
) -> None:
    """Sort a reply's bindings into rows.

    Raises:
        MalformedError: the reply is empty, or its names do not rise.
    """
    address = session.endpoint.address
    varbinds = response.varbinds
    if not varbinds:
        raise MalformedError(address, "an empty reply")
    width = len(active)
    problems = [
        _take_column(column, varbinds[place::width] if width > 1 else varbinds, reading)
        for place, column in enumerate(active)
    ]
    for problem in problems:
        if problem:
            raise MalformedError(address, problem)


def _take_column(column: _Column, varbinds: list[VarBind], reading: _Reading) -> str:
    """Take the bindings of one column; say what ends it before its time.

    Half of what a walk costs beside the codec, hence the names for what the loop needs.
    """
    prefix, name, last, rows = column.prefix, column.name, column.index, reading.table.rows
    oid, size, known = column.cursor, len(prefix), reading.rows_by_octets
    for varbind in varbinds:
        oid, tag = varbind.oid, varbind.tag
        if tag == _END or oid[:size] != prefix:
            column.is_done = True
            return ""
        octets = oid[size:]
        row = known.get(octets) if known else None
        try:
            index = row.arcs if row else oids.decode_index(octets)
        except ValueError:
            return "an object identifier is damaged"
        if index <= last:
            return "object identifiers do not increase; the rows read so far are kept"
        last = index
        if row:
            row.cells[name] = varbind
        elif tag not in _ABSENT:
            cells = rows[index] = {name: varbind}
            if known is not None:
                known[octets] = _Row(index, cells)
    column.cursor, column.index = oid, last
    return ""
