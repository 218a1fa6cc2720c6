"""Assets that have one serial number though their devices do not say so; the caller commits.

Undoing a merge brings back a record whose serial number another has taken since, a file or two
runs bring it twice. Where live devices show the key, their conflict tells it, and this one is
silent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.key_texts import IgnoredKind
from parc.models import (
    Asset,
    Device,
    DeviceStatus,
    InboxEntry,
    InboxKind,
    InboxState,
    LifecycleState,
)
from parc.queries.inbox_cause import OF_ASSETS, Cause, Found, Ground, among, of_kind, parts
from parc.reconcile.identity import Key, make_traits, strong_keys
from parc.reconcile.ignored import Ignored
from parc.reconcile.known import Values
from parc.reconcile.load import load_ignored
from parc.reconcile.rules import KeyKind, Reason

_STILL_LIVE: Final = timedelta(days=7)
_MOST_NAMED: Final = 3


def shared_serials(session: Session, ground: Ground) -> Found:
    """Find serial numbers of several live assets of which no conflict of devices tells."""
    looked_at = sa.and_(of_kind(InboxKind.IDENTITY_CONFLICT), InboxEntry.key.startswith(OF_ASSETS))
    if ground.scope is None:
        found = _holders(session, _repeated(session))
        return Found(list(_causes(session, ground, found)), looked_at)
    standing = _touched(session, looked_at, ground.scope.assets)
    about = ground.scope.assets.union(*standing.values())
    serials: set[str] = set()
    for part in parts(about):
        query = sa.select(Asset.serial_number).where(Asset.id.in_(part))
        serials |= {serial for serial in session.scalars(query) if serial}
    found = _holders(session, {s for one in serials for s in (one, one.upper(), one.lower())})
    return Found(list(_causes(session, ground, found)), among(InboxEntry.id, standing.keys()))


def _touched(
    session: Session, looked_at: sa.ColumnElement[bool], assets: Collection[int]
) -> dict[int, set[int]]:
    """Give the open entries that name one of these assets, with all that they name."""
    query = sa.select(InboxEntry.id, InboxEntry.evidence).where(
        InboxEntry.state == InboxState.OPEN, looked_at
    )
    named = {number: set(evidence["assets"]) for number, evidence in session.execute(query)}
    return {number: ids for number, ids in named.items() if not ids.isdisjoint(assets)}


def _repeated(session: Session) -> set[str]:
    """Give the serial numbers that several assets have, as they are written."""
    folded = sa.func.lower(Asset.serial_number)
    twice = (
        sa.select(folded)
        .where(Asset.serial_number.is_not(None))
        .group_by(folded)
        .having(sa.func.count() > 1)
        .scalar_subquery()
    )
    query = sa.select(Asset.serial_number).where(folded.in_(twice))
    return {serial for serial in session.scalars(query) if serial}


def _holders(session: Session, serials: Collection[str]) -> Mapping[Key, list[Any]]:
    """Give the live assets by the serial key that they show."""
    columns = (Asset.id, Asset.name, Asset.location_id, Asset.manufacturer, Asset.serial_number)
    found: dict[Key, list[Any]] = defaultdict(list)
    ignored = load_ignored(session)
    for part in parts(serials):
        query = sa.select(*columns).where(
            Asset.serial_number.in_(part), Asset.lifecycle_state != LifecycleState.DISPOSED
        )
        for row in session.execute(query):
            key = _serial_key(row, ignored)
            if key is not None:
                found[key].append(row)
    return {
        key: sorted(rows, key=lambda row: row.id) for key, rows in found.items() if len(rows) > 1
    }


def _serial_key(row: Any, ignored: Ignored) -> Key | None:
    fields: Values = {"manufacturer": row.manufacturer, "serial_number": row.serial_number}
    traits = make_traits(fields, (), (), ignored=ignored)
    return next((key for key in strong_keys(traits) if key.kind is KeyKind.SERIAL), None)


def _causes(session: Session, ground: Ground, holders: Mapping[Key, list[Any]]) -> Iterator[Cause]:
    ids = {row.id for rows in holders.values() for row in rows}
    shown, devices = _shown_by_devices(session, ground, ids)
    for key, rows in sorted(holders.items(), key=lambda pair: pair[0].value):
        if not all((row.id, key) in shown for row in rows):
            yield _cause(ground, key, rows, devices)


def _shown_by_devices(
    session: Session, ground: Ground, assets: Collection[int]
) -> tuple[set[tuple[int, Key]], Mapping[int, list[int]]]:
    """Give which assets' live devices show which serial key, and the live devices of each."""
    ignored = load_ignored(session)
    shown: set[tuple[int, Key]] = set()
    devices: dict[int, list[int]] = defaultdict(list)
    columns = (Device.id, Device.asset_id, Device.manufacturer, Device.serial_number)
    is_live = sa.or_(Device.absent_since.is_(None), Device.last_seen_at > ground.now - _STILL_LIVE)
    for part in parts(assets):
        query = sa.select(*columns).where(
            Device.asset_id.in_(part), Device.status != DeviceStatus.IGNORED, is_live
        )
        for row in session.execute(query.order_by(Device.id)):
            devices[row.asset_id].append(row.id)
            key = _serial_key(row, ignored)
            if key is not None:
                shown.add((row.asset_id, key))
    return shown, devices


def _cause(ground: Ground, key: Key, rows: list[Any], devices: Mapping[int, list[int]]) -> Cause:
    ids, first = [row.id for row in rows], rows[0]
    evidence = {
        "key": key.kind.name.lower(),
        "value": " ".join(filter(None, (first.manufacturer, first.serial_number))),
        "ignorable": [IgnoredKind.SERIAL.value, first.serial_number],
        "reasons": [Reason.SHARED_BY_ASSETS.value],
        "count": len(rows),
        "assets": ids,
        "told": ids,
    }
    return Cause(
        InboxKind.IDENTITY_CONFLICT,
        f"{OF_ASSETS}{key.kind.name.lower()}:{key.value}"[:400],
        " / ".join(dict.fromkeys(row.name for row in rows[:_MOST_NAMED])),
        evidence,
        ids,
        asset_id=first.id,
        site_id=ground.site_of(first.location_id),
        devices=tuple(sorted(n for number in ids for n in devices.get(number, ()))),
        count=len(rows),
    )
