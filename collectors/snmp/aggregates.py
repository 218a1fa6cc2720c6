"""Link aggregates and their members: IEEE8023-LAG-MIB, else ifStackTable (IF-MIB, RFC 2863).

Source: IEEE 802.1AX dot3adAggPortAttachedAggID; ifStackStatus, whose index is the higher and the
lower layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from collectors.observation import AggregatePort, AggregatePortTable, Interface
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.walk import read_table

LAG: Final = 161  # IANAifType ieee8023adLag
AGG_PORT_TABLE: Final = "1.2.840.10006.300.43.1.2.1"
IF_STACK_TABLE: Final = "1.3.6.1.2.1.31.1.2"
TABLES: Final = (AGG_PORT_TABLE, IF_STACK_TABLE)
_ATTACHED: Final = {"dot3adAggPortAttachedAggID": f"{AGG_PORT_TABLE}.1.13"}
_STATUS: Final = {"ifStackStatus": f"{IF_STACK_TABLE}.1.3"}
_ACTIVE: Final = 1
# ethernetCsmacd and its older words: what a cable is plugged into.
_SOCKETS: Final[frozenset[int | None]] = frozenset({6, 62, 69, 117})
_LAYERS: Final = 2


async def read_members(
    session: DeviceSession, existing: set[str], interfaces: Sequence[Interface]
) -> AggregatePortTable:
    """Read which interfaces are members of which aggregate.

    Args:
        session: the device.
        existing: which of ``TABLES`` it has.
        interfaces: all of them; only an aggregate of theirs counts.
    """
    types = {one.if_index: one.if_type for one in interfaces}
    rows: dict[int, int] = {}
    complete = False
    if AGG_PORT_TABLE in existing:
        table = await read_table(session, _ATTACHED)
        told = (
            (values.integer(row.get("dot3adAggPortAttachedAggID")), index[0])
            for index, row in table.rows.items()
            if len(index) == 1
        )
        rows, complete = _members(told, types), table.complete
    if not rows and IF_STACK_TABLE in existing and LAG in types.values():
        table = await read_table(session, _STATUS)
        stacked = (
            (index[0], index[1])
            for index, row in table.rows.items()
            if len(index) == _LAYERS
            and types.get(index[0]) == LAG
            and values.integer(row.get("ifStackStatus")) == _ACTIVE
        )
        rows, complete = _members(stacked, types), table.complete
    found = tuple(AggregatePort(member, rows[member]) for member in sorted(rows))
    return AggregatePortTable(found, complete=complete)


def _members(
    told: Iterable[tuple[int | None, int]], types: Mapping[int, int | None]
) -> dict[int, int]:
    """Give the aggregate of each member; a port on its own is attached to itself."""
    return {
        member: aggregate
        for aggregate, member in told
        if aggregate is not None
        and aggregate in types
        and types.get(member) in _SOCKETS
        and types[aggregate] not in _SOCKETS
        and aggregate != member
    }
