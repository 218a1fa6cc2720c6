"""What a device did not tell of itself, and where it may stand: for who writes a definition.

Guesses for a person to judge; nothing of this ever becomes a value of an identity. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from collectors import oids
from collectors.observation import Identity
from collectors.registries.enterprise import enterprise_number
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.transport import Tag, VarBind
from collectors.text import normalise_mac

WANTED: Final = (
    "manufacturer",
    "model_name",
    "serial_number",
    "category",
    "operating_system",
    "software_revision",
)
MOST_LEADS: Final = 8  # of one field

_VERSION: Final = re.compile(r"(?:[Vv](?:er(?:sion)?)?[. ]?)?\d+(?:\.\d+){1,4}[\w.()-]{0,16}")
_SERIAL: Final = re.compile(r"(?=.*\d.*\d.*\d)[A-Z0-9][A-Z0-9-]{6,23}", re.IGNORECASE)
_MODEL: Final = re.compile(r"(?=.*\d)[A-Za-z][A-Za-z0-9+/. -]{2,39}")
_SHAPES: Final = {
    "software_revision": _VERSION,
    "serial_number": _SERIAL,
    "model_name": _MODEL,
}


@dataclass(frozen=True, slots=True)
class Lead:
    """An object of the maker's whose text has the shape of a value that is missing."""

    field: str
    oid: str
    value: str


def missing_fields(identity: Identity) -> tuple[str, ...]:
    """Name the fields that say most and were not read."""
    return tuple(one for one in WANTED if getattr(identity, one) is None)


def subtree_of(sys_object_id: str | None) -> str | None:
    """Give the dotted subtree of the maker's private objects, when it has a number."""
    number = enterprise_number(sys_object_id)
    return None if number is None else f"1.3.6.1.4.1.{number}"


def find_leads(
    varbinds: Iterable[VarBind], sys_object_id: str | None, sys_descr: str | None
) -> tuple[Lead, ...]:
    """Find texts below the maker's number that look like a serial number, a model, a version.

    Objects that stand alone come before rows of tables, and models that sysDescr names too
    before others; at most eight of each.
    """
    root = subtree_of(sys_object_id)
    if root is None:
        return ()
    prefix = oids.encode(root)
    told = (sys_descr or "").casefold()
    found: dict[str, list[tuple[int, int, Lead]]] = {name: [] for name in _SHAPES}
    for place, one in enumerate(varbinds):
        if one.tag != Tag.OCTET_STRING or not one.oid.startswith(prefix):
            continue
        text = values.name(one)
        name = None if text is None else _looks_like(text)
        if text is None or name is None:
            continue
        is_alone = one.oid[-1] == 0
        rank = 2 * (name == "model_name" and text.casefold() not in told) + (not is_alone)
        found[name].append((rank, place, Lead(name, oids.decode(one.oid), text)))
    return tuple(lead for ranked in found.values() for _, _, lead in sorted(ranked)[:MOST_LEADS])


def _looks_like(text: str) -> str | None:
    if is_placeholder(text) or normalise_mac(text) is not None or _is_address(text):
        return None
    return next((name for name, shape in _SHAPES.items() if shape.fullmatch(text)), None)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
