"""Which known device an observation speaks of, and what else was considered; pure.

The rules are tried in order, each for all observations before the next. A key that two devices
share identifies neither, and a device is given away once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parc.reconcile.identity import (
    IF_PHYS_ADDRESS,
    Key,
    Traits,
    common_macs,
    contradiction,
    differ,
    strong_keys,
    traits_of,
)
from parc.reconcile.ignored import NOTHING, Ignored
from parc.reconcile.known import KnownDevice, Table
from parc.reconcile.rules import RULES, KeyKind, Reason

_COMMON_SERIAL_DEVICES: Final = 3


@dataclass(frozen=True, slots=True)
class Considered:
    """A device that a key pointed at and that was not taken, and why.

    Attributes:
        values: what the reason is about, such as the two serial numbers; may be empty.
    """

    device_id: int
    key: Key
    reason: Reason
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What became of one observation: the device and the key that found it, or nothing.

    Attributes:
        values: the measure, for MAC addresses: how many in common, of how many.
    """

    device_id: int | None = None
    key: Key | None = None
    considered: tuple[Considered, ...] = ()
    values: tuple[str, ...] = ()


class Index:
    """Known devices by their keys, built once.

    Attributes:
        travelled: MAC addresses of cards that have been in several machines.
    """

    def __init__(self, devices: Iterable[KnownDevice], ignored: Ignored = NOTHING) -> None:
        self.devices = {device.id: device for device in sorted(devices, key=lambda d: d.id)}
        self.traits = {n: traits_of(device, ignored) for n, device in self.devices.items()}
        self._by_key: dict[Key, list[int]] = defaultdict(list)
        self._by_interface_mac: dict[str, list[int]] = defaultdict(list)
        self._by_address: dict[str, list[int]] = defaultdict(list)
        self._by_serial: dict[str, list[str | None]] = defaultdict(list)
        self.travelled = _travelled(self.devices.values(), self.traits)
        for number, traits in self.traits.items():
            for key in strong_keys(traits):
                self._by_key[key].append(number)
            for mac in traits.all_macs - traits.key_macs:
                self._by_interface_mac[mac].append(number)
            if traits.serial_number:
                self._by_serial[traits.serial_number].append(traits.manufacturer)
            for address in traits.addresses:
                self._by_address[address].append(number)

    def holders(self, key: Key) -> list[int]:
        """Give the devices that show the key."""
        return self._by_key.get(key, [])

    def is_common_serial(self, key: Key) -> bool:
        """Tell whether a serial number is on so many devices that no maker can have given it."""
        if key.kind is not KeyKind.SERIAL:
            return False
        makers = self._by_serial.get(key.value.partition(" ")[2], [])
        return len(makers) >= _COMMON_SERIAL_DEVICES and len(set(makers)) > 1

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
        direct = [(key, self._who_was_read(key, holders)) for key, holders in direct]
        chassis = [pair for pair in direct if pair[0].value == traits.base_mac]
        ports = [(k, self._by_interface_mac.get(k.value, [])) for k in keys if not self.holders(k)]
        rest = [Key(KeyKind.MAC, mac) for mac in sorted(traits.all_macs - traits.key_macs)]
        return [chassis, direct, ports, [(key, self.holders(key)) for key in rest]]

    def _who_was_read(self, key: Key, holders: list[int]) -> list[int]:
        """Put the machine that has the MAC on one of its cards before records of the bare MAC."""
        if not holders or any(self.traits[number].is_read for number in holders):
            return holders
        ports = self._by_interface_mac.get(key.value, [])
        read = [number for number in ports if self.traits[number].is_read]
        return read if len(read) == 1 else holders

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
    for kind in (rule.kind for rule in RULES):
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
                    why = Considered(device_id, key, Reason.CLAIMED_BY_SEVERAL)
                    considered[position].append(why)
                continue
            position, key = suitors[0]
            matches[position] = Match(
                device_id, key, values=_measure(seen[position], index, found=(device_id, key))
            )
            taken.add(device_id)
    return [
        replace(match or Match(), considered=tuple(dict.fromkeys(rest)))
        for match, rest in zip(matches, considered, strict=True)
    ]


def _measure(traits: Traits, index: Index, *, found: tuple[int, Key]) -> tuple[str, ...]:
    number, key = found
    if key.kind is not KeyKind.MAC:
        return ()
    return tuple(map(str, common_macs(traits, index.traits[number])))


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
            owners = _owners(key, holders, index)
            shared = _sharing(key, owners, index, dead)
            for number in owners:
                reason = shared or contradiction(traits, index.traits[number], kind)
                if reason is None and _is_lent(key, traits, index, number):
                    reason = Reason.LENT
                if reason is None and number in taken:
                    reason = Reason.FOUND_BY_STRONGER
                if reason:
                    considered.append(_considered(traits, index, number, key, reason))
                else:
                    found.setdefault(number, key)
        if len(found) == 1:
            return next(iter(found.items()))
        for number, key in found.items():
            considered.append(Considered(number, key, Reason.FITS_AS_WELL))
    return None


def _is_lent(key: Key, seen: Traits, index: Index, number: int) -> bool:
    """Tell whether what has the MAC address is a card that goes from machine to machine.

    Adapters of makers that nobody has listed do so as well. One that turns up elsewhere under
    another name was a second card of one of the two, or was on several machines before.
    """
    known = index.traits[number]
    if key.kind is not KeyKind.MAC or set(seen.addresses) & set(known.addresses):
        return False
    if known.is_read:
        is_second = _is_second(key, seen, known) or _is_second(key, known, seen)
        has_other_name = seen.is_read and differ(seen.sys_name, known.sys_name)
        return has_other_name and (is_second or key.value in index.travelled)
    names = {seen.host_name, seen.sys_name} - {None}
    has_other_name = known.host_name is not None and bool(names) and known.host_name not in names
    return key.value != seen.base_mac and seen.is_read and has_other_name


def _is_second(key: Key, one: Traits, other: Traits) -> bool:
    """Tell whether the only card of one is a second one of the other."""
    return one.all_macs == {key.value} and key.value not in other.key_macs


def _travelled(devices: Iterable[KnownDevice], traits: Mapping[int, Traits]) -> frozenset[str]:
    """Give the MAC addresses that were on cards of several machines, now or before.

    That they are several machines is sure only where each shows a serial number of its own.
    """
    serials: dict[str, set[str]] = defaultdict(set)
    for device in devices:
        serial = traits[device.id].serial_number
        rows = device.rows.get(Table.INTERFACE, {}) if serial else {}
        for row in rows.values():
            if isinstance(mac := row.values[IF_PHYS_ADDRESS], str):
                serials[mac].add(serial or "")
    return frozenset(mac for mac, several in serials.items() if len(several) > 1)


def _owners(key: Key, holders: Sequence[int], index: Index) -> Sequence[int]:
    """Leave out records of a bare MAC where one machine that was read has it.

    They come from days on which the machine had moved and could not be read; the MAC is its own
    all the same.
    """
    read = [number for number in holders if index.traits[number].is_read]
    return read if key.kind is KeyKind.MAC and len(read) == 1 else holders


def _sharing(
    key: Key, holders: Sequence[int], index: Index, dead: Collection[Key]
) -> Reason | None:
    """Say why the key identifies nobody, if it does not."""
    if len(holders) > 1:
        return Reason.SHARED_BY_KNOWN
    if key in dead:
        return Reason.SHARED_IN_RUN
    return Reason.COMMON_SERIAL if index.is_common_serial(key) else None


def _considered(traits: Traits, index: Index, number: int, key: Key, reason: Reason) -> Considered:
    """Give what was considered with the values that speak against it: the seen, the known."""
    if reason is Reason.FEW_COMMON_MACS:
        counts = common_macs(traits, index.traits[number])
        return Considered(number, key, reason, tuple(map(str, counts)))
    name = _SHOWN.get(reason)
    if name is None:
        return Considered(number, key, reason)
    values = (getattr(one, name) for one in (traits, index.traits[number]))
    return Considered(number, key, reason, tuple(value or "" for value in values))


_SHOWN: Final[Mapping[Reason, str]] = {
    Reason.OTHER_SERIAL: "serial_number",
    Reason.OTHER_UUID: "system_uuid",
    Reason.OTHER_ENGINE: "engine_id",
    Reason.OTHER_CHASSIS: "chassis_id",
    Reason.OTHER_KIND: "name",
}


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
        considered.append(_considered(traits, index, number, key, reason))
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
            reason = Reason.ADDRESS_ALONE
        if reason is None and _is_other_kind(traits, other):
            reason = Reason.OTHER_KIND
        if reason is None and _is_other_visitor(traits, other):
            reason = Reason.OTHER_MAC
        if reason is None:
            return number, key
        considered.append(_considered(traits, index, number, key, reason))
    return None


def _find_nothing(
    traits: Traits,
    kind: KeyKind,
    index: Index,
    dead: Collection[Key],
    taken: set[int],
    considered: list[Considered],
) -> _Found:
    """Leave to assets what finds assets."""
    del traits, kind, index, dead, taken, considered
    return None


def _is_other_kind(seen: Traits, known: Traits) -> bool:
    """Tell whether both name and kind speak against it; a renamed device keeps its kind.

    Where one of the two was never read, only names are left: with none in common another machine
    stands there today.
    """
    if not (seen.is_read and known.is_read):
        ours, theirs = {seen.host_name, seen.sys_name}, {known.host_name, known.sys_name}
        has_none_in_common = not (ours & theirs) - {None}
        return has_none_in_common and differ(seen.host_name, known.host_name)
    is_renamed = differ(seen.sys_name, known.sys_name)
    return is_renamed and differ(seen.sys_object_id, known.sys_object_id)


def _is_other_visitor(seen: Traits, known: Traits) -> bool:
    """Tell whether a machine that was read and a bare MAC that is not its own only share a place.

    A made-up MAC is no key, yet it tells a telephone from the computer that had its address.
    """
    is_only_one_read = seen.is_read != known.is_read
    both = bool(seen.shown_macs and known.shown_macs)
    return is_only_one_read and both and not seen.shown_macs & known.shown_macs


def _may_be_found_by_address(seen: Traits, known: Traits) -> bool:
    """Tell whether one side has nothing better, or both show a key that is not theirs alone."""
    ours, theirs = set(strong_keys(seen)), set(strong_keys(known))
    return not ours or not theirs or bool(ours & theirs)


_STEPS: Final[Mapping[KeyKind, _Step]] = {
    KeyKind.NAME_AND_ADDRESS: _find_by_name_and_address,
    KeyKind.ADDRESS: _find_by_address,
    KeyKind.ASSET_TAG: _find_nothing,
}
