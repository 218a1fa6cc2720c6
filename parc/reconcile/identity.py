"""Which known device an observation speaks of, and why; pure.

Keys are tried from the strongest to the weakest, each for all observations before the next:
manufacturer with serial number, SNMP engine id, LLDP chassis id, MAC addresses, name with
address, and last the address alone. A key that two devices share identifies neither. Whatever a
weaker key finds must not contradict what is stronger: a dock that lends its MAC to two laptops
makes one of neither.

Source: RFC 3411 (SnmpEngineID), RFC 5798 and vendor documents for MACs of virtual routers.
"""

from __future__ import annotations

import enum
import ipaddress
import string
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collectors.observation import Category
from collectors.registries.placeholders import is_placeholder
from collectors.text import normalise_mac
from parc.naming import address_sort, is_read
from parc.reconcile.known import ROW_COLUMNS, KnownDevice, Table, Value, Values

# VRRP and CARP (IPv4, IPv6), HSRP version 1, 2 and IPv6, GLBP.
_VIRTUAL_ROUTER_MACS: Final = (
    "00:00:5e:00:01:",
    "00:00:5e:00:02:",
    "00:00:0c:07:ac:",
    "00:00:0c:9f:f",
    "00:05:73:a0:0",
    "00:07:b4:",
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
IF_PHYS_ADDRESS: Final = list(ROW_COLUMNS[Table.INTERFACE]).index("if_phys_address")
_ADDRESSES: Final = list(ROW_COLUMNS[Table.INTERFACE]).index("addresses")


class KeyKind(enum.StrEnum):
    """Kinds of keys, the strongest first."""

    SERIAL = "manufacturer and serial number"
    ENGINE_ID = "engine id"
    CHASSIS_ID = "chassis id"
    MAC = "MAC address"
    NAME_AND_ADDRESS = "name with address"
    ADDRESS = "address"


_RANKS: Final = {kind: rank for rank, kind in enumerate(KeyKind)}
STRONG: Final = (KeyKind.SERIAL, KeyKind.ENGINE_ID, KeyKind.CHASSIS_ID, KeyKind.MAC)


@dataclass(frozen=True, slots=True)
class Key:
    """One key; ``value`` is folded so that equal keys are equal texts."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Traits:
    """What identity is judged by, alike for what is known and for what was seen.

    Attributes:
        manufacturer, serial_number: folded; None when they say nothing.
        base_mac: the MAC of its chassis.
        key_macs: MACs that stand for the device itself: that one, and one seen on the wire.
        all_macs: those and the MACs of its interfaces, burned-in ones only.
        has_all_macs: whether a MAC that is not among ``all_macs`` speaks against being the same.
        addresses: where it answers.
        claims: addresses that it says are its own.
        is_read: whether it spoke for itself, or only showed that it is there.
    """

    addresses: tuple[str, ...]
    manufacturer: str | None = None
    serial_number: str | None = None
    engine_id: str | None = None
    chassis_id: str | None = None
    base_mac: str | None = None
    key_macs: frozenset[str] = frozenset()
    all_macs: frozenset[str] = frozenset()
    has_all_macs: bool = False
    name: str | None = None
    sys_name: str | None = None
    sys_object_id: str | None = None
    category: Category | None = None
    claims: frozenset[str] = frozenset()
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """A device that a key pointed at and that was not taken, and why."""

    device_id: int
    key: Key
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """What became of one observation: the device and the key that found it, or nothing."""

    device_id: int | None = None
    key: Key | None = None
    considered: tuple[Considered, ...] = ()


def make_traits(
    fields: Values,
    addresses: Iterable[str],
    interfaces: Collection[tuple[Value, ...]],
    seen_mac: str | None = None,
) -> Traits:
    """Give the traits of a device from its columns.

    Args:
        interfaces: present rows, in the order of ``ROW_COLUMNS``.
        seen_mac: the MAC that a sweep saw on the wire.
    """
    macs = (usable_mac(_text(row[IF_PHYS_ADDRESS])) for row in interfaces)
    rows = frozenset(mac for mac in macs if mac)
    wire = usable_mac(seen_mac)
    own = [
        usable_mac(_text(fields.get("base_mac_address"))),
        None if rows and wire not in rows else wire,
    ]
    key_macs = frozenset(mac for mac in own if mac)
    sys_name = _folded(fields.get("sys_name"))
    has_spoken = is_read(fields)
    category = fields.get("category")
    return Traits(
        addresses=tuple(sorted(addresses, key=sort_key)),
        manufacturer=_bare(_text(fields.get("manufacturer"))),
        serial_number=_real(_folded(fields.get("serial_number"))),
        engine_id=usable_engine_id(_text(fields.get("engine_id"))),
        chassis_id=usable_chassis_id(_text(fields.get("chassis_id")), sys_name),
        base_mac=own[0],
        key_macs=key_macs,
        all_macs=key_macs | rows,
        has_all_macs=bool(rows or (key_macs and not has_spoken)),
        name=sys_name or _folded(fields.get("host_name")),
        sys_name=sys_name,
        sys_object_id=_text(fields.get("sys_object_id")),
        category=category if isinstance(category, Category) else None,
        claims=frozenset(_claims(interfaces)),
        is_read=has_spoken,
    )


def _claims(interfaces: Collection[tuple[Value, ...]]) -> Iterator[str]:
    """Give the addresses of interfaces that only one device of a network can have."""
    for row in interfaces:
        addresses = row[_ADDRESSES]
        for text in addresses if isinstance(addresses, tuple) else ():
            try:
                address = ipaddress.ip_address(text.partition("/")[0])
            except ValueError:
                continue
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                yield str(address)


def traits_of(device: KnownDevice) -> Traits:
    """Give the traits of a known device."""
    rows = device.rows.get(Table.INTERFACE, {}).values()
    present = [row.values for row in rows if not row.is_gone]
    return make_traits(device.fields, (device.address,), present)


def sort_key(address: str) -> str:
    """Order addresses as numbers; what is no address comes last."""
    return address_sort(address) or f"7{address}"


def usable_mac(text: str | None) -> str | None:
    """Give a burned-in MAC, or None for what several machines may show.

    Locally administered and group addresses are made up by software; those of virtual routers
    move from one machine to another by design.
    """
    mac = normalise_mac(text) if text else None
    if mac is None or int(mac[:2], 16) & _GROUP_OR_LOCAL or is_virtual_router_mac(mac):
        return None
    return None if is_placeholder(mac) else mac


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
    folded = _real(_folded(text))
    if folded is None or folded == sys_name or not any(c.isdigit() for c in folded):
        return None
    if normalise_mac(folded):
        return usable_mac(folded)
    return None if address_sort(folded) else folded


def strong_keys(traits: Traits) -> tuple[Key, ...]:
    """Give the keys that could identify the device wherever it stands, strongest first."""
    keys: list[Key] = []
    if traits.manufacturer and traits.serial_number:
        keys.append(Key(KeyKind.SERIAL, f"{traits.manufacturer} {traits.serial_number}"))
    if traits.engine_id:
        keys.append(Key(KeyKind.ENGINE_ID, traits.engine_id))
    if traits.chassis_id:
        keys.append(Key(KeyKind.CHASSIS_ID, traits.chassis_id))
    return (*keys, *(Key(KeyKind.MAC, mac) for mac in sorted(traits.key_macs)))


def shown_keys(traits: Traits) -> frozenset[Key]:
    """Give the strong keys and the MACs of all interfaces: whatever another may show as well."""
    macs = (Key(KeyKind.MAC, mac) for mac in traits.all_macs)
    return frozenset(strong_keys(traits)).union(macs)


def contradiction(seen: Traits, known: Traits, kind: KeyKind) -> str | None:
    """Say why the two cannot be the same though a key of ``kind`` says so, or give None."""
    checks = (
        (KeyKind.SERIAL, _lends_its_serial, "a management controller shows its host's serial"),
        (KeyKind.ENGINE_ID, _other_serial, "other serial number"),
        (KeyKind.ENGINE_ID, _no_mac_in_common, "no MAC address in common"),
        (KeyKind.MAC, _moves_unread, "only its MAC was seen, at an address that is not its own"),
        (KeyKind.NAME_AND_ADDRESS, _other_engine, "other engine id"),
        (KeyKind.NAME_AND_ADDRESS, _other_chassis, "other chassis id"),
    )
    rank = _RANKS[kind]
    for first_kind, speaks_against, reason in checks:
        if rank >= _RANKS[first_kind] and speaks_against(seen, known):
            return reason
    return None


def _lends_its_serial(seen: Traits, known: Traits) -> bool:
    if seen.category is None or known.category is None:
        return False
    return (seen.category is Category.BMC) != (known.category is Category.BMC)


def _other_serial(seen: Traits, known: Traits) -> bool:
    return _differ(seen.serial_number, known.serial_number)


def _no_mac_in_common(seen: Traits, known: Traits) -> bool:
    return seen.has_all_macs and known.has_all_macs and not seen.all_macs & known.all_macs


def _moves_unread(seen: Traits, known: Traits) -> bool:
    """Tell whether a bare MAC would move a device that was read: a router answers for others."""
    if seen.is_read or not known.is_read:
        return False
    return not {*known.addresses, *known.claims} & set(seen.addresses)


def _other_engine(seen: Traits, known: Traits) -> bool:
    return _differ(seen.engine_id, known.engine_id)


def _other_chassis(seen: Traits, known: Traits) -> bool:
    return _differ(seen.chassis_id, known.chassis_id)


def same_machine(one: Traits, other: Traits, kind: KeyKind) -> bool:
    """Tell whether two addresses of one run that share a strong key are one device.

    More is asked than of a device that is found again: both were seen at the same time, so what
    they say must agree.
    """
    if contradiction(one, other, kind) or contradiction(one, other, KeyKind.NAME_AND_ADDRESS):
        return False
    return not _differ(one.sys_name, other.sys_name) and not _differ(
        one.sys_object_id, other.sys_object_id
    )


class Index:
    """Known devices by their keys, built once."""

    def __init__(self, devices: Iterable[KnownDevice]) -> None:
        self.devices = {device.id: device for device in sorted(devices, key=lambda d: d.id)}
        self.traits = {number: traits_of(device) for number, device in self.devices.items()}
        self._by_key: dict[Key, list[int]] = defaultdict(list)
        self._by_interface_mac: dict[str, list[int]] = defaultdict(list)
        self._by_address: dict[str, list[int]] = defaultdict(list)
        for number, traits in self.traits.items():
            for key in strong_keys(traits):
                self._by_key[key].append(number)
            for mac in traits.all_macs - traits.key_macs:
                self._by_interface_mac[mac].append(number)
            for address in traits.addresses:
                self._by_address[address].append(number)

    def holders(self, key: Key) -> list[int]:
        """Give the devices that show the key."""
        return self._by_key.get(key, [])

    def owners(self, traits: Traits, kind: KeyKind) -> list[list[tuple[Key, list[int]]]]:
        """Give the strong keys of ``kind`` that are seen with the devices that hold them.

        Returns:
            rounds, the better first. A MAC may be the chassis's on one side and an interface's on
            the other: a sweep sees the MAC of the port that answers.
        """
        keys = [key for key in strong_keys(traits) if key.kind is kind]
        direct = [(key, self.holders(key)) for key in keys]
        if kind is not KeyKind.MAC:
            return [direct]
        chassis = [pair for pair in direct if pair[0].value == traits.base_mac]
        ports = [(k, self._by_interface_mac.get(k.value, [])) for k in keys if not self.holders(k)]
        rest = [Key(KeyKind.MAC, mac) for mac in sorted(traits.all_macs - traits.key_macs)]
        return [chassis, direct, ports, [(key, self.holders(key)) for key in rest]]

    def at(self, addresses: Iterable[str]) -> list[int]:
        """Give the devices that were last seen at the addresses, present ones first."""
        found = [number for a in addresses for number in self._by_address.get(a, [])]
        return sorted(found, key=self._presence)

    def _presence(self, number: int) -> tuple[bool, float, int]:
        device = self.devices[number]
        moment = device.last_seen_at
        return (device.is_absent, -moment.timestamp() if moment else 0.0, number)


def match_all(seen: Sequence[Traits], index: Index, dead: Collection[Key]) -> list[Match]:
    """Find the known device of each of ``seen``; a device is given away once.

    Args:
        seen: of one run, already folded to one entry a device.
        dead: keys that several of ``seen`` share, and that therefore identify nothing.

    Returns:
        one match for each of ``seen``, in its order.
    """
    matches: list[Match | None] = [None] * len(seen)
    considered: list[list[Considered]] = [[] for _ in seen]
    taken: set[int] = set()
    for kind in KeyKind:
        find = _STEPS.get(kind, _find_strong)
        wishes: dict[int, list[tuple[int, Key]]] = defaultdict(list)
        for position, traits in enumerate(seen):
            if matches[position] is None:
                found = find(traits, kind, index, dead, taken, considered[position])
                if found is not None:
                    wishes[found[0]].append((position, found[1]))
        for device_id, suitors in wishes.items():
            if len(suitors) > 1:
                for position, key in suitors:
                    reason = "claimed by several of this run"
                    considered[position].append(Considered(device_id, key, reason))
                continue
            position, key = suitors[0]
            matches[position] = Match(device_id, key)
            taken.add(device_id)
    return [
        Match(match.device_id, match.key, tuple(rest)) if match else Match(considered=tuple(rest))
        for match, rest in zip(matches, considered, strict=True)
    ]


_Found = tuple[int, Key] | None
_Step = Callable[
    [Traits, KeyKind, Index, Collection[Key], set[int], list[Considered]],
    _Found,
]


def _find_strong(
    traits: Traits,
    kind: KeyKind,
    index: Index,
    dead: Collection[Key],
    taken: set[int],
    considered: list[Considered],
) -> _Found:
    for keys in index.owners(traits, kind):
        found: dict[int, Key] = {}
        for key, holders in keys:
            shared = "several of this run show this key" if key in dead else None
            if len(holders) > 1:
                shared = f"{len(holders)} known devices share this key"
            for number in holders:
                reason = shared or contradiction(traits, index.traits[number], kind)
                if reason is None and number in taken:
                    reason = "already found by a stronger key"
                if reason:
                    considered.append(Considered(number, key, reason))
                else:
                    found.setdefault(number, key)
        if len(found) == 1:
            return next(iter(found.items()))
        for number, key in found.items():
            considered.append(Considered(number, key, "another device fits as well"))
    return None


def _find_by_name_and_address(
    traits: Traits,
    kind: KeyKind,
    index: Index,
    dead: Collection[Key],
    taken: set[int],
    considered: list[Considered],
) -> _Found:
    del dead
    for number in index.at(traits.addresses):
        other = index.traits[number]
        if traits.name is None or other.name != traits.name or number in taken:
            continue
        key = Key(kind, f"{traits.name} {other.addresses[0]}")
        reason = contradiction(traits, other, kind)
        if reason is None:
            return number, key
        considered.append(Considered(number, key, reason))
    return None


def _find_by_address(
    traits: Traits,
    kind: KeyKind,
    index: Index,
    dead: Collection[Key],
    taken: set[int],
    considered: list[Considered],
) -> _Found:
    """Find what stood at the address, when one of the two sides has nothing better to offer."""
    del dead
    for number in index.at(traits.addresses):
        other = index.traits[number]
        if number in taken:
            continue
        key = Key(kind, other.addresses[0])
        reason = contradiction(traits, other, kind)
        if reason is None and not _may_be_found_by_address(traits, other):
            reason = "an address alone is not enough"
        if reason is None and _is_other_kind(traits, other):
            reason = "other name and kind of device"
        if reason is None:
            return number, key
        considered.append(Considered(number, key, reason))
    return None


def _is_other_kind(seen: Traits, known: Traits) -> bool:
    """Tell whether both name and kind speak against it; a renamed device keeps its kind."""
    is_renamed = _differ(seen.sys_name, known.sys_name)
    return is_renamed and _differ(seen.sys_object_id, known.sys_object_id)


def _may_be_found_by_address(seen: Traits, known: Traits) -> bool:
    """Tell whether one side has nothing better, or both show a key that is not theirs alone."""
    ours, theirs = set(strong_keys(seen)), set(strong_keys(known))
    return not ours or not theirs or bool(ours & theirs)


_STEPS: Final[Mapping[KeyKind, _Step]] = {
    KeyKind.NAME_AND_ADDRESS: _find_by_name_and_address,
    KeyKind.ADDRESS: _find_by_address,
}


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _folded(value: Value) -> str | None:
    return (" ".join(value.split()).casefold() or None) if isinstance(value, str) else None


def _bare(text: str | None) -> str | None:
    if text is None or is_placeholder(text):
        return None
    return "".join(character for character in text.casefold() if character.isalnum()) or None


def _real(text: str | None) -> str | None:
    return None if text is None or is_placeholder(text) else text
