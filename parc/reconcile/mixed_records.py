"""Assets that stand for several machines: their present devices show different serial numbers.

A wrong merge or a device that was attached to the wrong asset looks so; so does what people keep as
one on purpose, such as a pair of firewalls, which they say once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import Asset, Device, InboxEntry, InboxKind
from parc.naming import device_name
from parc.queries.inbox_cause import Cause, Found, Ground, among, of_kind
from parc.reconcile.identity import make_traits
from parc.reconcile.load import load_ignored

_MOST_SHOWN = 10


def mixed_records(session: Session, ground: Ground) -> Found:
    """Find assets of whose present devices two show different serial numbers.

    A management controller may show another one than its host; placeholders show nothing.
    """
    looked_at = of_kind(InboxKind.MIXED_RECORD)
    if ground.scope is not None:
        looked_at = sa.and_(looked_at, among(InboxEntry.asset_id, ground.scope.assets))
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in _rows(session, ground):
        grouped[row.asset_id].append(row)
    ignored = load_ignored(session) if grouped else None
    causes = []
    for rows in grouped.values():
        shown = {}
        for row in rows:
            fields = {"serial_number": row.serial_number, "manufacturer": row.manufacturer}
            traits = make_traits(fields, (), (), ignored=ignored) if ignored else None
            if traits and traits.serial_number:
                shown[row.id] = traits.serial_number
        if len(set(shown.values())) > 1:
            causes.append(_cause(ground, [row for row in rows if row.id in shown], shown))
    return Found(causes, looked_at)


def _rows(session: Session, ground: Ground) -> sa.Result[Any]:
    is_shown = sa.and_(
        Device.absent_since.is_(None),
        Device.serial_number.is_not(None),
        sa.or_(Device.category.is_(None), Device.category != Category.BMC),
    )
    several = (
        sa.select(Device.asset_id)
        .where(is_shown, Device.asset_id.is_not(None))
        .group_by(Device.asset_id)
        .having(sa.func.count(sa.distinct(sa.func.lower(Device.serial_number))) > 1)
    )
    if ground.scope is not None:
        several = several.where(among(Device.asset_id, ground.scope.assets))
    query = (
        sa.select(
            Device.id,
            Device.asset_id,
            Device.address,
            Device.sys_name,
            Device.host_name,
            Device.model_name,
            Device.manufacturer,
            Device.serial_number,
            Device.range_id,
            Asset.name,
            Asset.asset_tag,
            Asset.location_id,
        )
        .join(Asset, Asset.id == Device.asset_id)
        .where(is_shown, Device.asset_id.in_(several))
    )
    return session.execute(query.order_by(Device.asset_id, Device.id))


def _cause(ground: Ground, rows: list[Any], shown: dict[int, str]) -> Cause:
    first = rows[0]
    records = [
        {
            "device": row.id,
            "name": device_name(row.sys_name, row.host_name, row.model_name, row.address),
            "address": row.address,
            "serial": row.serial_number,
        }
        for row in rows[:_MOST_SHOWN]
    ]
    return Cause(
        InboxKind.MIXED_RECORD,
        f"asset:{first.asset_id}",
        first.name,
        {"tag": first.asset_tag, "records": records},
        sorted(set(shown.values())),
        asset_id=first.asset_id,
        device_id=first.id,
        range_id=first.range_id,
        site_id=ground.site_of(first.location_id, first.range_id),
        devices=tuple(row.id for row in rows),
        count=len(rows),
    )
