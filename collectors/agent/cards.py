"""Network cards of a host: agents tell one row an address, pages and identity want one a card."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from collectors.addresses import Address
from collectors.agent.sections import Sections, first
from collectors.agent.values import Row, number, text, truth
from collectors.observation import Interface
from collectors.registries.adapters import adapter_maker
from collectors.text import normalise_mac

_UP: Final = 1
_DOWN: Final = 2
_ETHERNET: Final = 6
_WIRELESS: Final = 71
_TYPES: Final = {"ethernet": _ETHERNET, "ether": _ETHERNET, "wifi": _WIRELESS}
_LOCALLY_ADMINISTERED: Final = 0x02
_BITS_PER_MEGABIT: Final = 1_000_000


@dataclass(slots=True)
class _Card:
    """One card while its rows are read."""

    name: str
    mac: str | None
    row: Row
    addresses: list[str] = field(default_factory=list)


def read_cards(sections: Sections) -> tuple[Interface, ...]:
    """Give the cards that are real or have an address, in the order in which they were told."""
    cards: dict[tuple[str, str | None], _Card] = {}
    for row in sections.get("networks", ()):
        name = text(row, "description", "name")
        mac = normalise_mac(text(row, "mac") or "")
        if name is None or text(row, "type") == "loopback" or truth(row, "management"):
            continue
        card = cards.setdefault((name, mac), _Card(name, mac, row))
        card.addresses += _addresses(row)
    told = (card for card in cards.values() if card.addresses or not truth(card.row, "virtualdev"))
    return tuple(_interface(index, card) for index, card in enumerate(told, start=1))


def _interface(index: int, card: _Card) -> Interface:
    status = (text(card.row, "status") or "").casefold()
    return Interface(
        if_index=index,
        if_descr=card.name,
        if_name=card.name,
        if_type=_TYPES.get((text(card.row, "type") or "").casefold()),
        if_mtu=number(card.row, "mtu"),
        if_high_speed=_speed(card.row),
        if_phys_address=card.mac,
        if_oper_status={"up": _UP, "down": _DOWN}.get(status),
        addresses=tuple(dict.fromkeys(card.addresses)),
    )


def _speed(row: Row) -> int | None:
    """Give Mbit/s; some agents tell bits."""
    speed = number(row, "speed")
    if not speed:
        return None
    return speed // _BITS_PER_MEGABIT if speed >= _BITS_PER_MEGABIT else speed


def _addresses(row: Row) -> list[str]:
    found = []
    for name, mask_name in (("ipaddress", "ipmask"), ("ipaddress6", "ipmask6")):
        address = _address(text(row, name))
        if address is not None and not (address.is_loopback or address.is_unspecified):
            found.append(f"{address}/{_prefix(address, text(row, mask_name))}")
    return found


def _address(told: str | None) -> Address | None:
    """Give an address without its zone."""
    with suppress(ValueError):
        return ipaddress.ip_address((told or "").partition("%")[0])
    return None


def _prefix(address: Address, mask: str | None) -> int:
    """Give the length of a mask; of one that cannot be read that of the address alone."""
    try:
        bits = int(ipaddress.ip_address(mask or ""))
    except ValueError:
        return address.max_prefixlen
    length = address.max_prefixlen
    ones = bits.bit_count()
    return ones if bits == ((1 << ones) - 1) << (length - ones) else length


def base_mac(cards: tuple[Interface, ...]) -> str | None:
    """Give the lowest burnt-in MAC of a wired card, else of any; that of no dock or adapter."""
    wired = [card for card in cards if card.if_type == _ETHERNET] or list(cards)
    macs = [card.if_phys_address for card in wired if card.if_phys_address]
    own = (m for m in macs if not int(m[:2], 16) & _LOCALLY_ADMINISTERED and not adapter_maker(m))
    return min(own, default=None)


def home_address(
    sections: Sections, cards: tuple[Interface, ...], received_from: str | None
) -> str | None:
    """Give the address under which the host is listed.

    Where the upload came from, if it is one of its own; else that of a card in the network of the
    default gateway; else its first; else where the upload came from.
    """
    own = [address for card in cards for address in card.addresses]
    bare = [address.partition("/")[0] for address in own]
    seen = _address(received_from)
    if seen is not None and str(seen) in bare:
        return str(seen)
    gateways = [_address(text(row, "ipgateway")) for row in sections.get("networks", ())]
    gateways.append(_address(text(first(sections, "hardware"), "defaultgateway")))
    for gateway in filter(None, gateways):
        for address in own:
            if gateway in ipaddress.ip_interface(address).network:
                return address.partition("/")[0]
    usable = (one for one in bare if not ipaddress.ip_address(one).is_link_local)
    return next(usable, str(seen) if seen is not None else None)
