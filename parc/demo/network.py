"""The list of simulated devices, and how each is made from a recording.

A recording may stand behind several addresses: name, place, serial numbers, MAC addresses and
engine id are made from the address, so that they are different devices, and so that nothing of
whoever gave the recording is shown. What is made is the same at each start.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from collectors import oids
from collectors.snmp.transport import Tag, VarBind
from collectors.text import normalise_mac
from parc.demo.agent import Device
from parc.demo.cabling import Cable, Station, lay_cables
from parc.demo.recordings import Line, find_recording, oid_key, read_recording

COMMUNITY = "public"

_LIST = Path(__file__).parent / "data" / "network.toml"
_CONTACT = "informatique@example.org"
_SYS_CONTACT = "1.3.6.1.2.1.1.4.0"
_SYS_NAME = "1.3.6.1.2.1.1.5.0"
_SYS_LOCATION = "1.3.6.1.2.1.1.6.0"
_LLDP_SYS_NAME = "1.0.8802.1.1.2.1.3.3.0"
_SERIAL_COLUMN = oid_key(oids.encode("1.3.6.1.2.1.47.1.1.1.1.11"))
# Objects whose values are MAC addresses of the device itself.
_MAC_OBJECTS = tuple(
    oid_key(oids.encode(oid))
    for oid in (
        "1.3.6.1.2.1.2.2.1.6",  # ifPhysAddress
        "1.3.6.1.2.1.17.1.1",  # dot1dBaseBridgeAddress
        "1.0.8802.1.1.2.1.3.2",  # lldpLocChassisId
    )
)
# Texts of whoever gave the recording: ifAlias.
_OWNERS_TEXTS = oid_key(oids.encode("1.3.6.1.2.1.31.1.1.1.18"))
# Tables whose index ends in an IPv4 address: ipAddrEntry, ipAddressEntry of that type.
_ADDRESS_TABLES = tuple(
    oid_key(oids.encode(oid)) for oid in ("1.3.6.1.2.1.4.20.1", "1.3.6.1.2.1.4.34.1")
)
_IPV4_OCTETS = 4
_MAC_OCTETS = 6
_IS_GROUP = 0x01
_NO_DEVICE_OWNS = (b"\x00\x00\x00", b"\x00\x00\x5e")  # unset; virtual routers (RFC 5798)
_LEAST_SERIAL = 5


@dataclass(frozen=True, slots=True)
class DemoRange:
    """An address range of the demo; ``include`` is one network."""

    name: str
    site: str
    include: str


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One simulated device; ``recording`` as ``find_recording`` takes it."""

    address: str
    name: str
    recording: str
    location: str
    community: str = COMMUNITY
    is_v1_only: bool = False
    is_silent: bool = False
    delay_seconds: float = 0.0

    @property
    def is_reachable(self) -> bool:
        """Tell whether the demo's credential finds it."""
        return not self.is_silent and self.community == COMMUNITY


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """All of the simulated network; serial numbers as recorded, by recording."""

    ranges: tuple[DemoRange, ...]
    devices: tuple[DemoDevice, ...]
    serial_numbers: Mapping[str, tuple[str, ...]]
    cables: tuple[Cable, ...] = ()
    routers: tuple[str, ...] = ()
    stations: tuple[Station, ...] = ()


def load_network() -> DemoNetwork:
    """Read the list that comes with the product."""
    content = tomllib.loads(_LIST.read_text(encoding="utf-8"))
    return DemoNetwork(
        ranges=tuple(DemoRange(**entry) for entry in content["range"]),
        devices=tuple(DemoDevice(**entry) for entry in content["device"]),
        serial_numbers={name: tuple(values) for name, values in content["serial_numbers"].items()},
        cables=tuple(Cable(**entry) for entry in content["cable"]),
        routers=tuple(content["routers"]),
        stations=tuple(Station(**entry) for entry in content["station"]),
    )


def make_devices(network: DemoNetwork) -> dict[str, Device]:
    """Give what each address answers from, by address.

    Raises:
        RecordingError: a recording is not there or cannot be read.
    """
    read = cache(lambda name: read_recording(find_recording(name)))
    said = {
        device.name: make_unique(
            read(device.recording), device, network.serial_numbers.get(device.recording, ())
        )
        for device in network.devices
    }
    addresses = {device.name: device.address for device in network.devices}
    cabled = lay_cables(said, addresses, network.cables, network.routers, network.stations)
    return {
        device.address: Device(
            lines=cabled[device.name],
            community=device.community.encode(),
            is_v1_only=device.is_v1_only,
            is_silent=device.is_silent,
            delay_seconds=device.delay_seconds,
        )
        for device in network.devices
    }


def make_unique(
    lines: Sequence[Line], device: DemoDevice, serial_numbers: Sequence[str]
) -> list[Line]:
    """Give the recording's lines with the names and numbers of this device."""
    replacements = dict(_new_macs(lines, device.address))
    serials = {serial.encode() for serial in serial_numbers} | set(_entity_serials(lines))
    pattern = re.compile(b"|".join(re.escape(serial) for serial in sorted(serials)) or b"(?!)")

    def renumber(match: re.Match[bytes]) -> bytes:
        return _new_serial(match[0], device.address)

    table: dict[bytes, Line] = {}
    for line in lines:
        if line.key.startswith(_OWNERS_TEXTS) or _names_a_public_address(line):
            continue
        tag, value = line.varbind.tag, line.varbind.value
        new = replacements.get(value, value) if tag == Tag.OCTET_STRING else value
        if tag == Tag.OCTET_STRING and new is value and len(value) >= _LEAST_SERIAL:
            new = pattern.sub(renumber, value)
        table[line.key] = (
            line if new == value else Line(line.key, VarBind(line.varbind.oid, tag, new))
        )
    _rename(table, device)
    _rename_told(table)
    return [table[key] for key in sorted(table)]


def _names_a_public_address(line: Line) -> bool:
    """Tell whether the row is that of an address by which its owner could be found."""
    if not line.key.startswith(_ADDRESS_TABLES):
        return False
    arcs = oids.decode_index(line.varbind.oid)[-_IPV4_OCTETS:]
    return max(arcs) <= 255 and ipaddress.IPv4Address(bytes(arcs)).is_global  # noqa: PLR2004 -- an octet


def _rename(table: dict[bytes, Line], device: DemoDevice) -> None:
    texts = {
        _SYS_CONTACT: _CONTACT,
        _SYS_NAME: device.name,
        _SYS_LOCATION: device.location,
    }
    lldp_key = oid_key(oids.encode(_LLDP_SYS_NAME))
    if lldp_key in table:
        texts[_LLDP_SYS_NAME] = device.name
    for dotted, text in texts.items():
        oid = oids.encode(dotted)
        key = oid_key(oid)
        table[key] = Line(key, VarBind(oid, Tag.OCTET_STRING, text.encode()))


def _rename_told(table: dict[bytes, Line]) -> None:
    """Give outlets and access points names, addresses and numbers that nobody has.

    Controllers of one recording tell the same access points, as a pair of them does.
    """
    for prefix, make in _TOLD:
        lines = [table[key] for key in sorted(key for key in table if key.startswith(prefix))]
        for number, line in enumerate(lines, 1):
            said = line.varbind
            made = VarBind(said.oid, said.tag, make(number, said.value))
            table[line.key] = Line(line.key, made)


def _entity_serials(lines: Sequence[Line]) -> Iterator[bytes]:
    for line in lines:
        if line.key.startswith(_SERIAL_COLUMN):
            value = line.varbind.value.strip()
            if len(value) >= _LEAST_SERIAL:
                yield value


def _new_macs(lines: Sequence[Line], address: str) -> Iterator[tuple[bytes, bytes]]:
    """Move the device's own MAC addresses by one distance, so that neighbours stay neighbours."""
    distance = int.from_bytes(_digest(address, b"mac")[:3], "big")
    for line in lines:
        if not line.key.startswith(_MAC_OBJECTS):
            continue
        value = line.varbind.value
        # Some agents give their chassis id as text; what it becomes need not be text.
        spelt = normalise_mac(value)
        mac = bytes.fromhex(spelt.replace(":", "")) if spelt else b""
        if len(mac) == _MAC_OCTETS and not mac[0] & _IS_GROUP and mac[:3] not in _NO_DEVICE_OWNS:
            low = (int.from_bytes(mac[3:], "big") + distance) % 2**24
            yield value, mac[:3] + low.to_bytes(3, "big")


def _new_serial(serial: bytes, address: str) -> bytes:
    """Give a serial number of the same shape: letters stay, digits are made from the address."""
    digest = _digest(address, serial) * (1 + len(serial) // 32)
    return bytes(
        48 + made % 10 if 48 <= octet <= 57 else octet  # noqa: PLR2004 -- ASCII digits
        for octet, made in zip(serial, digest, strict=False)
    )


def _digest(address: str, what: bytes) -> bytes:
    return hashlib.sha256(ipaddress.ip_address(address).packed + what).digest()


# WLSX-WLAN-MIB wlanAPIpAddress, wlanAPName, wlanAPSerialNumber; PowerNet-MIB
# rPDUOutletStatusOutletName.
_TOLD: tuple[tuple[bytes, Callable[[int, bytes], bytes]], ...] = (
    (
        oid_key(oids.encode("1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.2")),
        lambda number, _: bytes((192, 0, 2, number % 250)),
    ),
    (
        oid_key(oids.encode("1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.3")),
        lambda number, _: f"borne-{number:02}".encode(),
    ),
    (
        oid_key(oids.encode("1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1.6")),
        lambda _, value: _new_serial(value, "192.0.2.0"),
    ),
    (
        oid_key(oids.encode("1.3.6.1.4.1.318.1.1.12.3.5.1.1.2")),
        lambda number, _: f"Prise {number}".encode(),
    ),
)
