"""Which asset each device speaks for, which are new, and what changes in the others; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from collectors.observation import Category
from parc.key_texts import folded
from parc.reconcile.afterwards import Afterwards, Candidate, holder_of, is_controller
from parc.reconcile.change import (
    Change,
    Conflict,
    CreateAsset,
    DeviceRef,
    FieldChange,
    LinkAsset,
    UpdateAsset,
)
from parc.reconcile.compare import compare_asset
from parc.reconcile.conflicts import against_tag, shared_by_assets
from parc.reconcile.identity import Key
from parc.reconcile.known import FieldSource, KnownAsset, Value
from parc.reconcile.policy import Policy
from parc.reconcile.rules import KeyKind, Reason
from parc.reconcile.standing import DeviceSays


class Homes:
    """The working state while devices find their assets."""

    def __init__(
        self,
        policy: Policy,
        assets: Iterable[KnownAsset],
        fleet: Afterwards,
        candidates: Iterable[tuple[int | None, Candidate]],
    ) -> None:
        """Take what is known.

        Args:
            candidates: devices that may speak for an asset, each with the one that it has.
        """
        self.policy = policy
        self.fleet = fleet
        self.assets = {asset.id: asset for asset in assets}
        self.homes: dict[Key, list[int | DeviceRef]] = defaultdict(list)
        self.home_keys: dict[int, Key | None] = {}
        self.tags: dict[str, int] = {}
        self.macs: dict[str, list[int]] = defaultdict(list)
        self.tag_counts: Counter[str] = Counter()
        self.changes: list[Change] = []
        self.made: dict[DeviceRef, list[Candidate]] = {}
        self.links: list[LinkAsset] = []
        self.candidates: list[Candidate] = []
        self.speakers: dict[int, list[Candidate]] = defaultdict(list)
        for asset_id, candidate in candidates:
            (self.candidates if asset_id is None else self.speakers[asset_id]).append(candidate)

    def plan(self) -> list[Change]:
        """Link or create assets where that is allowed, then let devices speak for their own.

        Controllers come after their hosts. Whoever got none is asked again at the end, since its
        controller may have made one.
        """
        self._find_homes()
        rest: list[Candidate] = []
        for candidate in sorted(self.candidates, key=lambda c: is_controller(c.fields)):
            links = (self._link, self._link_by_tag, self._link_by_mac)
            if any(link(candidate) for link in links):
                continue
            key = self.fleet.serial_key(candidate.fields)
            if self._may_create(candidate) and not self._is_of_several_assets(candidate, key):
                self.made[candidate.device] = [candidate]
                if key is not None:
                    self.homes[key].append(candidate.device)
            else:
                rest.append(candidate)
        self._link_rest(rest)
        for device, candidates in self.made.items():
            values = _asset_fields([c.says for c in sorted(candidates, key=Candidate.rank)])
            self.changes.append(CreateAsset(device, values, self.policy.location_id))
        self.changes += self.links
        for asset_id in sorted(self.speakers):
            self.changes += self._asset_changes(self.assets[asset_id])
        return self.changes

    def _link_rest(self, rest: list[Candidate]) -> None:
        """Ask again whoever got no asset, as long as what others linked gives one a home."""
        before = -1
        while rest and len(rest) != before:
            before = len(rest)
            rest = [candidate for candidate in rest if not self._link(candidate)]

    def _give(self, candidate: Candidate, asset_id: int, reason: str) -> None:
        """Let a device speak for an asset, which may so get the serial key that others look for."""
        self.links.append(LinkAsset(candidate.device, asset_id, reason))
        self.speakers[asset_id].append(candidate)
        self._note_home(self.assets[asset_id])

    def _note_home(self, asset: KnownAsset) -> None:
        """Note the serial key that an asset will have with those that speak for it by now."""
        key = self.fleet.serial_key(self._as_it_will_be(asset).fields)
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
        tags = [self.fleet.traits(c.fields).asset_tag for c in self.fleet.devices]
        gone = self.fleet.matched | self.fleet.absent
        tags += [
            traits.asset_tag
            for number, traits in self.fleet.index.traits.items()
            if number not in gone and not self.fleet.index.devices[number].is_absent
        ]
        self.tag_counts = Counter(tag for tag in tags if tag)

    def _is_of_several_assets(self, candidate: Candidate, key: Key | None) -> bool:
        """Tell whether several assets have the serial number: one more would not help."""
        homes = self.homes.get(key, []) if key else []
        ids = sorted(home for home in homes if isinstance(home, int))
        if key is None or len(ids) < 2:  # noqa: PLR2004 -- several
            return False
        is_told = self.fleet.holders.get(key, frozenset()) - {holder_of(candidate.device)}
        if not is_told:
            before = self.fleet.before(candidate.device)
            self.changes += shared_by_assets(candidate.device, key, before, ids, self.fleet.ignored)
        return True

    def _link_by_tag(self, candidate: Candidate) -> bool:
        """Link to the asset whose tag the device holds, when nothing contradicts it."""
        device, traits = candidate.device, self.fleet.traits(candidate.fields)
        tag = traits.asset_tag
        if tag is None or tag not in self.tags:
            return False
        asset = self.assets[self.tags[tag]]
        reason = against_tag(traits, asset, self.fleet.traits(asset.fields), self.fleet.absent)
        if reason is None and self.tag_counts[tag] > 1:
            reason = Reason.SHOWN_BY_SEVERAL
        if reason is None:
            self._give(candidate, asset.id, "the device holds the tag of the asset")
        elif self.fleet.traits(self.fleet.before(device)).asset_tag != tag:
            shown = Key(KeyKind.ASSET_TAG, tag)
            self.changes.append(Conflict(device, shown, (), (reason,), (asset.id,)))
        return reason is None

    def _link_by_mac(self, candidate: Candidate) -> bool:
        """Link to the one asset with its MAC that was made before anything was met."""
        mac = candidate.fields["base_mac_address"]
        homes = self.macs.pop(mac, []) if isinstance(mac, str) else []
        if len(homes) != 1:
            return False
        self._give(candidate, homes[0], "the asset has the MAC of the device")
        return True

    def _may_create(self, candidate: Candidate) -> bool:
        source, category = candidate.fields["category_source"], candidate.fields["category"]
        return self.policy.makes_asset(
            category if isinstance(category, Category) else None,
            str(source) if source else None,
            candidate.entry.confidence,
        )

    def _link(self, candidate: Candidate) -> bool:
        """Link to the one asset that has the serial key, unless other devices show it too.

        A management controller and its host share a serial number, and are one asset.
        """
        device, fields = candidate.device, candidate.fields
        key = self.fleet.serial_key(fields)
        if key is None or len(self.homes.get(key, ())) != 1:
            return False
        others = self.fleet.holders.get(key, frozenset()) - {holder_of(device)}
        if not is_controller(fields) and not others <= self.fleet.controllers:
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
        leader = min(self.speakers[asset.id], key=Candidate.rank)
        for sibling in asset.devices:
            is_silent = sibling.id not in self.fleet.matched
            is_there = not (sibling.is_absent or sibling.id in self.fleet.absent)
            if is_silent and is_there and (sibling.is_controller, sibling.id, "") < leader.rank():
                return []
        return compare_asset(asset, leader.device, leader.says, self.policy)


def _asset_fields(devices: Sequence[DeviceSays]) -> tuple[FieldChange, ...]:
    """Give the fields of an asset that is made of devices, the leading one first."""
    values: dict[str, tuple[Value, FieldSource]] = {}
    for device in reversed(devices):
        values |= device.values()
    changes = [
        FieldChange(name, None, value, source) for name, (value, source) in sorted(values.items())
    ]
    return (*changes, FieldChange("primary_address", None, devices[0].fields["address"]))
