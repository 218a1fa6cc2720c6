"""From a binding to what it means; whatever the device sent instead gives None."""

from __future__ import annotations

from collectors import oids
from collectors.snmp.codec import decode_integer
from collectors.snmp.transport import Tag, VarBind
from collectors.text import clean_description, clean_name, normalise_mac

# Plain numbers compare in half the time.
_INTEGER = int(Tag.INTEGER)
_OCTET_STRING = int(Tag.OCTET_STRING)
_UNSIGNED = frozenset({Tag.COUNTER32, Tag.GAUGE32, Tag.TIME_TICKS, Tag.COUNTER64})
_MISSING = frozenset(
    {Tag.NULL, Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE, Tag.END_OF_MIB_VIEW},
)


def is_present(varbind: VarBind | None) -> bool:
    """Whether the device holds a value there."""
    return varbind is not None and varbind.tag not in _MISSING


def integer(varbind: VarBind | None) -> int | None:
    """Give a number; also one that a device sends as a string of digits."""
    if varbind is None:
        return None
    tag = varbind.tag
    if tag == _INTEGER:
        return decode_integer(varbind.value)
    if tag in _UNSIGNED:
        # Some agents leave out the zero octet that keeps a large counter positive.
        return int.from_bytes(varbind.value, "big")
    if tag == _OCTET_STRING and varbind.value.strip().isdigit():
        digits = varbind.value.strip()
        return int(digits) if len(digits) <= len(str(2**64)) else None
    return None


def name(varbind: VarBind | None) -> str | None:
    """Give one clean line; numbers and object identifiers as their digits."""
    if varbind is None:
        return None
    if varbind.tag == _OCTET_STRING or varbind.tag == Tag.OPAQUE:  # noqa: PLR1714 -- twice as fast
        return clean_name(varbind.value)
    if varbind.tag in _MISSING:
        return None
    if varbind.tag == Tag.OBJECT_IDENTIFIER:
        return object_identifier(varbind)
    if varbind.tag == Tag.IP_ADDRESS:
        return ".".join(map(str, varbind.value))
    number = integer(varbind)
    return None if number is None else str(number)


def description(varbind: VarBind | None) -> str | None:
    """Give clean text that keeps its lines."""
    if varbind is None or varbind.tag != _OCTET_STRING:
        return None
    return clean_description(varbind.value)


def mac(varbind: VarBind | None) -> str | None:
    """Give a MAC address, from six octets or from text."""
    if varbind is None or varbind.tag != _OCTET_STRING:
        return None
    return normalise_mac(varbind.value)


def octets_as_hex(varbind: VarBind | None) -> str | None:
    """Give an octet string as hex digits."""
    if varbind is None or varbind.tag != Tag.OCTET_STRING or not varbind.value:
        return None
    return varbind.value.hex()


def object_identifier(varbind: VarBind | None) -> str | None:
    """Give an object identifier in dotted form; 0.0 stands for none."""
    if varbind is None or varbind.tag != Tag.OBJECT_IDENTIFIER or not varbind.value:
        return None
    try:
        dotted = oids.decode(varbind.value)
    except ValueError:
        return None
    return None if dotted == "0.0" else dotted
