"""What ``parc doctor`` finds of identity: what two live records share though nobody was told.

Read only, as all of ``invariants``. A management controller and its host show one serial number,
and are one asset. Bare MACs are no keys of their own: routers answer for others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.config import InboxSettings
from parc.models import (
    Asset,
    AuditEntry,
    Device,
    InboxEntry,
    InboxKind,
    InboxState,
    LifecycleState,
)
from parc.queries.inbox_cause import OF_ASSETS, make_ground
from parc.reconcile.identity import Key, make_traits, strong_keys
from parc.reconcile.known import DEVICE_COLUMNS, Value
from parc.reconcile.load import load_ignored
from parc.reconcile.mixed_records import mixed_records
from parc.reconcile.rules import KeyKind

_PART: Final = 1_000


def doubled_keys(session: Session) -> Iterator[tuple[Key, list[int]]]:
    """Give strong keys of several present devices of which no conflict tells."""
    columns = [getattr(Device, name) for name in DEVICE_COLUMNS]
    query = sa.select(Device.id, *columns).where(Device.absent_since.is_(None))
    ignored = load_ignored(session)
    holders: dict[Key, list[int]] = defaultdict(list)
    for row in session.execute(_streamed(query.order_by(Device.id))):
        fields = dict(zip(DEVICE_COLUMNS, (_plain(value) for value in row[1:]), strict=True))
        traits = make_traits(fields, (), (), ignored=ignored)
        for key in strong_keys(traits) if fields["category"] is not Category.BMC else ():
            if key.kind is not KeyKind.MAC or traits.is_read:
                holders[key].append(row.id)
    doubled = {key: ids for key, ids in holders.items() if len(ids) > 1}
    told = _told(session) if doubled else set()
    for key, ids in doubled.items():
        named = {(number, f"{key.kind}: {key.value}") for number in ids}
        if not told & named and not _is_in_inbox(session, key):
            yield key, ids


def mixed_assets(session: Session, now: datetime) -> Iterator[tuple[int, list[str]]]:
    """Give assets whose present devices show several serial numbers, which the inbox tells not."""
    ground = make_ground(session, InboxSettings(), now, None)
    for cause in mixed_records(session, ground).causes:
        query = sa.select(InboxEntry.id).where(
            InboxEntry.kind == InboxKind.MIXED_RECORD,
            InboxEntry.key == cause.key,
            sa.or_(InboxEntry.state == InboxState.OPEN, InboxEntry.is_binding.is_(True)),
        )
        if session.scalar(query.limit(1)) is None:
            yield cause.asset_id or 0, [str(serial) for serial in cause.told]


def doubled_assets(session: Session) -> Iterator[tuple[Key, list[int]]]:
    """Give serial numbers of several live assets of which neither history nor inbox tells."""
    query = sa.select(Asset.id, Asset.manufacturer, Asset.serial_number).where(
        Asset.serial_number.is_not(None), Asset.lifecycle_state != LifecycleState.DISPOSED
    )
    ignored = load_ignored(session)
    holders: dict[Key, list[int]] = defaultdict(list)
    for number, maker, serial in session.execute(_streamed(query.order_by(Asset.id))):
        fields: Mapping[str, Value] = {"manufacturer": maker, "serial_number": serial}
        for key in strong_keys(make_traits(fields, (), (), ignored=ignored)):
            holders[key].append(number)
    doubled = {key: ids for key, ids in holders.items() if len(ids) > 1}
    told = _told_assets(session) if doubled else set()
    for key, ids in doubled.items():
        if not told & set(ids) and not _is_in_inbox(session, key):
            yield key, ids


def _is_in_inbox(session: Session, key: Key) -> bool:
    """Tell whether the inbox names the key, or a person has decided about it there."""
    text = f"{key.kind.name.lower()}:{key.value}"
    query = sa.select(InboxEntry.id).where(
        InboxEntry.kind == InboxKind.IDENTITY_CONFLICT,
        InboxEntry.key.in_([text[:400], f"{OF_ASSETS}{text}"[:400]]),
        sa.or_(InboxEntry.state == InboxState.OPEN, InboxEntry.is_binding.is_(True)),
    )
    return session.scalar(query.limit(1)) is not None


def _streamed(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """Let rows come part by part: what is kept of them is their keys."""
    return query.execution_options(yield_per=_PART)


def _told(session: Session) -> set[tuple[int, str]]:
    """Give the keys that conflicts in the history name, each with its device."""
    query = sa.select(AuditEntry.subject_id, AuditEntry.changes).where(
        AuditEntry.subject_kind == "device", AuditEntry.action == "conflict"
    )
    return {(number, key) for number, changes in session.execute(query) for key in changes or ()}


def _told_assets(session: Session) -> set[int]:
    subjects = sa.select(AuditEntry.subject_id).where(
        AuditEntry.subject_kind == "device", AuditEntry.action == "conflict"
    )
    query = sa.select(Device.asset_id).where(Device.id.in_(subjects))
    return {number for number in session.scalars(query) if number is not None}


def _plain(value: Any) -> Value:
    plain: Value = tuple(value) if isinstance(value, list) else value
    return plain
