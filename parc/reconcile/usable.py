"""What of a device can tell it from all others, in one spelling; the rest is None; pure.

Placeholders, what software makes up, and what several machines show by design identify nothing.

Source: RFC 3411 (SnmpEngineID), RFC 5798 and vendor documents for MACs of virtual routers and of
pairs that stand in for each other.
"""

from __future__ import annotations

import string
from functools import lru_cache
from typing import Final

from collectors.registries.adapters import adapter_maker
from collectors.registries.enterprise import manufacturer_named_in
from collectors.registries.placeholders import is_placeholder
from collectors.text import normalise_mac
from parc.key_texts import folded, swapped, uuid_key
from parc.naming import address_sort

# VRRP and CARP (IPv4, IPv6), HSRP version 1, 2 and IPv6, GLBP; then pairs that share an address:
# Fortinet (FGCP), Palo Alto, Juniper SRX (reth), Sophos.
_VIRTUAL_ROUTER_MACS: Final = (
    "00:00:5e:00:01:",
    "00:00:5e:00:02:",
    "00:00:0c:07:ac:",
    "00:00:0c:9f:f",
    "00:05:73:a0:0",
    "00:07:b4:",
    "00:09:0f:09:",
    "e0:23:ff:fc:",
    "00:1b:17:00:",
    "00:10:db:ff:",
    "00:1a:8c:f0:",
)
_GROUP_OR_LOCAL: Final = 0b11
_ENTERPRISE_OCTETS: Final = 4
_ENGINE_ID_OCTETS: Final = range(5, 33)
_FORMAT_ADDRESSES: Final = (1, 2)
_FORMAT_MAC: Final = 3
_FORMAT_TEXT: Final = 4
_FORMAT_RANDOM: Final = 0x80
_NET_SNMP: Final = 8072
_MAC_OCTETS: Final = 6
_MAKERS_KEPT: Final = 4096


def usable_mac(text: str | None) -> str | None:
    """Give a burned-in MAC, or None for what several machines may show.

    Docks and USB adapters go from one machine to another.
    Locally administered and group addresses are made up by software; those of virtual routers
    move from one machine to another by design.
    """
    mac = normalise_mac(text) if text else None
    if mac is None or int(mac[:2], 16) & _GROUP_OR_LOCAL or is_virtual_router_mac(mac):
        return None
    return None if is_placeholder(mac) or adapter_maker(mac) else mac


def is_virtual_router_mac(mac: str) -> bool:
    """Tell whether ``mac`` belongs to VRRP, CARP, HSRP or GLBP."""
    return mac.startswith(_VIRTUAL_ROUTER_MACS)


def usable_engine_id(text: str | None) -> str | None:
    """Give an engine id in lower-case hex, or None for one that says nothing of the machine.

    Left out: those made of an address, since addresses move; those that net-snmp makes of chance
    or of a text, since images of machines carry them along; those whose rest is one octet
    repeated.
    """
    digits = (text or "").lower().removeprefix("0x").replace(":", "").replace(" ", "")
    if len(digits) % 2 or not set(digits) <= set(string.hexdigits):
        return None
    octets = bytes.fromhex(digits)
    if len(octets) not in _ENGINE_ID_OCTETS:
        return None
    if not octets[0] & 0x80:
        return digits if len(set(octets[_ENTERPRISE_OCTETS:])) > 1 else None
    enterprise = int.from_bytes(octets[:_ENTERPRISE_OCTETS]) & 0x7FFFFFFF
    form, rest = octets[_ENTERPRISE_OCTETS], octets[_ENTERPRISE_OCTETS + 1 :]
    made_up = enterprise == _NET_SNMP and form in {_FORMAT_TEXT, _FORMAT_RANDOM}
    says_nothing = (
        len(set(rest)) <= 1
        or form in _FORMAT_ADDRESSES
        or (form == _FORMAT_MAC and usable_mac(rest[:_MAC_OCTETS].hex(":")) is None)
        or (form == _FORMAT_TEXT and is_placeholder(rest.decode("ascii", errors="replace")))
    )
    return None if made_up or says_nothing else digits


def usable_chassis_id(text: str | None, sys_name: str | None) -> str | None:
    """Give a chassis id, or None when it is only a name, an address or a made-up MAC."""
    chassis_id = real(folded(text))
    if chassis_id is None or chassis_id == sys_name or not any(map(str.isdigit, chassis_id)):
        return None
    if normalise_mac(chassis_id):
        return usable_mac(chassis_id)
    return None if address_sort(chassis_id) else chassis_id


def usable_uuid(text: str | None) -> str | None:
    """Give the key of a system UUID, or None for one that firmware leaves in many machines."""
    key = uuid_key(text)
    if key is None or is_placeholder(key) or is_placeholder(swapped(key)):
        return None
    octets = bytes.fromhex(key)
    return key if len(set(octets)) > 1 else None


@lru_cache(maxsize=_MAKERS_KEPT)
def maker(text: str | None) -> str | None:
    """Give a manufacturer in one spelling: ``Dell Inc.`` and ``Dell`` are one; None for nobody."""
    if text is None or is_placeholder(text):
        return None
    name = manufacturer_named_in(text) or text
    return "".join(character for character in name.casefold() if character.isalnum()) or None


def real(text: str | None) -> str | None:
    """Give ``text``, or None when it is a placeholder."""
    return None if text is None or is_placeholder(text) else text
