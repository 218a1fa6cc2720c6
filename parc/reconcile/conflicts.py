"""Keys that do not tell machines apart after all, and machines that took another's place; pure.

Told once, when a device first stores such a key; the entry stays until a person or the network
settles it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parc.reconcile.change import Conflict, DeviceRef
from parc.reconcile.identity import (
    Key,
    Traits,
    differ,
    is_of_one_stack,
    is_rebuilt,
    make_traits,
    strong_keys,
)
from parc.reconcile.ignored import Ignored
from parc.reconcile.known import KnownAsset, Values
from parc.reconcile.matching import Index, Match
from parc.reconcile.rules import KeyKind, Reason
from parc.reconcile.seen import Seen


@dataclass(frozen=True, slots=True)
class Told:
    """One device as it was and as it will be.

    Attributes:
        before, after: its fields.
    """

    device: DeviceRef
    entry: Seen
    match: Match
    before: Values
    after: Values


def shared_keys(
    told: Told, holders: Mapping[Key, frozenset[str]], ignored: Ignored
) -> Iterator[Conflict]:
    """Give the strong keys that the device stores for the first time and that others show.

    A bare address with a MAC that others have is no conflict: routers answer for others.

    Args:
        holders: who shows each key afterwards: ids, and addresses of new ones.
    """
    own = str(told.device.id or told.device.address)
    traits = make_traits(told.after, (), (), ignored=ignored)
    had = set(strong_keys(make_traits(told.before, (), (), ignored=ignored)))
    for key in strong_keys(traits):
        others = holders.get(key, frozenset()) - {own}
        if key in had or not others or (key.kind is KeyKind.MAC and not traits.is_read):
            continue
        ids = tuple(sorted(int(name) for name in others if name.isdecimal()))
        about = sorted({c.reason for c in told.match.considered if c.key == key})
        reasons = tuple(about) or (Reason.SHOWN_BY_SEVERAL,)
        yield Conflict(told.device, key, ids, reasons)


def rebuilt(told: Told, index: Index) -> Iterator[Conflict]:
    """Tell of a device that keeps its record though its mainboard was exchanged."""
    number = told.match.device_id
    if number is None:
        return
    known = index.traits[number]
    if is_of_one_stack(told.entry.traits, known):
        return  # another member speaks for it
    if is_rebuilt(told.entry.traits, known):
        keys = [k for k in strong_keys(known) if k.kind in {KeyKind.SERIAL, KeyKind.SYSTEM_UUID}]
        gone = [key for key in keys if key not in strong_keys(told.entry.traits)]
        for key in gone[:1]:
            yield Conflict(told.device, key, (), (Reason.REBUILT,))


def exchanged(told: Told, index: Index, matched: Collection[int]) -> Iterator[Conflict]:
    """Tell of a new device that has name and place of one that was not seen in this run."""
    traits = told.entry.traits
    if told.match.device_id is not None or not traits.is_read or traits.name is None:
        return
    for number in index.at(traits.addresses):
        known = index.traits[number]
        if number not in matched and known.is_read and known.name == traits.name:
            key = Key(KeyKind.NAME_AND_ADDRESS, f"{traits.name} {known.addresses[0]}")
            yield Conflict(told.device, key, (number,), (Reason.EXCHANGED,))
            return


def against_tag(
    traits: Traits, asset: KnownAsset, asset_traits: Traits, absent: Collection[int]
) -> Reason | None:
    """Say why a device with the asset's tag on it is not the asset, or give None.

    Args:
        traits, asset_traits: of device and asset, by their fields alone.
        absent: devices that will be absent.
    """
    if differ(traits.serial_number, asset_traits.serial_number):
        return Reason.OTHER_SERIAL
    if differ(traits.manufacturer, asset_traits.manufacturer):
        return Reason.OTHER_MAKER
    present = [d for d in asset.devices if not (d.is_absent or d.id in absent or d.is_controller)]
    return Reason.HAS_OTHER_DEVICE if present else None


def shared_by_assets(
    device: DeviceRef, key: Key, before: Values, assets: Sequence[int], ignored: Ignored
) -> Iterator[Conflict]:
    """Tell of a serial number that several assets have: the device is none of them for sure."""
    had = strong_keys(make_traits(before, (), (), ignored=ignored))
    if key not in had:
        yield Conflict(device, key, (), (Reason.SHARED_BY_ASSETS,), tuple(assets))
