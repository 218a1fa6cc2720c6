"""Read from the database what a batch of observations may touch, in few queries.

What is read grows with the batch, not with the inventory: devices and assets are found by the
keys and addresses that were seen, in chunks. Of a swept range only the addresses are looked
through, for those that did not answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from collectors.observation import Category, Observation
from parc.config import DiscoverySettings
from parc.key_texts import uuid_spellings
from parc.models import (
    Asset,
    AssetField,
    Battery,
    CategorySign,
    Component,
    Device,
    Difference,
    HostEntry,
    IgnoredKey,
    Installation,
    Interface,
    LifeCount,
    ManagedDevice,
    Outlet,
    Service,
    Storage,
    Supply,
    Tray,
    ValueSource,
)
from parc.naming import MACHINE_FIELDS
from parc.queries.field_rules import read_rules
from parc.reconcile.bulk import chunks, is_among
from parc.reconcile.hearsay import with_told
from parc.reconcile.ignored import Ignored, make_ignored
from parc.reconcile.known import (
    DEVICE_COLUMNS,
    ROW_COLUMNS,
    FieldSource,
    Known,
    KnownAsset,
    KnownDevice,
    KnownDifference,
    KnownRow,
    KnownSibling,
    Missed,
    Sign,
    Status,
    Table,
    Value,
    fit,
)
from parc.reconcile.missing import read_missed
from parc.reconcile.policy import Policy
from parc.reconcile.usable import usable_mac
from parc.told_values import read_heard, read_words

Row = (
    Interface
    | Component
    | Supply
    | Storage
    | Service
    | LifeCount
    | Tray
    | Battery
    | Outlet
    | Installation
    | ManagedDevice
    | HostEntry
)
MODELS: Final[Mapping[Table, type[Row]]] = {
    Table.INTERFACE: Interface,
    Table.COMPONENT: Component,
    Table.SUPPLY: Supply,
    Table.STORAGE: Storage,
    Table.SERVICE: Service,
    Table.LIFE_COUNT: LifeCount,
    Table.TRAY: Tray,
    Table.BATTERY: Battery,
    Table.OUTLET: Outlet,
    Table.INSTALLATION: Installation,
    Table.MANAGED_DEVICE: ManagedDevice,
    Table.HOST_ENTRY: HostEntry,
    Table.PACKAGE: Installation,
}
# Whose rows each of the two kinds of installations are.
INSTALLED_BY: Final[Mapping[Table, ValueSource]] = {
    Table.INSTALLATION: ValueSource.SNMP,
    Table.PACKAGE: ValueSource.AGENT,
}
# One plan at a time between reading and commit; the number only has to be ours.
_PLAN_LOCK: Final = 0x50415243


@dataclass(slots=True)
class _Wanted:
    """What was seen, as the columns store it."""

    addresses: set[str] = field(default_factory=set)
    serials: set[str] = field(default_factory=set)
    system_uuids: set[str] = field(default_factory=set)
    agent_ids: set[str] = field(default_factory=set)
    asset_tags: set[str] = field(default_factory=set)
    engine_ids: set[str] = field(default_factory=set)
    chassis_ids: set[str] = field(default_factory=set)
    own_macs: set[str] = field(default_factory=set)
    all_macs: set[str] = field(default_factory=set)


def load(
    session: Session,
    observations: Iterable[Observation],
    policy: Policy,
    *,
    covered: Container[str] = frozenset(),
    is_for_apply: bool = False,
) -> Known:
    """Give all that a plan of these observations may touch.

    Args:
        covered: as for ``plan``.
        is_for_apply: hold off other plans and people's edits of these devices and assets until
            the transaction ends, so that what was planned is still true when it is applied.
    """
    if is_for_apply and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_PLAN_LOCK)))
    wanted = _wanted(with_told(observations))
    touched = _touched_ids(session, wanted)
    ids = touched | _silent_ids(session, policy, covered)
    # Devices are held before their assets, here and in the services, so that nobody waits in a
    # circle; what hangs on them is read only once they are held.
    if is_for_apply:
        for part in chunks(ids):
            query = sa.select(Device.id).where(Device.id.in_(part)).order_by(Device.id)
            session.execute(query.with_for_update())
    asset_ids = _asset_ids(session, touched, wanted)
    assets = tuple(_assets(session, asset_ids, is_for_apply=is_for_apply))
    hanging = _Hanging(
        _rows(session, touched), _signs(session, touched), read_missed(session, touched)
    )
    devices = tuple(_devices(session, ids, hanging))
    return Known(devices, assets, load_ignored(session))


def load_policy(session: Session, settings: DiscoverySettings) -> Policy:
    """Give how evidence is read: whose value stands, and when silence counts."""
    return Policy(
        rules=read_rules(session),
        gone_after=settings.gone_after_runs,
        silent_days=settings.source_silent_days,
    )


def load_ignored(session: Session) -> Ignored:
    """Give the keys of which people said that they identify nothing."""
    pairs = session.execute(sa.select(IgnoredKey.kind, IgnoredKey.value))
    return make_ignored((kind, value) for kind, value in pairs)


def _wanted(observations: Iterable[Observation]) -> _Wanted:
    wanted = _Wanted()
    for observation in observations:
        wanted.addresses.add(observation.address)
        identity, system = observation.identity, observation.system
        if identity is not None:
            _add(wanted.serials, identity.serial_number, "serial_number")
            _add(wanted.chassis_ids, identity.chassis_id, "chassis_id")
            _add(wanted.asset_tags, identity.asset_tag, "asset_tag")
            wanted.system_uuids.update(uuid_spellings(identity.system_uuid))
            _add_mac(wanted.own_macs, identity.base_mac_address)
        if system is not None:
            _add(wanted.engine_ids, system.engine_id, "engine_id")
        _add(wanted.agent_ids, observation.agent_id, "agent_id")
        if observation.presence is not None:
            _add_mac(wanted.own_macs, observation.presence.mac_address)
        for interface in observation.interfaces.rows:
            _add_mac(wanted.all_macs, interface.if_phys_address)
    wanted.all_macs |= wanted.own_macs
    return wanted


def _add(values: set[str], text: str | None, column: str) -> None:
    fitted = fit(text, DEVICE_COLUMNS[column])
    if isinstance(fitted, str):
        values.add(fitted)


def _add_mac(values: set[str], text: str | None) -> None:
    if mac := usable_mac(text):
        values.add(mac)


def _touched_ids(session: Session, wanted: _Wanted) -> set[int]:
    found: set[int] = set()
    lookups: tuple[tuple[InstrumentedAttribute[Any], InstrumentedAttribute[Any], set[str]], ...] = (
        (Device.id, Device.address, wanted.addresses),
        (Device.id, Device.serial_number, wanted.serials),
        (Device.id, Device.system_uuid, wanted.system_uuids),
        (Device.id, Device.agent_id, wanted.agent_ids),
        (Device.id, Device.asset_tag, _in_either_case(wanted.asset_tags)),
        (Device.id, Device.engine_id, wanted.engine_ids),
        (Device.id, Device.chassis_id, wanted.chassis_ids),
        (Device.id, Device.base_mac_address, wanted.all_macs),
        (Interface.device_id, Interface.if_phys_address, wanted.own_macs),
    )
    for number, column, values in lookups:
        for part in chunks(values):
            query = sa.select(number).where(is_among(session, column, part))
            found.update(session.scalars(query))
    return found


def _silent_ids(session: Session, policy: Policy, covered: Container[str]) -> set[int]:
    """Give the devices of the range that may turn out to be absent."""
    query = sa.select(Device.id, Device.address).where(
        sa.or_(Device.range_id == policy.range_id, Device.range_id.is_(None)),
        Device.absent_since.is_(None),
    )
    return {number for number, address in session.execute(query) if address in covered}


def _in_either_case(texts: Iterable[str]) -> set[str]:
    return {spelt for text in texts for spelt in (text, text.upper(), text.lower())}


def _asset_ids(session: Session, device_ids: set[int], wanted: _Wanted) -> set[int]:
    found: set[int] = set()
    for part in chunks(device_ids):
        query = sa.select(Device.asset_id).where(Device.id.in_(part), Device.asset_id.is_not(None))
        found.update(number for number in session.scalars(query) if number is not None)
    for column, texts in (
        (Asset.serial_number, wanted.serials),
        (Asset.asset_tag, wanted.asset_tags),
    ):
        # People type serial numbers and tags in either case.
        for part in chunks(_in_either_case(texts)):
            seen = sa.select(Asset.id).where(is_among(session, column, part))
            found.update(session.scalars(seen))
    for part in chunks(wanted.all_macs):
        told = sa.select(ManagedDevice.asset_id).where(
            ManagedDevice.asset_id.is_not(None), is_among(session, ManagedDevice.mac_address, part)
        )
        found.update(number for number in session.scalars(told) if number is not None)
    return found


def _assets(session: Session, ids: set[int], *, is_for_apply: bool) -> Iterator[KnownAsset]:
    names = (*MACHINE_FIELDS, "primary_address")
    columns = [getattr(Asset, name) for name in names]
    for part in chunks(ids):
        query = sa.select(Asset.id, *columns, Asset.asset_tag)
        query = query.where(Asset.id.in_(part)).order_by(Asset.id)
        rows = session.execute(query.with_for_update() if is_for_apply else query).all()
        fields = _fields(session, part)
        differences = _differences(session, part)
        siblings = _siblings(session, part)
        for row in rows:
            yield KnownAsset(
                row.id,
                dict(zip(names, row[1:-1], strict=True)),
                fields[row.id].sources,
                differences[row.id],
                tuple(siblings[row.id]),
                row.asset_tag,
                fields[row.id].locks,
                fields[row.id].kept_against,
            )


@dataclass(slots=True)
class _Fields:
    """Whose the fields of one asset are, and how they are locked."""

    sources: dict[str, FieldSource] = field(default_factory=dict)
    locks: dict[str, datetime | None] = field(default_factory=dict)
    kept_against: dict[str, frozenset[FieldSource]] = field(default_factory=dict)


def _fields(session: Session, part: Sequence[int]) -> Mapping[int, _Fields]:
    found: dict[int, _Fields] = defaultdict(_Fields)
    query = sa.select(
        AssetField.asset_id,
        AssetField.field,
        AssetField.source,
        AssetField.lock,
        AssetField.locked_until,
        AssetField.kept_against,
    )
    rows = session.execute(query.where(AssetField.asset_id.in_(part)))
    for number, name, source, lock, until, against in rows:
        of = found[number]
        of.sources[name] = source
        if lock is not None:
            of.locks[name] = until
        if against:
            of.kept_against[name] = frozenset(map(FieldSource, against.split()))
    return found


def _differences(session: Session, part: Sequence[int]) -> Mapping[int, dict[str, KnownDifference]]:
    found: dict[int, dict[str, KnownDifference]] = defaultdict(dict)
    query = sa.select(Difference.asset_id, Difference.field, Difference.id, Difference.seen_value)
    for number, name, row_id, value in session.execute(query.where(Difference.asset_id.in_(part))):
        found[number][name] = KnownDifference(row_id, value)
    return found


def _siblings(session: Session, part: Sequence[int]) -> Mapping[int, list[KnownSibling]]:
    found: dict[int, list[KnownSibling]] = defaultdict(list)
    query = sa.select(Device.asset_id, Device.id, Device.absent_since, Device.category)
    rows = session.execute(query.where(Device.asset_id.in_(part)).order_by(Device.id))
    for asset_id, number, absent_since, category in rows:
        sibling = KnownSibling(number, absent_since is not None, category is Category.BMC)
        found[asset_id or 0].append(sibling)
    return found


def _rows(
    session: Session, device_ids: set[int]
) -> Mapping[int, Mapping[Table, Mapping[str, KnownRow]]]:
    found: dict[int, dict[Table, dict[str, KnownRow]]] = defaultdict(dict)
    for table, model in MODELS.items():
        columns = [getattr(model, name) for name in ROW_COLUMNS[table]]
        for part in chunks(device_ids):
            query = sa.select(model.id, model.device_id, model.key, model.gone_at, *columns)
            if table in INSTALLED_BY:
                query = query.where(Installation.source == INSTALLED_BY[table])
            for row in session.execute(query.where(model.device_id.in_(part))):
                values = tuple(_plain(value) for value in row[4:])
                known = KnownRow(row[0], values, row[3] is not None)
                found[row[1]].setdefault(table, {})[row[2]] = known
    return found


def _plain(value: Any) -> Value:
    """Give a stored value as planning compares it: lists as tuples."""
    plain: Value = tuple(value) if isinstance(value, list) else value
    return plain


def _signs(session: Session, device_ids: set[int]) -> Mapping[int, set[Sign]]:
    found: dict[int, set[Sign]] = defaultdict(set)
    for part in chunks(device_ids):
        query = sa.select(
            CategorySign.device_id, CategorySign.category, CategorySign.weight, CategorySign.reason
        ).where(CategorySign.device_id.in_(part))
        for number, category, weight, reason in session.execute(query):
            found[number].add((category, weight, reason))
    return found


@dataclass(frozen=True, slots=True)
class _Hanging:
    """What hangs on devices, by their ids."""

    rows: Mapping[int, Mapping[Table, Mapping[str, KnownRow]]]
    signs: Mapping[int, set[Sign]]
    missed: Mapping[int, Mapping[Table, Mapping[str, Missed]]]


def _devices(session: Session, ids: set[int], hanging: _Hanging) -> Iterator[KnownDevice]:
    columns = [getattr(Device, name) for name in DEVICE_COLUMNS]
    query = sa.select(
        Device.id,
        Device.address,
        Device.status,
        Device.asset_id,
        Device.range_id,
        Device.absent_since,
        Device.ignored_until,
        Device.last_seen_at,
        Device.words,
        Device.heard,
        *columns,
    ).order_by(Device.id)
    for part in chunks(ids):
        for row in session.execute(query.where(Device.id.in_(part))):
            fields = {
                name: _plain(value) for name, value in zip(DEVICE_COLUMNS, row[10:], strict=True)
            }
            yield KnownDevice(
                row.id,
                row.address,
                fields,
                status=Status(row.status.value),
                asset_id=row.asset_id,
                range_id=row.range_id,
                rows=hanging.rows.get(row.id, {}),
                signs=frozenset(hanging.signs.get(row.id, ())),
                is_absent=row.absent_since is not None,
                ignored_until=row.ignored_until,
                last_seen_at=row.last_seen_at,
                missed=hanging.missed.get(row.id, {}),
                words=read_words(row.words),
                heard=read_heard(row.heard),
            )
