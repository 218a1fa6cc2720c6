"""Observations and what is known become a plan: the same input, in any order, the same plan.

Planning touches no database and no clock. A plan can be printed, and refuses itself when it would
change too much at once. No plan retires anything, deletes anything, or touches what a person set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.observation import Category, Observation
from parc.errors import ParcError
from parc.naming import asset_values, device_name
from parc.reconcile.change import (
    Absent,
    Change,
    Conflict,
    CreateAsset,
    CreateDevice,
    DeviceRef,
    FieldChange,
    LinkAsset,
    Returned,
    RowChange,
    SeeDifference,
    Sighting,
    UpdateDevice,
)
from parc.reconcile.compare import (
    IDENTITY_FIELDS,
    compare_asset,
    compare_fields,
    compare_rows,
    new_fields,
)
from parc.reconcile.identity import (
    Index,
    Key,
    KeyKind,
    Match,
    make_traits,
    match_all,
    strong_keys,
)
from parc.reconcile.known import (
    DEVICE_COLUMNS,
    FieldSource,
    Known,
    KnownAsset,
    KnownDevice,
    Sign,
    Status,
    Values,
)
from parc.reconcile.policy import Policy
from parc.reconcile.printing import PlanRow, rows_of
from parc.reconcile.seen import Seen, fold


class UnsafePlanError(ParcError):
    """Too large a share of what is known would be lost or become something else.

    Attributes:
        risky, total: devices; ``percent`` is the share that is allowed.
    """

    def __init__(self, risky: int, total: int, percent: int) -> None:
        super().__init__(
            f"{risky} of {total} known devices would vanish or change their identity; "
            f"more than {percent} % need a person's decision"
        )
        self.risky = risky
        self.total = total
        self.percent = percent


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a plan changes; ``changed`` counts devices, not their fields."""

    seen: int = 0
    created: int = 0
    changed: int = 0
    gone: int = 0
    returned: int = 0
    assets: int = 0
    linked: int = 0
    differences: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in a stable order, and sightings beside them.

    Attributes:
        in_scope: known devices that this plan could lose or change.
        risky: those of them that it does lose, or whose identity it changes.
        policy: under which it was made.
    """

    changes: tuple[Change, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    in_scope: int = 0
    risky: int = 0
    policy: Policy = field(default_factory=Policy)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changed; being seen again is no change."""
        return not self.changes

    @property
    def counts(self) -> Counts:
        """Count the changes."""
        kinds: dict[type, int] = defaultdict(int)
        for change in self.changes:
            kinds[type(change)] += 1
        changed = {c.device for c in self.changes if isinstance(c, UpdateDevice | RowChange)}
        return Counts(
            seen=len(self.sightings),
            created=kinds[CreateDevice],
            changed=len(changed),
            gone=kinds[Absent],
            returned=kinds[Returned],
            assets=kinds[CreateAsset],
            linked=kinds[LinkAsset],
            differences=kinds[SeeDifference],
            conflicts=kinds[Conflict],
        )

    def raise_if_unsafe(self, policy: Policy) -> None:
        """Refuse a plan that needs a person's decision.

        Raises:
            UnsafePlanError: more than the policy's share of the devices in scope would vanish or
                change their identity.
        """
        share = policy.unsafe_share_percent
        if self.in_scope >= policy.unsafe_minimum and self.risky * 100 > share * self.in_scope:
            raise UnsafePlanError(self.risky, self.in_scope, share)

    def rows(self) -> Iterator[PlanRow]:
        """Give the plan line by line, for text and JSON."""
        for change in self.changes:
            yield from rows_of(change)


def plan(
    observations: Iterable[Observation],
    known: Known,
    policy: Policy,
    *,
    covered: Container[str] = frozenset(),
) -> Plan:
    """Say what would change.

    Args:
        observations: of one run; every address that answered has at least one.
        covered: addresses that the run has asked to the end. A device of the policy's range whose
            address is among them, and that was not seen, is absent. Empty for a run that was
            stopped.
    """
    seen, dead = fold(observations)
    return _Planner(known, policy, covered).plan(seen, dead)


class _Planner:
    """The working state of one plan."""

    def __init__(self, known: Known, policy: Policy, covered: Container[str]) -> None:
        self.policy = policy
        self.covered = covered
        self.index = Index(known.devices)
        self.assets = {asset.id: asset for asset in known.assets}
        self.assets_by_serial = _assets_by_serial(known.assets)
        self.changes: list[Change] = []
        self.sightings: list[Sighting] = []
        self.matched: frozenset[int] = frozenset()
        self.absent: frozenset[int] = frozenset()
        self.holders: Mapping[Key, frozenset[str]] = {}
        self.risky: set[int] = set()
        self.speakers: dict[int, list[tuple[DeviceRef, Values]]] = defaultdict(list)

    def plan(self, seen: tuple[Seen, ...], dead: frozenset[Key]) -> Plan:
        """Match all, then compare one by one, then let devices speak for their assets."""
        matches = match_all([entry.traits for entry in seen], self.index, dead)
        self.matched = frozenset(m.device_id for m in matches if m.device_id is not None)
        scope = {d.id for d in self.index.devices.values() if self._is_in_scope(d)}
        self.absent = frozenset(scope - self.matched)
        self.holders = self._holders_afterwards(seen, matches)
        for entry, match in zip(seen, matches, strict=True):
            if match.device_id is None:
                self._create(entry, match)
            else:
                self._update(self.index.devices[match.device_id], entry, match)
        for number in sorted(self.absent):
            device = self.index.devices[number]
            self.changes.append(Absent(DeviceRef(device.address, device.id), _name(device)))
        for asset_id in sorted(self.speakers):
            self._compare_asset(self.assets[asset_id])
        return Plan(
            tuple(self.changes),
            tuple(self.sightings),
            in_scope=len(scope),
            risky=len(self.absent | self.risky),
            policy=self.policy,
        )

    def _is_in_scope(self, device: KnownDevice) -> bool:
        if device.is_absent:
            return False
        is_of_range = device.range_id is None or device.range_id == self.policy.range_id
        return device.id in self.matched or (is_of_range and device.address in self.covered)

    def _holders_afterwards(
        self, seen: tuple[Seen, ...], matches: list[Match]
    ) -> Mapping[Key, frozenset[str]]:
        """Give who shows each strong key once the plan is applied: ids, addresses of new ones."""
        holders: dict[Key, set[str]] = defaultdict(set)
        for number, traits in self.index.traits.items():
            for key in strong_keys(traits):
                holders[key].add(str(number))
        for entry, match in zip(seen, matches, strict=True):
            name = str(match.device_id or entry.addresses[0])
            for key in strong_keys(entry.traits):
                holders[key].add(name)
        return {key: frozenset(names) for key, names in holders.items()}

    def _create(self, entry: Seen, match: Match) -> None:
        device = DeviceRef(entry.addresses[0])
        changes = new_fields(entry)
        rows = compare_rows(device, {}, entry.tables).loud
        self.changes.append(CreateDevice(device, changes, match, rows))
        signs = entry.signs or None
        self.sightings.append(Sighting(device, entry.addresses, entry.observed_at, signs=signs))
        fields = _after(_NOTHING, changes, device.address)
        self._note_conflicts(device, match, _NOTHING, fields)
        self._plan_asset(device, entry, fields)

    def _update(self, known: KnownDevice, entry: Seen, match: Match) -> None:
        device = DeviceRef(self._primary_address(known, entry), known.id)
        compared = compare_fields(known, entry)
        loud = (*self._whereabouts(known, entry, device.address), *compared.loud)
        if loud:
            self.changes.append(UpdateDevice(device, loud, match))
        if any(c.field in IDENTITY_FIELDS and c.before is not None for c in loud):
            self.risky.add(known.id)
        rows = compare_rows(device, known.rows, entry.tables)
        self.changes += rows.loud
        if known.is_absent:
            self.changes.append(Returned(device))
        self.sightings.append(
            Sighting(
                device,
                entry.addresses,
                max(entry.observed_at, known.last_seen_at or entry.observed_at),
                known.asset_id,
                compared.quiet,
                rows.quiet,
                _new_signs(known, entry),
            )
        )
        fields = _after(known.fields, (*loud, *compared.quiet), device.address)
        self._note_conflicts(device, match, known.fields, fields)
        if known.asset_id is not None:
            self.speakers[known.asset_id].append((device, fields))
        elif known.status is Status.UNKNOWN or _is_ignored_no_more(known, entry):
            self._plan_asset(device, entry, fields)

    def _primary_address(self, known: KnownDevice, entry: Seen) -> str:
        """Give the address under which the device is listed.

        It stays while the device answers there, and while the device says that it is its own and
        this run did not ask there: else two ranges would take a router from each other for ever.
        """
        if known.address in entry.addresses:
            return known.address
        is_own = known.address in entry.traits.claims and known.address not in self.covered
        return known.address if is_own and not known.is_absent else entry.addresses[0]

    def _whereabouts(self, known: KnownDevice, entry: Seen, address: str) -> Iterator[FieldChange]:
        has_moved = address != known.address
        if has_moved:
            yield FieldChange("address", known.address, address)
        wanted = self.policy.range_id
        if wanted not in {None, known.range_id} and (has_moved or known.range_id is None):
            yield FieldChange("range_id", known.range_id, wanted)
        if _is_ignored_no_more(known, entry):
            yield FieldChange("status", known.status.value, Status.UNKNOWN.value)

    def _note_conflicts(
        self, device: DeviceRef, match: Match, before: Values, after: Values
    ) -> None:
        """Say once, when a key is stored for the first time, that others show it too.

        A bare address with a MAC that others have is no conflict: routers answer for others.
        """
        traits = make_traits(after, (), ())
        had = set(strong_keys(make_traits(before, (), ())))
        for key in strong_keys(traits):
            others = self.holders.get(key, frozenset()) - {_holder(device)}
            if key in had or not others or (key.kind is KeyKind.MAC and not traits.is_read):
                continue
            ids = tuple(sorted(int(name) for name in others if name.isdecimal()))
            about = sorted({c.reason for c in match.considered if c.key == key})
            reason = "; ".join(about) or "several devices show this key"
            self.changes.append(Conflict(device, f"{key.kind}: {key.value}", ids, reason))

    def _plan_asset(self, device: DeviceRef, entry: Seen, fields: Values) -> None:
        """Link or create an asset for a device without one, where that is allowed."""
        found = self._asset_with_serial(device, fields)
        if found is not None:
            reason = "manufacturer and serial number are those of the asset"
            self.changes.append(LinkAsset(device, found.id, reason))
            self.speakers[found.id].append((device, fields))
            return
        source, category = fields["category_source"], fields["category"]
        if self.policy.makes_asset(
            category if isinstance(category, Category) else None,
            str(source) if source else None,
            entry.confidence,
        ):
            values = _asset_fields(fields)
            self.changes.append(CreateAsset(device, values, self.policy.location_id))

    def _asset_with_serial(self, device: DeviceRef, fields: Values) -> KnownAsset | None:
        """Give the one asset that has the device's serial key, unless other devices show it too.

        A management controller and its host share a serial number, and are one asset.
        """
        traits = make_traits(fields, (), ())
        key = next((k for k in strong_keys(traits) if k.kind is KeyKind.SERIAL), None)
        if key is None or len(found := self.assets_by_serial.get(key, [])) != 1:
            return None
        others = self.holders.get(key, frozenset()) - {_holder(device)}
        if traits.category is not Category.BMC and not all(map(self._is_controller, others)):
            return None
        return found[0]

    def _is_controller(self, holder: str) -> bool:
        if not holder.isdecimal():
            return False
        return self.index.traits[int(holder)].category is Category.BMC

    def _compare_asset(self, asset: KnownAsset) -> None:
        """Let the asset's leading device speak: a second one would contradict it for ever.

        That is the one with the lowest id of those that are there; ids of new ones come in the
        order of the plan.
        """
        speakers = self.speakers[asset.id]
        device, fields = min(speakers, key=lambda pair: (pair[0].id is None, pair[0].id or 0))
        for number, is_absent in asset.device_ids:
            is_there = number in self.matched or not (is_absent or number in self.absent)
            if is_there and (device.id is None or number < device.id):
                return
        self.changes += compare_asset(asset, device, fields)


def _assets_by_serial(assets: Iterable[KnownAsset]) -> Mapping[Key, list[KnownAsset]]:
    found: dict[Key, list[KnownAsset]] = defaultdict(list)
    for asset in assets:
        for key in strong_keys(make_traits(asset.fields, (), ())):
            if key.kind is KeyKind.SERIAL:
                found[key].append(asset)
    return found


def _after(before: Values, changes: Iterable[FieldChange], address: str) -> Values:
    """Give the fields of a device as they will be, with its address."""
    return {**before, **{c.field: c.after for c in changes}, "address": address}


_NOTHING: Final[Values] = dict.fromkeys(DEVICE_COLUMNS)


def _asset_fields(fields: Values) -> tuple[FieldChange, ...]:
    """Give the fields of an asset that is made of a device."""
    values = sorted(asset_values(fields).items())
    changes = [FieldChange(name, None, value, FieldSource(word)) for name, (value, word) in values]
    return (*changes, FieldChange("primary_address", None, fields["address"]))


def _new_signs(known: KnownDevice, entry: Seen) -> frozenset[Sign] | None:
    """Give the signs that replace the known ones, or None; half a survey replaces nothing."""
    may_replace = entry.is_surveyed or (entry.signs and not known.signs)
    return entry.signs if may_replace and entry.signs != known.signs else None


def _is_ignored_no_more(known: KnownDevice, entry: Seen) -> bool:
    if known.status is not Status.IGNORED or known.ignored_until is None:
        return False
    return entry.observed_at >= known.ignored_until


def _holder(device: DeviceRef) -> str:
    return str(device.id or device.address)


def _name(device: KnownDevice) -> str:
    texts = [device.fields[name] for name in ("sys_name", "host_name", "model_name")]
    sys_name, host_name, model_name = (str(text) if text else None for text in texts)
    return device_name(sys_name, host_name, model_name, device.address)
