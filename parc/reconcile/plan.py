"""Observations and what is known become a plan: the same input, in any order, the same plan.

Planning touches no database and no clock. No plan retires anything, deletes anything, or touches
what a person set.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from collectors.observation import Observation
from parc.naming import device_name
from parc.reconcile.afterwards import NOTHING_KNOWN, Afterwards, Candidate, fields_after
from parc.reconcile.change import (
    Absent,
    Change,
    CreateDevice,
    DeviceRef,
    FieldChange,
    Returned,
    Sighting,
    UpdateDevice,
)
from parc.reconcile.compare import (
    IDENTITY_FIELDS,
    Counting,
    compare_fields,
    compare_rows,
    listed_address,
    new_fields,
    own_tables,
)
from parc.reconcile.conflicts import Told, exchanged, rebuilt, shared_keys
from parc.reconcile.hearsay import with_told
from parc.reconcile.homes import Homes
from parc.reconcile.identity import Key
from parc.reconcile.known import Known, KnownDevice, Sign, Status
from parc.reconcile.matching import Index, Match, match_all
from parc.reconcile.planned import Plan
from parc.reconcile.policy import Policy
from parc.reconcile.seen import Seen, fold
from parc.reconcile.standing import DeviceSays, first_words, is_overtaken, still_unknown


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


class _Planner:
    """The working state of one plan."""

    def __init__(self, known: Known, policy: Policy, covered: Container[str]) -> None:
        self.known = known
        self.policy = policy
        self.covered = covered
        self.index = Index(known.devices, known.ignored)
        self.changes: list[Change] = []
        self.sightings: list[Sighting] = []
        self.risky: set[int] = set()
        self.late: set[int] = set()
        self.after: list[Candidate] = []
        self.candidates: list[tuple[int | None, Candidate]] = []

    def plan(self, seen: tuple[Seen, ...], dead: frozenset[Key]) -> Plan:
        """Match all, then compare one by one, then let devices speak for their assets."""
        matches = match_all([entry.traits for entry in seen], self.index, dead)
        matched = frozenset(m.device_id for m in matches if m.device_id is not None)
        scope = {d.id for d in self.index.devices.values() if self._is_in_scope(d, matched)}
        absent = frozenset(scope - matched)
        for entry, match in zip(seen, matches, strict=True):
            if match.device_id is None:
                self._create(entry, match)
            else:
                self._update(self.index.devices[match.device_id], entry, match)
        for number in sorted(absent):
            device = self.index.devices[number]
            self.changes.append(Absent(DeviceRef(device.address, device.id), _name(device)))
        fleet = Afterwards(self.index, self.known.ignored, self.after, matched, absent)
        for candidate, match in zip(self.after, matches, strict=True):
            if match.device_id not in self.late:
                self._note_conflicts(candidate, match, fleet)
        self.changes += Homes(self.policy, self.known.assets, fleet, self.candidates).plan()
        return Plan(
            tuple(self.changes),
            tuple(self.sightings),
            in_scope=len(scope),
            risky=len(absent | self.risky),
            policy=self.policy,
        )

    def _is_in_scope(self, device: KnownDevice, matched: frozenset[int]) -> bool:
        if device.is_absent:
            return False
        is_of_range = device.range_id is None or device.range_id == self.policy.range_id
        return device.id in matched or (is_of_range and device.address in self.covered)

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
        fields = fields_after(NOTHING_KNOWN, changes, device.address)
        candidate = Candidate(device, entry, DeviceSays(fields, words, self.policy.rules))
        self.after.append(candidate)
        self.candidates.append((None, candidate))

    def _update(self, known: KnownDevice, entry: Seen, match: Match) -> None:
        is_late = self.policy.may_be_late and is_overtaken(known, entry)
        if is_late:
            entry = still_unknown(known, entry)
            self.late.add(known.id)
        address = known.address if is_late else self._primary_address(known, entry)
        device = DeviceRef(address, known.id)
        compared = compare_fields(known, entry, self.policy)
        loud = (*self._whereabouts(known, entry, device.address), *compared.loud)
        if loud:
            self.changes.append(UpdateDevice(device, loud, match))
        if any(_is_other_identity(change) for change in loud):
            self.risky.add(known.id)
        counting = Counting(self.policy, known.missed, entry.observed_at)
        rows = compare_rows(device, known.rows, own_tables(known, entry, self.policy), counting)
        self.changes += rows.loud
        if known.is_absent and not is_late:
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
        fields = fields_after(known.fields, (*loud, *compared.quiet), device.address)
        words = known.words if compared.words is None else compared.words
        candidate = Candidate(device, entry, DeviceSays(fields, words, self.policy.rules))
        self.after.append(candidate)
        is_open = known.status is not Status.IGNORED or _is_ignored_no_more(known, entry)
        if known.asset_id is not None or is_open:
            self.candidates.append((known.asset_id, candidate))

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

    def _note_conflicts(self, candidate: Candidate, match: Match, fleet: Afterwards) -> None:
        """Say once that a key is not the device's alone, or that it took another's place."""
        device = candidate.device
        told = Told(device, candidate.entry, match, fleet.before(device), candidate.fields)
        self.changes += shared_keys(told, fleet.holders, fleet.ignored)
        self.changes += rebuilt(told, self.index)
        self.changes += exchanged(told, self.index, fleet.matched)


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


def _name(device: KnownDevice) -> str:
    texts = [device.fields[name] for name in ("sys_name", "host_name", "model_name")]
    sys_name, host_name, model_name = (str(text) if text else None for text in texts)
    return device_name(sys_name, host_name, model_name, device.address)
