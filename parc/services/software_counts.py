"""On how many machines found software is: kept beside titles and products, moved by what changes.

Nobody counts all installations. What is written here follows from what was found, so it stands in
no history and is no part of an act; undo makes it again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Installation, SoftwareProduct, SoftwareTitle, table_of
from parc.services.positions import mark_stale
from parc.software.rules import SoftwareKind

_CHUNK: Final = 500

Presence = Mapping[int, Counter[int]]


def read_presence(session: Session, device_ids: Collection[int]) -> Presence:
    """Give which titles are on each of these devices, with how often."""
    found: dict[int, Counter[int]] = {}
    row = Installation
    for part in parts(sorted(device_ids)):
        query = sa.select(row.device_id, row.title_id).where(
            row.device_id.in_(part), row.gone_at.is_(None), row.title_id.is_not(None)
        )
        for device_id, title_id in session.execute(query):
            if title_id is not None:
                found.setdefault(device_id, Counter())[title_id] += 1
    return found


def note_presence(session: Session, before: Presence, after: Presence, at: datetime) -> None:
    """Bring the counts of titles and products up to what came and went on some devices."""
    titles: Counter[int] = Counter()
    for device_id in before.keys() | after.keys():
        titles.update(after.get(device_id, Counter()))
        titles.subtract(before.get(device_id, Counter()))
    changed = {number for number, count in titles.items() if count}
    if not changed:
        return
    product_of = _products_of(
        session, {n for one in (before, after) for c in one.values() for n in c}
    )
    products: Counter[int] = Counter()
    for device_id in before.keys() | after.keys():
        products.update({product_of[n] for n in after.get(device_id, ()) if n in product_of})
        products.subtract({product_of[n] for n in before.get(device_id, ()) if n in product_of})
    _add_counts(session, titles, products, {product_of[n] for n in changed if n in product_of}, at)


def _add_counts(
    session: Session,
    titles: Counter[int],
    products: Counter[int],
    touched: Collection[int],
    at: datetime,
) -> None:
    title, product = table_of(SoftwareTitle), table_of(SoftwareProduct)
    of: Any = sa.bindparam("of")
    by: Any = sa.bindparam("by")
    moment: Any = sa.bindparam("moment", at, title.c.first_seen_at.type)
    rows = [{"of": n, "by": titles[n]} for n in sorted(titles) if titles[n]]
    statement = (
        sa.update(title)
        .where(title.c.id == of)
        .values(installation_count=title.c.installation_count + by, last_seen_at=moment)
    )
    session.connection().execute(statement, rows)
    if not touched:
        return
    count = product.c.machine_count + by
    statement = (
        sa.update(product)
        .where(product.c.id == of)
        .values(
            machine_count=count,
            first_seen_at=sa.func.coalesce(product.c.first_seen_at, moment),
            last_seen_at=moment,
            removed_at=sa.case((count > 0, sa.null()), else_=moment),
        )
    )
    session.connection().execute(statement, [{"of": n, "by": products[n]} for n in sorted(touched)])
    mark_stale(session, touched)


def _products_of(session: Session, title_ids: Collection[int]) -> dict[int, int]:
    """Give the products of titles; an update of a product is no machine that has it."""
    title, product = SoftwareTitle, SoftwareProduct
    return {
        number: product_id
        for part in parts(sorted(title_ids))
        for number, product_id in session.execute(
            sa.select(title.id, title.product_id)
            .join(product, product.id == title.product_id)
            .where(title.id.in_(part), title.kind == product.kind)
        )
    }


def recount_products(session: Session, product_ids: Collection[int]) -> None:
    """Count the machines of some products anew, with when they were first and last seen."""
    title, row = SoftwareTitle, Installation
    product = SoftwareProduct
    for part in parts(sorted(product_ids)):
        _settle_kinds(session, part)
        machines = (
            sa.select(title.product_id, sa.func.count(row.device_id.distinct()))
            .join(row, row.title_id == title.id)
            .join(product, product.id == title.product_id)
            .where(title.product_id.in_(part), row.gone_at.is_(None), title.kind == product.kind)
            .group_by(title.product_id)
        )
        counts = {number: count for number, count in session.execute(machines)}  # noqa: C416 -- rows
        seen = (
            sa.select(
                title.product_id,
                sa.func.min(title.first_seen_at),
                sa.func.max(title.last_seen_at),
            )
            .where(title.product_id.in_(part))
            .group_by(title.product_id)
        )
        _write_counts(session, part, counts, session.execute(seen).all())
    mark_stale(session, product_ids)


def _write_counts(
    session: Session, part: Sequence[int], counts: dict[int, int], seen: Sequence[Any]
) -> None:
    by_product = {number: values for number, *values in seen}
    rows: list[dict[str, Any]] = []
    for number in part:
        count = counts.get(number, 0)
        first, last = by_product.get(number, (None, None))
        rows.append(
            {
                "id": number,
                "machine_count": count,
                "first_seen_at": first,
                "last_seen_at": last,
                "removed_at": None if count else last,
            }
        )
    if rows:
        session.execute(sa.update(SoftwareProduct), rows)


def _settle_kinds(session: Session, product_ids: Sequence[int]) -> None:
    """Say what each is: a product as soon as one title says so, else what its titles are."""
    title, product = SoftwareTitle, SoftwareProduct
    kinds: dict[int, set[SoftwareKind]] = defaultdict(set)
    query = sa.select(title.product_id, title.kind).where(title.product_id.in_(product_ids))
    for number, kind in session.execute(query.distinct()):
        kinds[number].add(kind)
    rows = [
        {
            "id": number,
            "kind": SoftwareKind.PRODUCT if SoftwareKind.PRODUCT in found else min(found),
        }
        for number, found in kinds.items()
    ]
    if rows:
        session.execute(sa.update(product), rows)


def parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Give values in parts that fit a query."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
