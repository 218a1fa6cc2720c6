"""What a maker's other families keep where: for devices of a known maker that no definition knows.

An object identifier means one thing wherever it is found. So the objects that definitions name
below a maker's number are asked of its unknown devices too. Where those of a field contradict each
other, none counts: one of them may speak of a part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from collectors import oids
from collectors.definitions.model import Definitions
from collectors.errors import CollectorError
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Pdu, VarBind

_NAMES_A_REQUEST: Final = 20
_MOST_OBJECTS: Final = 2 * _NAMES_A_REQUEST


class Told(NamedTuple):
    """What a device says in an object; ``oid`` with its instance."""

    field: str
    value: str
    oid: str


async def read_kin(session: DeviceSession, known: Definitions, maker: int) -> tuple[Told, ...]:
    """Ask a device for what its maker's other families keep.

    Args:
        session: the device.
        known: the definitions of all families.
        maker: its enterprise number.
    """
    objects = known.by_maker.get(maker, ())[:_MOST_OBJECTS]
    if not objects:
        return ()
    try:
        found = await session.get([one.oid for one in objects if not one.is_column])
        columns = await _first_rows(session, [one.oid for one in objects if one.is_column])
    except CollectorError as error:
        session.note(error)
        return ()
    told = []
    for one in objects:
        varbind = columns.get(one.oid) if one.is_column else found.get(one.oid)
        value = values.name(varbind)
        if varbind is not None and value is not None and not is_placeholder(value):
            told.append(Told(one.field, value, oids.decode(varbind.oid)))
    return _agreed(told)


async def _first_rows(session: DeviceSession, columns: list[bytes]) -> dict[bytes, VarBind]:
    """Give the first instance of each column that has one."""
    found: dict[bytes, VarBind] = {}
    for start in range(0, len(columns), _NAMES_A_REQUEST):
        asked = columns[start : start + _NAMES_A_REQUEST]
        response = await session.send(Pdu.GET_NEXT, asked)
        if not response.error_status:
            pairs = zip(asked, response.varbinds, strict=False)
            found |= {column: one for column, one in pairs if one.oid.startswith(column)}
    return found


def _agreed(told: Iterable[Told]) -> tuple[Told, ...]:
    """Leave out fields of which two objects say different things."""
    said: dict[str, dict[str, Told]] = {}
    for one in told:
        said.setdefault(one.field, {}).setdefault(one.value.casefold(), one)
    return tuple(next(iter(found.values())) for found in said.values() if len(found) == 1)
