"""Takes out of a recording what tells whose device it is; equal things stay equal.

Names, places, contacts, serial numbers, addresses and the lower half of MAC addresses are replaced
by others of the same shape, so that definitions still read the recording. What names other
machines by its index (forwarding, ARP, routes, connections) and what runs on a host is left out.
Texts of private objects can hold what no rule knows: a person reads the file before it is given
away. Pure.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from collectors import oids
from collectors.registries.placeholders import is_placeholder
from collectors.snmp.transport import Tag, VarBind

_LEFT_OUT: Final = tuple(
    oids.encode(dotted)
    for dotted in (
        "1.3.6.1.2.1.3",  # atTable
        "1.3.6.1.2.1.4.21",  # ipRouteTable
        "1.3.6.1.2.1.4.22",  # ipNetToMediaTable
        "1.3.6.1.2.1.4.24",  # ipForward
        "1.3.6.1.2.1.4.32",  # ipAddressPrefixTable
        "1.3.6.1.2.1.4.34",  # ipAddressTable
        "1.3.6.1.2.1.4.35",  # ipNetToPhysicalTable
        "1.3.6.1.2.1.4.37",  # ipDefaultRouterTable
        "1.3.6.1.2.1.6",  # tcp
        "1.3.6.1.2.1.7",  # udp
        "1.3.6.1.2.1.8",  # egp
        "1.3.6.1.2.1.14",  # ospf
        "1.3.6.1.2.1.15",  # bgp
        "1.3.6.1.2.1.16",  # rmon: its owners and hosts
        "1.3.6.1.2.1.17.4.3",  # dot1dTpFdbTable
        "1.3.6.1.2.1.17.7.1.2",  # dot1qTpFdbTable and groups
        "1.3.6.1.2.1.25.4",  # hrSWRunTable: arguments of programs
        "1.3.6.1.2.1.25.5",
        "1.3.6.1.2.1.55",  # ipv6MIB
        "1.0.8802.1.1.2.1.3.8",  # lldpLocManAddrTable
        "1.0.8802.1.1.2.1.4.2",  # lldpRemManAddrTable
    )
)
_NAMES: Final = {
    oids.encode(dotted): word
    for dotted, word in (
        ("1.3.6.1.2.1.1.4", "contact"),
        ("1.3.6.1.2.1.1.5", "name"),
        ("1.3.6.1.2.1.1.6", "place"),
        ("1.3.6.1.2.1.31.1.1.1.18", "alias"),
        ("1.3.6.1.2.1.43.5.1.1.16", "name"),  # prtGeneralPrinterName
        ("1.3.6.1.2.1.33.1.1.5", "name"),  # upsIdentName
        ("1.3.6.1.2.1.47.1.1.1.1.14", "alias"),
        ("1.3.6.1.2.1.47.1.1.1.1.15", "tag"),
        ("1.0.8802.1.1.2.1.3.3", "name"),
        ("1.0.8802.1.1.2.1.4.1.1.9", "name"),
    )
}
_SERIALS: Final = tuple(
    oids.encode(dotted)
    for dotted in (
        "1.3.6.1.2.1.43.5.1.1.17",  # prtGeneralSerialNumber
        "1.3.6.1.2.1.47.1.1.1.1.11",  # entPhysicalSerialNum
        "1.3.6.1.2.1.69.1.1.4",  # docsDevSerialNumber
        "1.0.8802.1.1.2.1.5.4795.1.2.5",  # lldpXMedLocSerialNum
    )
)
_MACS: Final = tuple(
    oids.encode(dotted)
    for dotted in ("1.3.6.1.2.1.2.2.1.6", "1.3.6.1.2.1.17.1.1")  # ifPhysAddress, bridge
)
_SYSTEM: Final = oids.encode("1.3.6.1.2.1.1")
_SHORTEST: Final = 4  # texts that are looked for in others
_MAC_TEXT: Final = re.compile(
    rb"(?<![0-9A-Za-z])([0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\2){4}[0-9A-Fa-f]{2})(?![0-9A-Za-z])"
)
_IP_TEXT: Final = re.compile(rb"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])")
_MAC_OCTETS: Final = 6
_ENGINE_OCTETS: Final = 11  # an engine id that is made of a MAC (RFC 3411 SnmpEngineID)
_BRIDGE_OCTETS: Final = 8  # BridgeId: a priority, then a MAC (RFC 4188)
_IPV6_OCTETS: Final = 16
_MAIL: Final = re.compile(rb"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MOST_SEARCHED: Final = 300
_LOOPBACK: Final = 127
_MULTICAST: Final = 224


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """The recording, how many different things of each kind were replaced, and what is gone."""

    varbinds: tuple[VarBind, ...]
    replaced: dict[str, int]
    left_out: int


def scrub(
    varbinds: Iterable[VarBind],
    key: bytes,
    *,
    serial_numbers: Iterable[str] = (),
    addresses: Iterable[str] = (),
    kept: Iterable[str] = (),
) -> Scrubbed:
    """Replace what tells whose device it is.

    Args:
        varbinds: the recording.
        key: random, and forgotten afterwards: with it, replacements could be guessed back.
        serial_numbers: those that are known beside the standard objects.
        addresses: IP addresses that are known beside the device's own; of IPv6 none is kept.
        kept: texts that stay even where they stand as a name: maker and model.
    """
    found = list(varbinds)
    wanted = [one for one in found if not one.oid.startswith(_LEFT_OUT)]
    work = _Scrubber(key, {one.casefold().encode() for one in kept})
    for text in serial_numbers:
        work.add_serial(text.encode())
    for address in addresses:
        work.add_address(address)
    # Names of the device itself first: only so many are looked for inside other texts.
    for one in sorted(wanted, key=lambda one: not one.oid.startswith(_SYSTEM)):
        work.learn(one)
    clean = [work.replace(one) for one in wanted]
    clean.sort(key=lambda one: oids.decode_index(one.oid))
    replaced = {"texts": len(work.texts), "addresses": len(work.addresses), "MACs": len(work.macs)}
    return Scrubbed(tuple(clean), replaced, len(found) - len(wanted))


@dataclass(slots=True)
class _Scrubber:
    """What is replaced by what; learnt in a first pass, used in a second."""

    key: bytes
    kept: set[bytes]
    texts: dict[bytes, bytes] = field(default_factory=dict)
    addresses: dict[bytes, bytes] = field(default_factory=dict)
    macs: dict[bytes, bytes] = field(default_factory=dict)
    pattern: re.Pattern[bytes] | None = None

    def learn(self, varbind: VarBind) -> None:
        oid, tag, value = varbind.oid, varbind.tag, varbind.value
        if tag == Tag.IP_ADDRESS:
            self._address(value)
        elif tag == Tag.OCTET_STRING and oid.startswith(_SERIALS):
            self.add_serial(value)
        elif tag == Tag.OCTET_STRING:
            if _is_mac(oid, value):
                self._mac(value)
            word = next((word for root, word in _NAMES.items() if oid.startswith(root)), None)
            if word is not None:
                other = f"{word}-{len(self.texts) + 1}".encode()
                self._add(value, other)
                host, dot, _ = value.partition(b".")
                if word == "name" and dot:
                    self._add(host, other)

    def add_serial(self, value: bytes) -> None:
        """Have a serial number replaced by one of its shape."""
        self._add(value, self._alike(value.strip()))

    def add_address(self, text: str) -> None:
        """Have an address replaced wherever it stands."""
        address = ipaddress.ip_address(text)
        if address.version == 4:  # noqa: PLR2004 -- IPv6 is replaced by its length
            self._address(address.packed)

    def _add(self, value: bytes, replacement: bytes) -> None:
        text = value.strip().lower()
        if not is_placeholder(text.decode("latin-1")) and text not in self.kept:
            self.texts.setdefault(text, replacement)

    def _digest(self, value: bytes) -> bytes:
        return hmac.digest(self.key, value, "sha512")

    def _alike(self, value: bytes) -> bytes:
        """Put other digits for digits, and other letters for all letters but the first three."""
        digest = self._digest(value.lower())
        made = bytearray(value)
        for place, octet in enumerate(value):
            other = digest[place % len(digest)]
            if 0x30 <= octet <= 0x39:  # noqa: PLR2004 -- a digit
                made[place] = 0x30 + other % 10
            elif chr(octet).isalpha() and place > 2:  # noqa: PLR2004 -- mostly the maker's
                made[place] = (octet & 0x60) + 1 + other % 26
        return bytes(made)

    def _mac(self, value: bytes) -> bytes:
        if not any(value) or value == b"\xff" * _MAC_OCTETS:
            return value
        return self.macs.setdefault(value, value[:3] + self._digest(value)[:3])

    def _address(self, value: bytes) -> bytes:
        if value[0] in {0, _LOOPBACK} or value[0] >= _MULTICAST:
            return value  # nobody's, and masks
        number = len(self.addresses) + 1
        made = bytes([198, 18 + (number >> 16) % 2, number >> 8 & 0xFF, number & 0xFF])
        return self.addresses.setdefault(value, made)

    def replace(self, varbind: VarBind) -> VarBind:
        oid, tag, value = varbind.oid, varbind.tag, varbind.value
        if tag == Tag.IP_ADDRESS:
            value = self._address(value)
        elif tag in {Tag.OCTET_STRING, Tag.OPAQUE}:
            value = self._octets(oid, value)
        return VarBind(self._index(oid), tag, value)

    def _octets(self, oid: bytes, value: bytes) -> bytes:
        whole = self.texts.get(value.strip().lower())
        is_own = oid.startswith((*_NAMES, *_SERIALS))
        if whole is not None and (is_own or len(value) >= _SHORTEST):
            return whole
        if _is_mac(oid, value):
            return self._mac(value)
        if value in self.addresses:
            return self.addresses[value]
        if not _is_readable(value):
            if len(value) in {_BRIDGE_OCTETS, _ENGINE_OCTETS}:
                return value[:-_MAC_OCTETS] + self._mac(value[-_MAC_OCTETS:])
            if len(value) == _IPV6_OCTETS:
                return value[:2] + self._digest(value)[:14]
        return self._text(value)

    def _text(self, value: bytes) -> bytes:
        value = _MAIL.sub(b"someone@example.net", value)
        value = _MAC_TEXT.sub(self._mac_text, value)
        value = _IP_TEXT.sub(self._ip_text, value)
        if self.pattern is None:
            long = [re.escape(one) for one in self.texts if len(one) >= _SHORTEST]
            long = sorted(long[:_MOST_SEARCHED], key=len, reverse=True) or [rb"(?!)"]
            joined = b"|".join(long)
            around = rb"(?<![0-9A-Za-z])(?:%s)(?![0-9A-Za-z])" % joined
            self.pattern = re.compile(around, re.IGNORECASE)
        return self.pattern.sub(lambda match: self.texts[match[0].lower()], value)

    def _mac_text(self, match: re.Match[bytes]) -> bytes:
        mark = match[2].decode()
        mac = self._mac(bytes.fromhex(match[1].decode().replace(mark, "")))
        text = mac.hex(mark)
        return (text if match[1] == match[1].lower() else text.upper()).encode()

    def _ip_text(self, match: re.Match[bytes]) -> bytes:
        parts = [int(part) for part in match[0].split(b".")]
        if max(parts) > 0xFF:  # noqa: PLR2004 -- no octet
            return match[0]
        octets = bytes(parts)
        is_told = octets in self.addresses or octets[:2] == b"\xc0\xa8"  # 192.168: no version
        return ".".join(map(str, self._address(octets))).encode() if is_told else match[0]

    def _index(self, oid: bytes) -> bytes:
        """Replace an address or a MAC that ends an index."""
        arcs = oids.decode_index(oid)
        for size, known in ((4, self.addresses), (_MAC_OCTETS, self.macs)):
            tail = arcs[-size:]
            if len(arcs) > size and max(tail) > 9 and max(tail) <= 0xFF:  # noqa: PLR2004 -- octets
                made = known.get(bytes(tail))
                if made is not None:
                    return oids.encode_index((*arcs[:-size], *made))
        return oid


def _is_mac(oid: bytes, value: bytes) -> bool:
    return len(value) == _MAC_OCTETS and (oid.startswith(_MACS) or not _is_readable(value))


def _is_readable(value: bytes) -> bool:
    return all(0x20 <= octet < 0x7F or octet in b"\t\r\n" for octet in value)  # noqa: PLR2004
