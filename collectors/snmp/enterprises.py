"""Whose private objects an agent has: the arcs below ``enterprises`` (SNMPv2-SMI).

A maker that builds on somebody else's agent leaves that agent's sysObjectID, but its own MIB stands
beside it. One GETNEXT for each enterprise finds them.
"""

from __future__ import annotations

from typing import Final

from collectors import oids
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Pdu

_ENTERPRISES: Final = "1.3.6.1.4.1"
_MOST: Final = 8  # an agent with more of them tells no maker


async def read_enterprises(session: DeviceSession) -> tuple[int, ...]:
    """List the enterprise numbers that the agent has objects of, at most eight.

    Raises:
        CollectorError: as ``DeviceSession.send``.
    """
    prefix = oids.encode(_ENTERPRISES)
    found: list[int] = []
    name = prefix
    while len(found) < _MOST:
        response = await session.send(Pdu.GET_NEXT, [name])
        if response.error_status or not response.varbinds:
            break
        oid = response.varbinds[0].oid
        if not oid.startswith(prefix) or oid in {prefix, name}:
            break
        number = int(oids.decode(oid).split(".")[6])
        if found and number <= found[-1]:
            break
        found.append(number)
        name = oids.encode(f"{_ENTERPRISES}.{number + 1}")
    return tuple(found)
