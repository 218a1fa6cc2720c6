"""Devices as they will be once a plan is applied, and which keys they will show then; pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collectors.observation import Category
from parc.reconcile.change import DeviceRef, FieldChange
from parc.reconcile.identity import Key, Traits, make_traits, sort_key, strong_keys
from parc.reconcile.ignored import Ignored
from parc.reconcile.known import DEVICE_COLUMNS, Values
from parc.reconcile.matching import Index
from parc.reconcile.rules import KeyKind
from parc.reconcile.seen import Seen
from parc.reconcile.standing import DeviceSays

NOTHING_KNOWN: Final[Values] = dict.fromkeys(DEVICE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that may speak for an asset, with its fields as they will be."""

    device: DeviceRef
    entry: Seen
    says: DeviceSays

    @property
    def fields(self) -> Values:
        """Give the fields of the device."""
        return self.says.fields

    def rank(self) -> tuple[bool, float, str]:
        """Give its place among the devices of an asset; the first leads."""
        number = math.inf if self.device.id is None else self.device.id
        order = sort_key(self.device.address) if self.device.id is None else ""
        return is_controller(self.fields), number, order


class Afterwards:
    """The fleet once a plan is applied.

    Attributes:
        matched, absent: known devices that were seen, and that will be absent.
        devices: those that were seen, in the order of their addresses.
        holders: who shows each strong key: ids, and addresses of new ones.
        controllers: who is a management controller, named as ``holders`` does.
    """

    def __init__(
        self,
        index: Index,
        ignored: Ignored,
        devices: Sequence[Candidate],
        matched: frozenset[int],
        absent: frozenset[int],
    ) -> None:
        self.index = index
        self.ignored = ignored
        self.devices = devices
        self.matched = matched
        self.absent = absent
        self.holders = self._holders()
        self.controllers = self._controllers()

    def before(self, device: DeviceRef) -> Values:
        """Give the fields of a device as they are."""
        return NOTHING_KNOWN if device.id is None else self.index.devices[device.id].fields

    def traits(self, fields: Values) -> Traits:
        """Give the traits that fields alone tell, of a device or an asset."""
        return make_traits(fields, (), (), ignored=self.ignored)

    def serial_key(self, fields: Values) -> Key | None:
        """Give the serial key that fields alone tell."""
        keys = strong_keys(self.traits(fields))
        return next((key for key in keys if key.kind is KeyKind.SERIAL), None)

    def _holders(self) -> Mapping[Key, frozenset[str]]:
        holders: dict[Key, set[str]] = defaultdict(set)
        for number, traits in self.index.traits.items():
            for key in strong_keys(traits) if number not in self.matched else ():
                holders[key].add(str(number))
        for candidate in self.devices:
            for key in strong_keys(self.traits(candidate.fields)):
                holders[key].add(holder_of(candidate.device))
        return {key: frozenset(names) for key, names in holders.items()}

    def _controllers(self) -> frozenset[str]:
        seen = {holder_of(c.device): c.fields for c in self.devices}
        known = {
            str(number): device.fields
            for number, device in self.index.devices.items()
            if number not in self.matched
        }
        return frozenset(name for name, f in {**known, **seen}.items() if is_controller(f))


def fields_after(before: Values, changes: Iterable[FieldChange], address: str) -> Values:
    """Give the fields of a device as they will be, with its address."""
    return {**before, **{c.field: c.after for c in changes}, "address": address}


def is_controller(fields: Values) -> bool:
    """Tell whether a device is the management controller of another."""
    return fields["category"] is Category.BMC


def holder_of(device: DeviceRef) -> str:
    """Name a device among the holders of a key."""
    return str(device.id or device.address)
