"""Observations and what is known become a plan: the same input, in any order, the same plan.

Planning touches no database and no clock. A plan can be printed, and refuses itself when it would
change too much at once. No plan retires anything, deletes anything, or touches what a person set.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from collectors.observation import Category, Observation
from parc.errors import ParcError
from parc.key_texts import folded
from parc.naming import device_name
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
    UpdateAsset,
    UpdateDevice,
)
from parc.reconcile.compare import (
    IDENTITY_FIELDS,
    Counting,
    compare_asset,
    compare_fields,
    compare_rows,
    listed_address,
    new_fields,
    own_tables,
)
from parc.reconcile.conflicts import (
    Told,
    against_tag,
    exchanged,
    rebuilt,
    shared_by_assets,
    shared_keys,
)
from parc.reconcile.hearsay import with_told
from parc.reconcile.identity import Key, Traits, make_traits, sort_key, strong_keys
from parc.reconcile.known import (
    DEVICE_COLUMNS,
    FieldSource,
    Known,
    KnownAsset,
    KnownDevice,
    Sign,
    Status,
    Value,
    Values,
)
from parc.reconcile.matching import Index, Match, match_all
from parc.reconcile.policy import Policy
from parc.reconcile.printing import PlanRow, rows_of
from parc.reconcile.rules import KeyKind, Reason
from parc.reconcile.seen import Seen, fold
from parc.reconcile.standing import DeviceSays, first_words


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
    seen, dead = fold(with_told(observations), known.ignored, policy.rules)
    return _Planner(known, policy, covered).plan(seen, dead)


@dataclass(frozen=True, slots=True)
class _Candidate:
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
        return _is_controller(self.fields), number, order


class _Planner:
    """The working state of one plan."""

    def __init__(self, known: Known, policy: Policy, covered: Container[str]) -> None:
        self.policy = policy
        self.covered = covered
        self.ignored = known.ignored
        self.index = Index(known.devices, known.ignored)
        self.assets = {asset.id: asset for asset in known.assets}
        self.homes: dict[Key, list[int | DeviceRef]] = defaultdict(list)
        self.home_keys: dict[int, Key | None] = {}
        self.tags: dict[str, int] = {}
        self.macs: dict[str, list[int]] = defaultdict(list)
        self.tag_counts: Counter[str] = Counter()
        self.changes: list[Change] = []
        self.sightings: list[Sighting] = []
        self.matched: frozenset[int] = frozenset()
        self.absent: frozenset[int] = frozenset()
        self.holders: Mapping[Key, frozenset[str]] = {}
        self.risky: set[int] = set()
        self.controllers: frozenset[str] = frozenset()
        self.after: list[_Candidate] = []
        self.candidates: list[_Candidate] = []
        self.made: dict[DeviceRef, list[_Candidate]] = {}
        self.links: list[LinkAsset] = []
        self.speakers: dict[int, list[_Candidate]] = defaultdict(list)

    def plan(self, seen: tuple[Seen, ...], dead: frozenset[Key]) -> Plan:
        """Match all, then compare one by one, then let devices speak for their assets."""
        matches = match_all([entry.traits for entry in seen], self.index, dead)
        self.matched = frozenset(m.device_id for m in matches if m.device_id is not None)
        scope = {d.id for d in self.index.devices.values() if self._is_in_scope(d)}
        self.absent = frozenset(scope - self.matched)
        for entry, match in zip(seen, matches, strict=True):
            if match.device_id is None:
                self._create(entry, match)
            else:
                self._update(self.index.devices[match.device_id], entry, match)
        for number in sorted(self.absent):
            device = self.index.devices[number]
            self.changes.append(Absent(DeviceRef(device.address, device.id), _name(device)))
        self.holders = self._holders_afterwards()
        self.controllers = self._controllers_afterwards()
        for candidate, match in zip(self.after, matches, strict=True):
            self._note_conflicts(candidate, match)
        self._plan_assets()
        for asset_id in sorted(self.speakers):
            self.changes += self._asset_changes(self.assets[asset_id])
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

    def _holders_afterwards(self) -> Mapping[Key, frozenset[str]]:
        """Give who shows each strong key once the plan is applied: ids, addresses of new ones."""
        holders: dict[Key, set[str]] = defaultdict(set)
        for number, traits in self.index.traits.items():
            for key in strong_keys(traits) if number not in self.matched else ():
                holders[key].add(str(number))
        for candidate in self.after:
            for key in strong_keys(self._traits(candidate.fields)):
                holders[key].add(_holder(candidate.device))
        return {key: frozenset(names) for key, names in holders.items()}

    def _traits(self, fields: Values) -> Traits:
        """Give the traits that fields alone tell, of a device or an asset."""
        return make_traits(fields, (), (), ignored=self.ignored)

    def _serial_key(self, fields: Values) -> Key | None:
        keys = strong_keys(self._traits(fields))
        return next((key for key in keys if key.kind is KeyKind.SERIAL), None)

    def _controllers_afterwards(self) -> frozenset[str]:
        """Give who is a management controller once the plan is applied, as ``holders`` does."""
        seen = {_holder(c.device): c.fields for c in self.after}
        known = {
            str(number): device.fields
            for number, device in self.index.devices.items()
            if number not in self.matched
        }
        return frozenset(name for name, f in {**known, **seen}.items() if _is_controller(f))

    def _create(self, entry: Seen, match: Match) -> None:
        device = DeviceRef(entry.addresses[0])
        changes = new_fields(entry)
        rows = compare_rows(device, {}, entry.tables)
        self.changes.append(CreateDevice(device, changes, match, (*rows.loud, *rows.quiet)))
        signs = entry.signs or None
        words = first_words(entry, self.policy)
        self.sightings.append(
            Sighting(
                device,
                entry.addresses,
                entry.observed_at,
                signs=signs,
                heard=entry.heard,
                words=words,
            )
        )
        fields = _after(_NOTHING, changes, device.address)
        candidate = _Candidate(device, entry, DeviceSays(fields, words, self.policy.rules))
        self.after.append(candidate)
        self._note_candidate(None, candidate)

    def _update(self, known: KnownDevice, entry: Seen, match: Match) -> None:
        device = DeviceRef(self._primary_address(known, entry), known.id)
        compared = compare_fields(known, entry, self.policy)
        loud = (*self._whereabouts(known, entry, device.address), *compared.loud)
        if loud:
            self.changes.append(UpdateDevice(device, loud, match))
        if any(_is_other_identity(change) for change in loud):
            self.risky.add(known.id)
        counting = Counting(self.policy, known.missed, entry.observed_at)
        rows = compare_rows(device, known.rows, own_tables(known, entry, self.policy), counting)
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
                match if loud or rows.loud or known.is_absent else None,
                rows.missed,
                compared.heard,
                compared.words,
            )
        )
        fields = _after(known.fields, (*loud, *compared.quiet), device.address)
        words = known.words if compared.words is None else compared.words
        candidate = _Candidate(device, entry, DeviceSays(fields, words, self.policy.rules))
        self.after.append(candidate)
        is_open = known.status is not Status.IGNORED or _is_ignored_no_more(known, entry)
        if known.asset_id is not None or is_open:
            self._note_candidate(known.asset_id, candidate)

    def _note_candidate(self, asset_id: int | None, candidate: _Candidate) -> None:
        if asset_id is None:
            self.candidates.append(candidate)
        else:
            self.speakers[asset_id].append(candidate)

    def _primary_address(self, known: KnownDevice, entry: Seen) -> str:
        is_asked = known.is_absent or known.address in self.covered
        return listed_address(known.address, entry, is_asked=is_asked)

    def _whereabouts(self, known: KnownDevice, entry: Seen, address: str) -> Iterator[FieldChange]:
        has_moved = address != known.address
        if has_moved:
            yield FieldChange("address", known.address, address)
        wanted = self.policy.range_id
        if wanted not in {None, known.range_id} and (has_moved or known.range_id is None):
            yield FieldChange("range_id", known.range_id, wanted)
        if _is_ignored_no_more(known, entry):
            yield FieldChange("status", known.status.value, Status.UNKNOWN.value)

    def _note_conflicts(self, candidate: _Candidate, match: Match) -> None:
        """Say once that a key is not the device's alone, or that it took another's place."""
        device = candidate.device
        told = Told(device, candidate.entry, match, self._before(device), candidate.fields)
        self.changes += shared_keys(told, self.holders, self.ignored)
        self.changes += rebuilt(told, self.index)
        self.changes += exchanged(told, self.index, self.matched)

    def _before(self, device: DeviceRef) -> Values:
        return _NOTHING if device.id is None else self.index.devices[device.id].fields

    def _plan_assets(self) -> None:
        """Link or create assets where that is allowed: controllers after their hosts.

        Whoever got none is asked again at the end, since its controller may have made one.
        """
        self._find_homes()
        rest: list[_Candidate] = []
        for candidate in sorted(self.candidates, key=lambda c: _is_controller(c.fields)):
            links = (self._link, self._link_by_tag, self._link_by_mac)
            if any(link(candidate) for link in links):
                continue
            key = self._serial_key(candidate.fields)
            if self._may_create(candidate) and not self._is_of_several_assets(candidate, key):
                self.made[candidate.device] = [candidate]
                if key is not None:
                    self.homes[key].append(candidate.device)
            else:
                rest.append(candidate)
        self._link_rest(rest)
        for device, candidates in self.made.items():
            values = _asset_fields([c.says for c in sorted(candidates, key=_Candidate.rank)])
            self.changes.append(CreateAsset(device, values, self.policy.location_id))
        self.changes += self.links

    def _link_rest(self, rest: list[_Candidate]) -> None:
        """Ask again whoever got no asset, as long as what others linked gives one a home."""
        before = -1
        while rest and len(rest) != before:
            before = len(rest)
            rest = [candidate for candidate in rest if not self._link(candidate)]

    def _give(self, candidate: _Candidate, asset_id: int, reason: str) -> None:
        """Let a device speak for an asset, which may so get the serial key that others look for."""
        self.links.append(LinkAsset(candidate.device, asset_id, reason))
        self.speakers[asset_id].append(candidate)
        self._note_home(self.assets[asset_id])

    def _note_home(self, asset: KnownAsset) -> None:
        """Note the serial key that an asset will have with those that speak for it by now."""
        key = self._serial_key(self._as_it_will_be(asset).fields)
        before = self.home_keys.get(asset.id)
        if key == before:
            return
        if before is not None:
            self.homes[before].remove(asset.id)
        if key is not None:
            self.homes[key].append(asset.id)
        self.home_keys[asset.id] = key

    def _find_homes(self) -> None:
        """Note the assets by serial key and by tag, as they will be; new ones join them."""
        for asset in sorted(self.assets.values(), key=lambda a: a.id):
            self._note_home(asset)
            self.tags.setdefault(folded(asset.asset_tag) or "", asset.id)
            mac = asset.fields["base_mac_address"]
            if isinstance(mac, str) and not asset.devices:
                self.macs[mac].append(asset.id)
        tags = [self._traits(c.fields).asset_tag for c in self.after]
        gone = self.matched | self.absent
        tags += [
            traits.asset_tag
            for number, traits in self.index.traits.items()
            if number not in gone and not self.index.devices[number].is_absent
        ]
        self.tag_counts = Counter(tag for tag in tags if tag)

    def _is_of_several_assets(self, candidate: _Candidate, key: Key | None) -> bool:
        """Tell whether several assets have the serial number: one more would not help."""
        homes = self.homes.get(key, []) if key else []
        ids = sorted(home for home in homes if isinstance(home, int))
        if key is None or len(ids) < 2:  # noqa: PLR2004 -- several
            return False
        is_told = self.holders.get(key, frozenset()) - {_holder(candidate.device)}
        if not is_told:
            before = self._before(candidate.device)
            self.changes += shared_by_assets(candidate.device, key, before, ids, self.ignored)
        return True

    def _link_by_tag(self, candidate: _Candidate) -> bool:
        """Link to the asset whose tag the device holds, when nothing contradicts it."""
        device, traits = candidate.device, self._traits(candidate.fields)
        tag = traits.asset_tag
        if tag is None or tag not in self.tags:
            return False
        asset = self.assets[self.tags[tag]]
        reason = against_tag(traits, asset, self._traits(asset.fields), self.absent)
        if reason is None and self.tag_counts[tag] > 1:
            reason = Reason.SHOWN_BY_SEVERAL
        if reason is None:
            self._give(candidate, asset.id, "the device holds the tag of the asset")
        elif self._traits(self._before(device)).asset_tag != tag:
            shown = Key(KeyKind.ASSET_TAG, tag)
            self.changes.append(Conflict(device, shown, (), (reason,), (asset.id,)))
        return reason is None

    def _link_by_mac(self, candidate: _Candidate) -> bool:
        """Link to the one asset with its MAC that was made before anything was met."""
        mac = candidate.fields["base_mac_address"]
        homes = self.macs.pop(mac, []) if isinstance(mac, str) else []
        if len(homes) != 1:
            return False
        self._give(candidate, homes[0], "the asset has the MAC of the device")
        return True

    def _may_create(self, candidate: _Candidate) -> bool:
        source, category = candidate.fields["category_source"], candidate.fields["category"]
        return self.policy.makes_asset(
            category if isinstance(category, Category) else None,
            str(source) if source else None,
            candidate.entry.confidence,
        )

    def _link(self, candidate: _Candidate) -> bool:
        """Link to the one asset that has the serial key, unless other devices show it too.

        A management controller and its host share a serial number, and are one asset.
        """
        device, fields = candidate.device, candidate.fields
        key = self._serial_key(fields)
        if key is None or len(self.homes.get(key, ())) != 1:
            return False
        others = self.holders.get(key, frozenset()) - {_holder(device)}
        if not _is_controller(fields) and not others <= self.controllers:
            return False
        (home,) = self.homes[key]
        reason = "manufacturer and serial number are those of the asset"
        if isinstance(home, int):
            self._give(candidate, home, reason)
        else:
            self.links.append(LinkAsset(device, None, reason, made_for=home))
            self.made[home].append(candidate)
        return True

    def _as_it_will_be(self, asset: KnownAsset) -> KnownAsset:
        """Give the asset with what its present devices will make of it."""
        if asset.id not in self.speakers:
            return asset
        changes = (c for c in self._asset_changes(asset) if isinstance(c, UpdateAsset))
        values = {field.field: field.after for change in changes for field in change.changes}
        return replace(asset, fields={**asset.fields, **values})

    def _asset_changes(self, asset: KnownAsset) -> list[Change]:
        """Let the asset's leading device speak: a second one would contradict it for ever.

        Hosts lead controllers, then the lowest id of those that are there; ids of new ones come
        in the order of addresses.
        """
        leader = min(self.speakers[asset.id], key=_Candidate.rank)
        for sibling in asset.devices:
            is_silent = sibling.id not in self.matched
            is_there = not (sibling.is_absent or sibling.id in self.absent)
            if is_silent and is_there and (sibling.is_controller, sibling.id, "") < leader.rank():
                return []
        return compare_asset(asset, leader.device, leader.says, self.policy)


def _after(before: Values, changes: Iterable[FieldChange], address: str) -> Values:
    """Give the fields of a device as they will be, with its address."""
    return {**before, **{c.field: c.after for c in changes}, "address": address}


_NOTHING: Final[Values] = dict.fromkeys(DEVICE_COLUMNS)


def _is_controller(fields: Values) -> bool:
    return fields["category"] is Category.BMC


def _asset_fields(devices: Sequence[DeviceSays]) -> tuple[FieldChange, ...]:
    """Give the fields of an asset that is made of devices, the leading one first."""
    values: dict[str, tuple[Value, FieldSource]] = {}
    for device in reversed(devices):
        values |= device.values()
    changes = [
        FieldChange(name, None, value, source) for name, (value, source) in sorted(values.items())
    ]
    return (*changes, FieldChange("primary_address", None, devices[0].fields["address"]))


def _is_other_identity(change: FieldChange) -> bool:
    """Tell whether a device calls itself otherwise; that another source tells of it is not that."""
    has_other = change.field in IDENTITY_FIELDS and change.before is not None
    return has_other and change.silent is None


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
