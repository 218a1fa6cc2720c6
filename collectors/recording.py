"""Whole subtrees of one device as they are: what a recording is made of.

A subtree is read as one column, so that all care of a walk (names that do not rise, agents that
balk at large replies, the budget) is that of every table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from collectors import oids
from collectors.credentials import SnmpCredential
from collectors.observation import Problem
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Endpoint, SnmpTransport, VarBind
from collectors.snmp.walk import read_table
from collectors.target import Target

MIB_2: Final = "1.3.6.1.2.1"
LLDP: Final = "1.0.8802.1.1.2"
MOST_ROWS: Final = 100_000  # of one subtree


@dataclass(frozen=True, slots=True)
class Recording:
    """Bindings in the order of their names; incomplete where ``problems`` says why."""

    varbinds: tuple[VarBind, ...]
    problems: tuple[Problem, ...] = ()


async def read_subtrees(
    target: Target,
    credential: SnmpCredential,
    transport: SnmpTransport,
    subtrees: Iterable[str],
    most_rows: int = MOST_ROWS,
) -> Recording:
    """Walk subtrees one after the other, all within the limits of the target.

    Args:
        target: the device; its credentials are not looked at.
        credential: one that the device is known to let in.
        transport: the way to the network.
        subtrees: dotted; none inside another.
        most_rows: the walk of a subtree ends when it has more.
    """
    session = DeviceSession(transport, Endpoint(target.address, credential), target.limits)
    found: dict[bytes, VarBind] = {}
    for subtree in subtrees:
        table = await read_table(session, {subtree: subtree}, most_rows)
        found |= {one.oid: one for row in table.rows.values() for one in row.values()}
    ordered = sorted(found.values(), key=lambda one: oids.decode_index(one.oid))
    return Recording(tuple(ordered), tuple(session.problems))
