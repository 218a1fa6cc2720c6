"""The texts that an agent holds below its maker's enterprise number, as far as a few requests go.

For devices that no definition knows: whatever identifies them stands there, in objects whose names
are not known. Rows of a table are left as soon as they are seen to be many.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from collectors import oids
from collectors.errors import CollectorError
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Pdu, Tag, VarBind

_MOST_REQUESTS: Final = 6
_ROWS_A_REQUEST: Final = 40
_MANY: Final = 3  # rows of a column that come one behind the other
_SHORTEST_COLUMN: Final = 9  # 1.3.6.1.4.1, maker, table, column
_LONGEST: Final = 80


class Text(NamedTuple):
    """A short text and its object; ``arcs`` with the instance."""

    arcs: tuple[int, ...]
    value: str

    @property
    def group(self) -> tuple[int, ...]:
        """Give what its sisters lie below, when it is a scalar."""
        return self.arcs[:-2]

    @property
    def is_scalar(self) -> bool:
        """Whether its instance is that of a scalar."""
        return self.arcs[-1] == 0

    @property
    def oid(self) -> str:
        """Give its object identifier, dotted."""
        return ".".join(map(str, self.arcs))


class PrivateTexts(NamedTuple):
    """What was read; ``complete`` when nothing was left out but further rows of tables."""

    texts: tuple[Text, ...] = ()
    complete: bool = False


async def read_private_texts(session: DeviceSession, maker: int) -> PrivateTexts:
    """Read them, in at most six requests; nothing from an agent that knows no GETBULK."""
    if not session.can_bulk:
        return PrivateTexts()
    prefix = oids.encode(f"1.3.6.1.4.1.{maker}")
    name = prefix
    texts: dict[tuple[int, ...], Text] = {}
    for _ in range(_MOST_REQUESTS):
        try:
            rows = min(session.varbinds_a_reply, _ROWS_A_REQUEST)
            response = await session.send(Pdu.GET_BULK, [name], max_repetitions=rows)
        except CollectorError as error:
            session.note(error)
            break
        below = [one for one in response.varbinds if one.oid.startswith(prefix)]
        if response.error_status or not response.varbinds:
            break
        for text in map(_text_of, below):
            if text is not None:
                texts[text.arcs] = text
        if len(below) < len(response.varbinds) or values.is_present(below[-1]) is False:
            return PrivateTexts(tuple(texts.values()), complete=True)
        behind = _behind(below)
        if oids.decode_index(behind) <= oids.decode_index(name):
            break
        name = behind
    return PrivateTexts(tuple(texts.values()))


def _text_of(varbind: VarBind) -> Text | None:
    if varbind.tag != Tag.OCTET_STRING or not 0 < len(varbind.value) <= _LONGEST:
        return None
    value = values.name(varbind)
    if not value:
        return None
    return Text(tuple(map(int, oids.decode(varbind.oid).split("."))), value.strip())


def _behind(rows: list[VarBind]) -> bytes:
    """Give the name to go on from: behind the column, where the last rows are of one."""
    last = rows[-1].oid
    arcs = [tuple(map(int, oids.decode(one.oid).split("."))) for one in rows[-_MANY:]]
    shared = 0
    while len({one[shared] for one in arcs if len(one) > shared}) == 1 and shared < min(
        map(len, arcs)
    ):
        shared += 1
    are_scalars = all(one[-1] == 0 for one in arcs)
    if len(arcs) < _MANY or shared < _SHORTEST_COLUMN or are_scalars:
        return last
    return oids.encode_arcs((*arcs[-1][:shared], oids.MAX_ARC))
