"""How many pages a printer has printed in colour: only the makers' own objects tell.

Each maker's objects are a row of data here, but for those that keep a table with names (Ricoh) or
all counts in one string of octets (Brother). What no published MIB describes is believed only when
mono and colour add up to the total that Printer-MIB counts.

Source: HP total-mono-page-count and total-color-page-count; XEROX-HOST-RESOURCES-EXT-MIB
xcmHrDevDetailValueInteger; Konica Minolta kmSysPrintFunctionCounterTable; Kyocera's counters by
function and colour; LEXMARK-PVT-MIB pgMono and pgColor; ricohEngCounterTable; brInfoCounter of
Brother; Canon's counters 112, 113, 122 and 123; page counters of OKI, Epson, Sharp, Samsung and
Toshiba by colour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from collectors import oids
from collectors.details import LifeCount
from collectors.errors import CollectorError
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table

_HP: Final = "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2"
_XEROX: Final = "1.3.6.1.4.1.253.8.53.13.2.1.6.1.20"
_KONICA: Final = "1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5"
_KYOCERA: Final = "1.3.6.1.4.1.1347.42.3.1.2.1.1"
_LEXMARK: Final = "1.3.6.1.4.1.641.2.1.5"
_CANON: Final = "1.3.6.1.4.1.1602.1.11.1.3.1.4"
_OKI: Final = "1.3.6.1.4.1.2001.1.1.1.1.11.1.10.170.1"
_EPSON: Final = "1.3.6.1.4.1.1248.1.2.2.27.1.1"
_SHARP: Final = "1.3.6.1.4.1.2385.1.1.19.2.1.3.5.4"
_SAMSUNG: Final = "1.3.6.1.4.1.236.11.5.11.53.11.1"
_TOSHIBA: Final = "1.3.6.1.4.1.1129.2.3.50.1.3.21.6.1.2.1"
_BROTHER: Final = oids.encode("1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.10.0")
_RICOH: Final = "1.3.6.1.4.1.367.3.2.1.2.19.5.1"

# A page may come out between two requests.
_SHARE_BETWEEN_REQUESTS: Final = 50


@dataclass(frozen=True, slots=True)
class _Objects:
    """A maker's objects for each kind, whose numbers are added; ``must_add_up`` to the total."""

    mono: tuple[str, ...]
    color: tuple[str, ...]
    must_add_up: bool = True


# By the enterprise number of sysObjectID.
_MAKERS: Final[Mapping[int, _Objects]] = {
    11: _Objects((f"{_HP}.6.0",), (f"{_HP}.7.0",), must_add_up=False),
    253: _Objects((f"{_XEROX}.34",), (f"{_XEROX}.33",), must_add_up=False),
    18334: _Objects(
        (f"{_KONICA}.1.1", f"{_KONICA}.1.2"),
        (f"{_KONICA}.2.1", f"{_KONICA}.2.2"),
        must_add_up=False,
    ),
    1347: _Objects(
        (f"{_KYOCERA}.1.1", f"{_KYOCERA}.2.1", f"{_KYOCERA}.4.1"),
        (f"{_KYOCERA}.1.3", f"{_KYOCERA}.2.3"),
        must_add_up=False,
    ),
    641: _Objects((f"{_LEXMARK}.2.0",), (f"{_LEXMARK}.3.0",), must_add_up=False),
    1602: _Objects((f"{_CANON}.112", f"{_CANON}.113"), (f"{_CANON}.122", f"{_CANON}.123")),
    2001: _Objects((f"{_OKI}.7.1",), (f"{_OKI}.6.1",)),
    1248: _Objects((f"{_EPSON}.3.1.1",), (f"{_EPSON}.4.1.1",)),
    2385: _Objects((f"{_SHARP}.61",), (f"{_SHARP}.63",)),
    236: _Objects((f"{_SAMSUNG}.2.0",), (f"{_SAMSUNG}.1.0",)),
    1129: _Objects((f"{_TOSHIBA}.3",), (f"{_TOSHIBA}.1", f"{_TOSHIBA}.2")),
}
_BROTHER_NUMBER: Final = 2435
_RICOH_NUMBER: Final = 367
# brInfoCounter: records of a key, the type 01 04, and four octets; FF ends them.
_BROTHER_RECORD: Final = re.compile(rb"([\x00-\xfe])\x01\x04(.{4})", re.DOTALL)
_BROTHER_KEYS: Final = {0x01: "mono", 0x02: "color"}
_RICOH_NAMES: Final = {
    "total prints: black & white": "mono",
    "total prints: monocolor": "mono",
    "total prints: color": "color",
    "total prints: full color": "color",
}


async def read_color_counts(
    session: DeviceSession, enterprise: int | None, total: LifeCount
) -> tuple[tuple[LifeCount, ...], bool]:
    """Read the counts by colour, and tell whether all could be read.

    None that exceeds the total is believed.

    Args:
        session: the printer.
        enterprise: number of its maker, from sysObjectID.
        total: what Printer-MIB counts.
    """
    try:
        counts = await _counts(session, enterprise or 0, total.count)
    except CollectorError as error:
        session.note(error, "counts by colour")
        return (), False
    believed = {kind: count for kind, count in counts.items() if 0 <= count <= total.count}
    return (
        tuple(LifeCount(kind, count, "impressions") for kind, count in believed.items()),
        believed == counts,
    )


async def _counts(session: DeviceSession, maker: int, total: int) -> dict[str, int]:
    if maker == _BROTHER_NUMBER:
        found = await session.get([_BROTHER])
        return _brother(found.get(_BROTHER))
    if maker == _RICOH_NUMBER:
        return await _ricoh(session)
    known = _MAKERS.get(maker)
    if known is None:
        return {}
    kinds = {"mono": known.mono, "color": known.color}
    found = await session.get([oids.encode(one) for parts in kinds.values() for one in parts])
    counts = {kind: count for kind, parts in kinds.items() if (count := _sum(found, parts)) >= 0}
    if known.must_add_up and abs(total - sum(counts.values())) > total // _SHARE_BETWEEN_REQUESTS:
        return {}
    return counts


def _sum(found: Mapping[bytes, VarBind], parts: tuple[str, ...]) -> int:
    """Add up what is there; below zero where nothing is."""
    numbers = [values.integer(found.get(oids.encode(one))) for one in parts]
    seen = [number for number in numbers if number is not None and number >= 0]
    return sum(seen) if seen else -1


def _brother(varbind: VarBind | None) -> dict[str, int]:
    octets = b"" if varbind is None else varbind.value
    return {
        _BROTHER_KEYS[key[0]]: int.from_bytes(number)
        for key, number in _BROTHER_RECORD.findall(octets)
        if key[0] in _BROTHER_KEYS
    }


async def _ricoh(session: DeviceSession) -> dict[str, int]:
    columns = {"name": f"{_RICOH}.5", "value": f"{_RICOH}.9"}
    counts: dict[str, int] = {}
    for _, row in sorted((await read_table(session, columns)).rows.items()):
        kind = _RICOH_NAMES.get((values.name(row.get("name")) or "").casefold())
        count = values.integer(row.get("value"))
        if kind is not None and count is not None:
            counts.setdefault(kind, count)
    return counts
