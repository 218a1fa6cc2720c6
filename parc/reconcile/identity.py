"""Which known device an observation speaks of, and why; pure.

Keys are tried from the strongest to the weakest, in the order of ``rules.RULES``, each for all
observations before the next. A key that two devices share identifies neither. Whatever a weaker
key finds must not contradict what is stronger: a dock that lends its MAC to two laptops makes one
of neither.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from collectors.evidence import Means, from_text
from collectors.observation import Category
from collectors.registries.adapters import adapter_maker
from collectors.text import normalise_mac
from parc.key_texts import folded
from parc.naming import address_sort, is_read
from parc.reconcile.ignored import NOTHING, Ignored
from parc.reconcile.known import ROW_COLUMNS, KnownDevice, Table, Value, Values
from parc.reconcile.rules import KeyKind, Reason, speaking_against
from parc.reconcile.usable import (
    is_virtual_router_mac,
    maker,
    real,
    usable_chassis_id,
    usable_engine_id,
    usable_mac,
    usable_uuid,
)

IF_PHYS_ADDRESS: Final = list(ROW_COLUMNS[Table.INTERFACE]).index("if_phys_address")
_ADDRESSES: Final = list(ROW_COLUMNS[Table.INTERFACE]).index("addresses")
_COMPONENT_CLASS: Final = list(ROW_COLUMNS[Table.COMPONENT]).index("component_class")
_COMPONENT_SERIAL: Final = list(ROW_COLUMNS[Table.COMPONENT]).index("serial_number")
_CHASSIS: Final = "chassis"


@dataclass(frozen=True, slots=True)
class Key:
    """One key; ``value`` is folded so that equal keys are equal texts."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Traits:
    """What identity is judged by, alike for what is known and for what was seen.

    Attributes:
        manufacturer, serial_number, asset_tag: folded; None when they say nothing.
        system_uuid: its key, the same for both orders of octets.
        base_mac: the MAC of its chassis.
        key_macs: MACs that stand for the device itself: that one, and one seen on the wire.
        all_macs: those and the MACs of its interfaces, burned-in ones only.
        has_all_macs: whether a MAC that is not among ``all_macs`` speaks against being the same.
        shown_macs: MACs of any kind, made-up ones as well, but for docks and virtual routers.
        addresses: where it answers.
        claims: addresses that it says are its own.
        members: serial numbers of its chassis, when it is a stack of several.
        is_read: whether it spoke for itself, or only showed that it is there.
    """

    addresses: tuple[str, ...]
    manufacturer: str | None = None
    serial_number: str | None = None
    system_uuid: str | None = None
    agent_id: str | None = None
    asset_tag: str | None = None
    engine_id: str | None = None
    chassis_id: str | None = None
    base_mac: str | None = None
    key_macs: frozenset[str] = frozenset()
    all_macs: frozenset[str] = frozenset()
    has_all_macs: bool = False
    shown_macs: frozenset[str] = frozenset()
    name: str | None = None
    sys_name: str | None = None
    host_name: str | None = None
    sys_object_id: str | None = None
    category: Category | None = None
    claims: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    is_read: bool = False


def make_traits(
    fields: Values,
    addresses: Iterable[str],
    interfaces: Collection[tuple[Value, ...]],
    seen_mac: str | None = None,
    components: Collection[tuple[Value, ...]] = (),
    ignored: Ignored = NOTHING,
) -> Traits:
    """Give the traits of a device from its columns.

    Args:
        interfaces, components: present rows, in the order of ``ROW_COLUMNS``.
        seen_mac: the MAC that a sweep saw on the wire.
        ignored: keys that people said identify nothing.
    """
    macs = (ignored.mac(usable_mac(_text(row[IF_PHYS_ADDRESS]))) for row in interfaces)
    rows = frozenset(mac for mac in macs if mac)
    wire = ignored.mac(usable_mac(seen_mac))
    own = [
        ignored.mac(usable_mac(_text(fields.get("base_mac_address")))),
        None if rows and wire not in rows else wire,
    ]
    key_macs = frozenset(mac for mac in own if mac)
    sys_name = folded(fields.get("sys_name"))
    has_spoken = is_read(fields)
    category = fields.get("category")
    return Traits(
        addresses=tuple(sorted(addresses, key=sort_key)),
        manufacturer=_maker_told(fields, has_spoken=has_spoken),
        serial_number=ignored.serial(real(folded(fields.get("serial_number")))),
        system_uuid=ignored.uuid(usable_uuid(_text(fields.get("system_uuid")))),
        agent_id=real(folded(fields.get("agent_id"))),
        asset_tag=real(folded(fields.get("asset_tag"))),
        engine_id=usable_engine_id(_text(fields.get("engine_id"))),
        chassis_id=ignored.mac(usable_chassis_id(_text(fields.get("chassis_id")), sys_name)),
        base_mac=own[0],
        key_macs=key_macs,
        all_macs=key_macs | rows,
        shown_macs=_shown_macs(fields, interfaces, seen_mac),
        has_all_macs=bool(rows or (key_macs and not has_spoken)),
        name=sys_name or folded(fields.get("host_name")),
        sys_name=sys_name,
        host_name=folded(fields.get("host_name")),
        sys_object_id=_text(fields.get("sys_object_id")),
        category=category if isinstance(category, Category) else None,
        claims=frozenset(_claims(interfaces)),
        members=_members(components, ignored),
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


def _shown_macs(
    fields: Values, interfaces: Collection[tuple[Value, ...]], seen_mac: str | None
) -> frozenset[str]:
    texts = [
        fields.get("base_mac_address"),
        seen_mac,
        *(row[IF_PHYS_ADDRESS] for row in interfaces),
    ]
    macs = (normalise_mac(text) for text in texts if isinstance(text, str))
    return frozenset(m for m in macs if m and not (adapter_maker(m) or is_virtual_router_mac(m)))


def _maker_told(fields: Values, *, has_spoken: bool) -> str | None:
    """Give the maker; what only a service says of it is no reason to tell two machines apart."""
    if not has_spoken and _is_maker_by_ports(fields):
        return None
    return maker(_text(fields.get("manufacturer")))


def _is_maker_by_ports(fields: Values) -> bool:
    reasons = fields.get("reasons")
    origins = (from_text(str(one)) for one in (reasons if isinstance(reasons, tuple) else ()))
    return any(
        one is not None
        and one.is_chosen
        and one.field == "manufacturer"
        and one.how.means == Means.SERVICE
        for one in origins
    )


def _members(components: Collection[tuple[Value, ...]], ignored: Ignored) -> frozenset[str]:
    chassis = [row for row in components if row[_COMPONENT_CLASS] == _CHASSIS]
    serials = (ignored.serial(real(folded(row[_COMPONENT_SERIAL]))) for row in chassis)
    return frozenset(s for s in serials if s) if len(chassis) > 1 else frozenset()


def traits_of(device: KnownDevice, ignored: Ignored = NOTHING) -> Traits:
    """Give the traits of a known device."""
    rows = device.rows.get(Table.INTERFACE, {}).values()
    present = [row.values for row in rows if not row.is_gone]
    parts = device.rows.get(Table.COMPONENT, {}).values()
    components = [row.values for row in parts if not row.is_gone]
    return make_traits(
        device.fields, (device.address,), present, components=components, ignored=ignored
    )


def sort_key(address: str) -> str:
    """Order addresses as numbers; what is no address comes last."""
    return address_sort(address) or f"7{address}"


def strong_keys(traits: Traits) -> tuple[Key, ...]:
    """Give the keys that could identify the device wherever it stands, strongest first."""
    keys: list[Key] = []
    if traits.manufacturer and traits.serial_number:
        keys.append(Key(KeyKind.SERIAL, f"{traits.manufacturer} {traits.serial_number}"))
    if traits.system_uuid:
        keys.append(Key(KeyKind.SYSTEM_UUID, traits.system_uuid))
    if traits.engine_id:
        keys.append(Key(KeyKind.ENGINE_ID, traits.engine_id))
    if traits.chassis_id:
        keys.append(Key(KeyKind.CHASSIS_ID, traits.chassis_id))
    keys += (Key(KeyKind.MAC, mac) for mac in sorted(traits.key_macs))
    if traits.agent_id:
        keys.append(Key(KeyKind.AGENT_ID, traits.agent_id))
    return tuple(keys)


def shown_keys(traits: Traits) -> frozenset[Key]:
    """Give the strong keys and the MACs of all interfaces: whatever another may show as well."""
    macs = (Key(KeyKind.MAC, mac) for mac in traits.all_macs)
    return frozenset(strong_keys(traits)).union(macs)


def contradiction(seen: Traits, known: Traits, kind: KeyKind) -> Reason | None:
    """Say why the two cannot be the same though a key of ``kind`` says so, or give None."""
    for reason in speaking_against(kind):
        if _AGAINST[reason](seen, known):
            return reason
    return None


def _lends_its_serial(seen: Traits, known: Traits) -> bool:
    if seen.category is None or known.category is None:
        return False
    return (seen.category is Category.BMC) != (known.category is Category.BMC)


def _is_clone(seen: Traits, known: Traits) -> bool:
    """Tell whether all but the serial number is another machine's: name, cards and place."""
    is_elsewhere = not set(seen.addresses) & set(known.addresses)
    return is_elsewhere and differ(seen.name, known.name) and _no_mac_in_common(seen, known)


def _other_serial(seen: Traits, known: Traits) -> bool:
    if not differ(seen.serial_number, known.serial_number):
        return False
    return not (is_of_one_stack(seen, known) or is_rebuilt(seen, known))


def is_of_one_stack(seen: Traits, known: Traits) -> bool:
    """Tell whether another member of the same stack speaks now: it was renumbered."""
    return seen.serial_number in known.members or known.serial_number in seen.members


def is_rebuilt(seen: Traits, known: Traits) -> bool:
    """Tell whether only what the mainboard holds is another: it was exchanged.

    Its own name or its agent (the disk), the MAC of its chassis and all MACs that were known of it
    have stayed; a dock or a card that went to another machine brings neither the name nor all MACs
    along.
    """
    has_kept_name = seen.sys_name is not None and seen.sys_name == known.sys_name
    has_kept_disk = seen.agent_id is not None and seen.agent_id == known.agent_id
    has_kept_macs = seen.base_mac is not None and seen.base_mac == known.base_mac
    return (
        (
            differ(seen.serial_number, known.serial_number)
            or differ(seen.system_uuid, known.system_uuid)
        )
        and (has_kept_name or has_kept_disk)
        and has_kept_macs
        and known.all_macs <= seen.all_macs
        and not differ(seen.manufacturer, known.manufacturer)
        and not differ(seen.sys_object_id, known.sys_object_id)
    )


def _other_uuid(seen: Traits, known: Traits) -> bool:
    return differ(seen.system_uuid, known.system_uuid) and not is_rebuilt(seen, known)


def common_macs(seen: Traits, known: Traits) -> tuple[int, int]:
    """Give how many burned-in MACs the two have in common, and of how many at most."""
    least = min(len(seen.all_macs), len(known.all_macs))
    return len(seen.all_macs & known.all_macs), least


def _few_macs_in_common(seen: Traits, known: Traits) -> bool:
    """Tell whether most MACs are others, and the name is not the same: a card was lent.

    Judged only where both have several: of one MAC nothing can be measured.
    """
    common, least = common_macs(seen, known)
    has_same_name = seen.sys_name is not None and seen.sys_name == known.sys_name
    return least > 1 and 2 * common <= least and not has_same_name


def _no_mac_in_common(seen: Traits, known: Traits) -> bool:
    return seen.has_all_macs and known.has_all_macs and not seen.all_macs & known.all_macs


def _moves_unread(seen: Traits, known: Traits) -> bool:
    """Tell whether a bare MAC would move a device that was read: a router answers for others.

    With the name of the device besides, it has moved.
    """
    has_its_name = seen.host_name is not None and seen.host_name in {known.host_name, known.name}
    if seen.is_read or not known.is_read or has_its_name:
        return False
    return not {*known.addresses, *known.claims} & set(seen.addresses)


def _other_engine(seen: Traits, known: Traits) -> bool:
    return differ(seen.engine_id, known.engine_id)


def _other_chassis(seen: Traits, known: Traits) -> bool:
    return differ(seen.chassis_id, known.chassis_id)


_AGAINST: Final[Mapping[Reason, Callable[[Traits, Traits], bool]]] = {
    Reason.CONTROLLER: _lends_its_serial,
    Reason.CLONE: _is_clone,
    Reason.OTHER_SERIAL: _other_serial,
    Reason.OTHER_UUID: _other_uuid,
    Reason.NO_COMMON_MAC: _no_mac_in_common,
    Reason.FEW_COMMON_MACS: _few_macs_in_common,
    Reason.MOVED_UNREAD: _moves_unread,
    Reason.OTHER_ENGINE: _other_engine,
    Reason.OTHER_CHASSIS: _other_chassis,
}


def same_machine(one: Traits, other: Traits, kind: KeyKind) -> bool:
    """Tell whether two addresses of one run that share a strong key are one device.

    More is asked than of a device that is found again: both were seen at the same time, so what
    they say must agree.
    """
    if contradiction(one, other, kind) or contradiction(one, other, KeyKind.NAME_AND_ADDRESS):
        return False
    if differ(one.serial_number, other.serial_number):
        return False
    return not differ(one.sys_name, other.sys_name) and not differ(
        one.sys_object_id, other.sys_object_id
    )


def differ(one: str | None, other: str | None) -> bool:
    """Tell whether both are known and are not the same."""
    return one is not None and other is not None and one != other


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
