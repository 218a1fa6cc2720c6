"""Keys that two live records share, and addresses that two machines claim at the same time.

A key is looked for by its column first, so that of a large inventory only the few devices are read
that may share one; whether they do is then judged by the rules of identity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from collectors.observation import Category
from parc.key_texts import IgnoredKind
from parc.models import (
    Device,
    DeviceStatus,
    InboxDevice,
    InboxEntry,
    InboxKind,
    InboxState,
    Interface,
    MappedAddress,
)
from parc.naming import device_name
from parc.queries.inbox_cause import Cause, Found, Ground, among, of_kind
from parc.reconcile.change import Conflict, DeviceRef
from parc.reconcile.identity import (
    Key,
    Traits,
    contradiction,
    make_traits,
    strong_keys,
)
from parc.reconcile.ignored import Ignored
from parc.reconcile.known import DEVICE_COLUMNS, Value
from parc.reconcile.load import load_ignored
from parc.reconcile.rules import KeyKind, Reason
from parc.reconcile.usable import is_virtual_router_mac

_KEY_COLUMNS: Final = (
    "serial_number",
    "system_uuid",
    "engine_id",
    "chassis_id",
    "base_mac_address",
    "agent_id",
)
_STILL_LIVE: Final = timedelta(days=7)
_AT_ONCE: Final = timedelta(hours=12)
_RECENT: Final = timedelta(days=1)
_MOST_SHOWN: Final = 10
_MOST_NAMED: Final = 3
_TOLD: Final = "told:"
_IGNORABLE: Final = {
    KeyKind.SERIAL: IgnoredKind.SERIAL,
    KeyKind.SYSTEM_UUID: IgnoredKind.UUID,
    KeyKind.MAC: IgnoredKind.MAC,
}
_TOLD_REASONS: Final = frozenset(Reason) - {
    Reason.SHOWN_BY_SEVERAL,
    Reason.SHARED_BY_KNOWN,
    Reason.SHARED_IN_RUN,
    Reason.COMMON_SERIAL,
}


@dataclass(frozen=True, slots=True)
class _Shower:
    """A device that shows keys, with the record that it belongs to."""

    id: int
    asset_id: int | None
    address: str
    name: str
    manufacturer: str | None
    serial_number: str | None
    range_id: int | None
    is_controller: bool
    last_seen_at: datetime
    traits: Traits

    @property
    def record(self) -> tuple[bool, int]:
        """Give what stands for the record: its asset, else the device itself."""
        return (True, self.asset_id) if self.asset_id is not None else (False, self.id)


def identity_conflicts(session: Session, ground: Ground) -> Found:
    """Find strong keys that several live records show; a controller and its host may."""
    showers, looked_at = _showers(session, ground)
    holders: dict[Key, list[_Shower]] = defaultdict(list)
    for shower in showers:
        for key in strong_keys(shower.traits):
            if key.kind is not KeyKind.MAC or shower.traits.is_read:
                holders[key].append(shower)
    causes = [
        _conflict(ground, key, found)
        for key, found in sorted(holders.items(), key=lambda pair: _text(pair[0]))
        if len({one.record for one in found if not one.is_controller}) > 1
    ]
    if ground.scope is not None:
        keys = {_text(key) for key in holders}
        looked_at = sa.or_(
            looked_at, sa.and_(of_kind(InboxKind.IDENTITY_CONFLICT), _is_key(sorted(keys)))
        )
    return Found(causes, looked_at)


def told_conflicts(
    session: Session, ground: Ground, told: Sequence[Conflict], ids: Mapping[DeviceRef, int]
) -> Found:
    """Keep what planning tells once: a mainboard or a machine that was exchanged, tags in doubt.

    Nothing in the inventory says it again, so an entry that stands is its own cause until a person
    decides, or its device is gone.

    Args:
        told: the conflicts of a plan; keys that live records share are found without it.
        ids: of the devices that the plan made or knew.
    """
    standing = sa.select(InboxEntry).where(
        InboxEntry.state == InboxState.OPEN,
        of_kind(InboxKind.IDENTITY_CONFLICT),
        InboxEntry.key.startswith(_TOLD),
        InboxEntry.device_id.is_not(None),
    )
    if ground.scope is not None:
        standing = standing.where(among(InboxEntry.device_id, ground.scope.devices))
    kept = list(session.scalars(standing))
    beside = _beside(session, kept)
    causes = {entry.key: _again(entry, beside[entry.id]) for entry in kept}
    for conflict in told:
        reasons = [reason for reason in conflict.reasons if reason in _TOLD_REASONS]
        number = ids.get(conflict.device, conflict.device.id)
        if reasons and number is not None:
            cause = _told(session, conflict, number, reasons)
            causes[cause.key] = cause
    looked_at = sa.and_(
        of_kind(InboxKind.IDENTITY_CONFLICT),
        InboxEntry.key.startswith(_TOLD),
        sa.true() if ground.scope is None else among(InboxEntry.device_id, ground.scope.devices),
    )
    return Found(list(causes.values()), looked_at)


def _beside(session: Session, entries: Sequence[InboxEntry]) -> Mapping[int, tuple[int, ...]]:
    found: dict[int, list[int]] = defaultdict(list)
    query = sa.select(InboxDevice.entry_id, InboxDevice.device_id).order_by(InboxDevice.device_id)
    wanted = among(InboxDevice.entry_id, {entry.id for entry in entries})
    for entry_id, number in session.execute(query.where(wanted)):
        found[entry_id].append(number)
    return defaultdict(tuple, {key: tuple(numbers) for key, numbers in found.items()})


def _again(entry: InboxEntry, devices: tuple[int, ...]) -> Cause:
    """Give the cause of an entry that stands by itself."""
    return Cause(
        entry.kind,
        entry.key,
        entry.subject,
        entry.evidence,
        entry.evidence["told"],
        entry.asset_id,
        entry.device_id,
        entry.run_id,
        entry.range_id,
        entry.site_id,
        devices,
        count=entry.count,
    )


def _told(session: Session, conflict: Conflict, number: int, reasons: Sequence[Reason]) -> Cause:
    device = session.get_one(Device, number)
    name = device_name(device.sys_name, device.host_name, device.model_name, device.address)
    told = [number, conflict.key, sorted(reason.value for reason in reasons)]
    evidence = {
        "key": conflict.shown.kind.name.lower(),
        "value": conflict.shown.value,
        "reasons": told[2],
        "count": 1 + len(conflict.others) + len(conflict.assets),
        "assets": list(conflict.assets),
        "told": told,
    }
    return Cause(
        InboxKind.IDENTITY_CONFLICT,
        f"{_TOLD}{number}:{_text(conflict.shown)}"[:400],
        name,
        evidence,
        told,
        asset_id=device.asset_id,
        device_id=number,
        range_id=device.range_id,
        devices=(number, *conflict.others),
        count=1 + len(conflict.others) + len(conflict.assets),
    )


def _showers(session: Session, ground: Ground) -> tuple[list[_Shower], sa.ColumnElement[bool]]:
    """Read the live devices that may share a key, and say which entries that covers."""
    scope = ground.scope
    if scope is None:
        values = {name: _repeated(session, name) for name in _KEY_COLUMNS}
        return _read(session, ground, values), of_kind(InboxKind.IDENTITY_CONFLICT)
    about = scope.devices if scope.keyed is None else scope.keyed
    if not about:
        return [], sa.false()
    entries = (
        sa.select(InboxDevice.entry_id)
        .join(InboxEntry, InboxEntry.id == InboxDevice.entry_id)
        .where(
            InboxEntry.state == InboxState.OPEN,
            of_kind(InboxKind.IDENTITY_CONFLICT),
            among(InboxDevice.device_id, about),
        )
    )
    touched = set(session.scalars(entries))
    beside = sa.select(InboxDevice.device_id).where(among(InboxDevice.entry_id, touched))
    devices = about | set(session.scalars(beside))
    columns = [getattr(Device, name) for name in _KEY_COLUMNS]
    found: dict[str, set[str]] = {name: set() for name in _KEY_COLUMNS}
    for row in session.execute(sa.select(*columns).where(among(Device.id, devices))):
        for name, value in zip(_KEY_COLUMNS, row, strict=True):
            if value:
                found[name].add(value)
    return _read(session, ground, found), among(InboxEntry.id, touched)


def _repeated(session: Session, name: str) -> set[str]:
    """Give the values of a column that several live devices have, as they are written."""
    column = getattr(Device, name)
    folded = sa.func.lower(column)
    twice = (
        sa.select(folded)
        .where(column.is_not(None))
        .group_by(folded)
        .having(sa.func.count() > 1)
        .scalar_subquery()
    )
    return {value for value in session.scalars(sa.select(column).where(folded.in_(twice))) if value}


def _read(session: Session, ground: Ground, values: Mapping[str, Collection[str]]) -> list[_Shower]:
    """Read live devices of which another one has one of these values, too."""
    ids: set[int] = set()
    is_live = sa.and_(
        Device.status != DeviceStatus.IGNORED,
        sa.or_(Device.absent_since.is_(None), Device.last_seen_at > ground.now - _STILL_LIVE),
    )
    for name, wanted in values.items():
        holders: dict[str, set[int]] = defaultdict(set)
        column, ordered = getattr(Device, name), sorted(wanted)
        for start in range(0, len(ordered), 500):
            condition = column.in_(ordered[start : start + 500])
            for number, value in session.execute(
                sa.select(Device.id, column).where(condition, is_live)
            ):
                holders[" ".join(value.split()).casefold()].add(number)
        ids |= {number for few in holders.values() if len(few) > 1 for number in few}
    columns = [getattr(Device, name) for name in DEVICE_COLUMNS]
    query = sa.select(
        Device.id, Device.asset_id, Device.address, Device.range_id, Device.last_seen_at, *columns
    )
    rows: Iterable[Any] = session.execute(query.where(among(Device.id, ids)).order_by(Device.id))
    ignored = load_ignored(session)
    return [_shower(row, ignored) for row in rows]


def _shower(row: Any, ignored: Ignored) -> _Shower:
    fields = dict(zip(DEVICE_COLUMNS, (_plain(value) for value in row[5:]), strict=True))
    return _Shower(
        row.id,
        row.asset_id,
        row.address,
        device_name(row.sys_name, row.host_name, row.model_name, row.address),
        row.manufacturer,
        row.serial_number,
        row.range_id,
        fields["category"] is Category.BMC,
        row.last_seen_at,
        make_traits(fields, (row.address,), (), ignored=ignored),
    )


def _conflict(ground: Ground, key: Key, showers: Sequence[_Shower]) -> Cause:
    reasons = sorted(
        {
            reason.value
            for one, other in combinations(showers[:_MOST_SHOWN], 2)
            if (reason := contradiction(one.traits, other.traits, key.kind)) is not None
        }
    )
    first = showers[0]
    evidence = {
        "key": key.kind.name.lower(),
        "value": _shown_value(key, first),
        "ignorable": _ignorable(key, first),
        "reasons": reasons or [Reason.SHOWN_BY_SEVERAL.value],
        "count": len(showers),
        "records": [
            {
                "device": one.id,
                "asset": one.asset_id,
                "name": one.name,
                "address": one.address,
                "serial": one.serial_number,
            }
            for one in showers[:_MOST_SHOWN]
        ],
    }
    return Cause(
        InboxKind.IDENTITY_CONFLICT,
        _text(key),
        " / ".join(dict.fromkeys(one.name for one in showers[:_MOST_NAMED])),
        evidence,
        [one.id for one in showers],
        asset_id=first.asset_id,
        device_id=first.id,
        range_id=first.range_id,
        site_id=ground.site_of(None, first.range_id),
        devices=tuple(one.id for one in showers),
        count=len(showers),
    )


def _ignorable(key: Key, shower: _Shower) -> list[str] | None:
    """Give kind and value by which people can say that the key identifies nothing, or None."""
    kind = _IGNORABLE.get(key.kind)
    if kind is None:
        return None
    value = shower.serial_number if kind is IgnoredKind.SERIAL else key.value
    return [kind.value, value] if value else None


def _shown_value(key: Key, shower: _Shower) -> str:
    """Give a key as the device writes it: planning compares it in lower case."""
    if key.kind is not KeyKind.SERIAL:
        return key.value
    return " ".join(filter(None, (shower.manufacturer, shower.serial_number)))


def _text(key: Key) -> str:
    return f"{key.kind.name.lower()}:{key.value}"[:400]


def _is_key(keys: Sequence[str]) -> sa.ColumnElement[bool]:
    starts = range(0, len(keys), 500)
    return sa.or_(sa.false(), *(InboxEntry.key.in_(keys[start : start + 500]) for start in starts))


def duplicate_addresses(session: Session, ground: Ground) -> Found:
    """Find addresses that one router has seen at two MACs, both within hours, back and forth.

    An address that went from one machine to another once is no conflict: its first holder was
    not seen again after the second came.
    """
    if ground.scope is not None and not ground.scope.is_end:
        return Found([], sa.false())
    one, other = aliased(MappedAddress), aliased(MappedAddress)
    since = ground.now - _RECENT
    query = (
        sa.select(
            one.address, one.mac_address, other.mac_address, one.last_seen_at, other.last_seen_at
        )
        .join(
            other,
            sa.and_(
                other.address == one.address,
                other.device_id == one.device_id,
                other.mac_address > one.mac_address,
                other.first_seen_at <= one.last_seen_at,
                one.first_seen_at <= other.last_seen_at,
            ),
        )
        .where(one.last_seen_at > since, other.last_seen_at > since)
        .order_by(one.address, one.mac_address, other.mac_address)
    )
    claims: dict[str, set[str]] = defaultdict(set)
    for address, mac, mate, seen, mate_seen in session.execute(query):
        is_router = is_virtual_router_mac(mac) or is_virtual_router_mac(mate)
        if not is_router and abs(seen - mate_seen) <= _AT_ONCE:
            claims[address] |= {mac, mate}
    owners = _owners(session, {mac for macs in claims.values() for mac in macs})
    causes = [
        cause
        for address, macs in sorted(claims.items())
        if (cause := _duplicate(ground, address, sorted(macs), owners)) is not None
    ]
    return Found(causes, of_kind(InboxKind.DUPLICATE_ADDRESS))


def _owners(session: Session, macs: set[str]) -> dict[str, Any]:
    """Read which device shows each MAC, as its own or that of an interface."""
    ordered = sorted(macs)
    found: dict[str, Any] = {}
    columns = (
        Device.id,
        Device.asset_id,
        Device.range_id,
        Device.sys_name,
        Device.host_name,
        Device.model_name,
        Device.address,
    )
    of_interface = sa.select(Interface.if_phys_address.label("mac"), *columns).join(
        Device, Device.id == Interface.device_id
    )
    of_device = sa.select(Device.base_mac_address.label("mac"), *columns)
    for start in range(0, len(ordered), 500):
        part = ordered[start : start + 500]
        for query in (
            of_interface.where(Interface.if_phys_address.in_(part)),
            of_device.where(Device.base_mac_address.in_(part)),
        ):
            found |= {row.mac: row for row in session.execute(query.order_by(Device.id))}
    return found


def _duplicate(
    ground: Ground, address: str, macs: Sequence[str], owners: Mapping[str, Any]
) -> Cause | None:
    """Give the cause, or None when all those MACs are one device's."""
    known = [owners[mac] for mac in macs if mac in owners]
    ids = {row.id for row in known}
    if len(known) == len(macs) and len(ids) == 1:
        return None
    claimants = [_claimant(mac, owners.get(mac)) for mac in macs]
    first = known[0] if known else None
    return Cause(
        InboxKind.DUPLICATE_ADDRESS,
        f"address:{address}",
        address,
        {"address": address, "claimants": claimants},
        macs,
        asset_id=first.asset_id if first else None,
        device_id=first.id if first else None,
        range_id=first.range_id if first else None,
        site_id=ground.site_of(None, first.range_id) if first else None,
        devices=tuple(sorted(ids)),
        count=len(macs),
    )


def _claimant(mac: str, row: Any) -> dict[str, Any]:
    if row is None:
        return {"mac": mac, "device": None, "asset": None, "name": None}
    name = device_name(row.sys_name, row.host_name, row.model_name, row.address)
    return {"mac": mac, "device": row.id, "asset": row.asset_id, "name": name}


def _plain(value: Any) -> Value:
    plain: Value = tuple(value) if isinstance(value, list) else value
    return plain
