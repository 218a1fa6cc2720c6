"""The position of products, kept: marked when anything of it changes, made again, snapshots.

Products have one that a licence is held for, with the parts of its suites, and those that need a
licence and were found. What is kept here follows from rights and findings, so that it stands in no
history.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from parc.models import (
    Allocation,
    Asset,
    Device,
    Entitlement,
    Installation,
    ManagedDevice,
    PositionSnapshot,
    ProductPart,
    ProductPosition,
    SoftwareProduct,
    SoftwareTitle,
    table_of,
)
from parc.queries.inbox_cause import parts
from parc.queries.position_facts import position_facts, related_products
from parc.services.actor import Actor
from parc.services.permissions import Action, require
from parc.software.position import positions
from parc.software.position_facts import Position
from parc.software.rules import SoftwareKind

_KEPT: Final = ("product_id", "held", "needed", "missing", "unused", "true_up", "reclaimable")


def mark_stale(session: Session, product_ids: Collection[int]) -> None:
    """Note that something of products has changed; what needs a licence and has come is new."""
    for part in parts(set(product_ids)):
        _insert(session, _unlicensed(session, SoftwareProduct.id.in_(part)))
        _mark(session, ProductPosition.product_id.in_(part))


def mark_rights(session: Session, product_ids: Collection[int]) -> None:
    """Note that licences of products were made."""
    _insert(session, related_products(session, product_ids))
    mark_stale(session, product_ids)


def mark_machines(session: Session, asset_ids: Collection[int]) -> None:
    """Note that machines, or who holds them, have changed; gone ones need no right any more.

    What needs a licence and had no position because its machines were gone comes at night.
    """
    for part in parts(set(asset_ids)):
        guests = (
            sa.select(ManagedDevice.asset_id)
            .join(Device, Device.id == ManagedDevice.device_id)
            .where(Device.asset_id.in_(part), ManagedDevice.gone_at.is_(None))
        )
        on_them = sa.select(SoftwareTitle.product_id).join(
            Installation, Installation.title_id == SoftwareTitle.id
        )
        on_them = on_them.join(Device, Device.id == Installation.device_id)
        on_them = on_them.where(Installation.gone_at.is_(None))
        given = sa.select(Entitlement.product_id).join(
            Allocation, Allocation.entitlement_id == Entitlement.id
        )
        held = given.join(Asset, Asset.custodian_person_id == Allocation.person_id)
        meant = sa.union(
            on_them.where(Device.asset_id.in_(part)),
            on_them.where(Device.asset_id.in_(guests)),
            given.where(Allocation.asset_id.in_(part)),
            held.where(Asset.id.in_(part)),
        )
        _mark(session, ProductPosition.product_id.in_(meant))


def mark_all(session: Session) -> None:
    """Let every position be made again: days go by, machines move, imports write past us."""
    held = sa.select(Entitlement.product_id).distinct()
    missing = sa.select(ProductPosition.product_id)
    fresh = set(session.scalars(held.where(Entitlement.product_id.not_in(missing))))
    inside = sa.select(ProductPart.part_id).where(ProductPart.suite_id.in_(held))
    fresh |= set(session.scalars(inside.where(ProductPart.part_id.not_in(missing))))
    _insert(session, sorted(fresh | set(_unlicensed(session))))
    _mark(session, sa.true())


def _mark(session: Session, which: sa.ColumnElement[bool]) -> None:
    statement = (
        sa.update(ProductPosition)
        .where(which, ProductPosition.is_stale.is_(False))
        .values(is_stale=True)
    )
    session.execute(statement.execution_options(synchronize_session=False))


def refresh_some(session: Session, today: date, now: datetime, most: int) -> int:
    """Make some positions again that are stale, with what belongs to them; gives how many."""
    query = sa.select(ProductPosition.product_id).where(ProductPosition.is_stale.is_(True))
    chosen = session.scalars(query.order_by(ProductPosition.product_id).limit(most)).all()
    if not chosen:
        return 0
    made = positions(position_facts(session, related_products(session, chosen), today))
    by_product = {one.product_id: one for one in made}
    there = (
        sa.select(ProductPosition, SoftwareProduct.needs_licence())
        .join(SoftwareProduct, SoftwareProduct.id == ProductPosition.product_id)
        .where(ProductPosition.product_id.in_(list(by_product)))
    )
    count = 0
    for row, needs_licence in session.execute(there).all():
        one = by_product[row.product_id]
        if not one.rights and not (needs_licence and one.uses):
            session.delete(row)
        else:
            for name, value in _values(one).items():
                setattr(row, name, value)
            row.is_stale, row.computed_at = False, now
        count += 1
    session.flush()
    return count


def take_snapshot(session: Session, actor: Actor, on: date) -> int:
    """Keep the positions as they are under a day; gives how many. The same day is kept once.

    Raises:
        NotAllowedError: the role may not edit licences.
    """
    require(actor, Action.EDIT_LICENCE)
    session.execute(sa.delete(PositionSnapshot).where(PositionSnapshot.taken_on == on))
    kept = [*(getattr(ProductPosition, name) for name in _KEPT), ProductPosition.currency]
    rows = sa.select(sa.literal(on, sa.Date()), *kept).where(
        ProductPosition.computed_at.is_not(None)
    )
    names = ["taken_on", *_KEPT, "currency"]
    statement = sa.insert(PositionSnapshot).from_select(names, rows)
    result: Any = session.execute(statement.execution_options(preserve_rowcount=True))
    return int(result.rowcount)


def _unlicensed(session: Session, *among: sa.ColumnElement[bool]) -> list[int]:
    """Give the products that need a licence, are on a machine and have no position yet."""
    row = SoftwareProduct
    query = sa.select(row.id).where(
        row.needs_licence(),
        row.kind == SoftwareKind.PRODUCT,
        row.machine_count > 0,
        row.id.not_in(sa.select(ProductPosition.product_id)),
        *among,
    )
    return list(session.scalars(query.order_by(row.id)))


def _values(one: Position) -> dict[str, Any]:
    return {
        "is_licensed": bool(one.rights),
        "held": one.held,
        "needed": one.needed,
        "missing": one.missing,
        "unused": sum(seat.code != "not_known" for seat in one.unused),
        "true_up": one.true_up,
        "reclaimable": one.reclaimable,
        "currency": one.currency,
    }


def _insert(session: Session, product_ids: Collection[int]) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table = table_of(ProductPosition)
    statement = (sqlite.insert if is_sqlite else postgresql.insert)(table).on_conflict_do_nothing()
    rows = [
        {"product_id": number, "is_stale": True, "is_licensed": True, "needed": 0, "missing": 0,
         "unused": 0, "currency": "EUR"}
        for number in product_ids
    ]  # fmt: skip
    if rows:
        session.connection().execute(statement, rows)
