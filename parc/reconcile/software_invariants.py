"""What must hold of found software; looked at by ``parc doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Installation, SoftwareProduct, SoftwareTitle
from parc.reconcile.invariants import Finding

_MOST: Final = 100
_REMEDY: Final = "Run: parc software refold"


def examine_software(session: Session) -> list[Finding]:
    """Try every invariant; gives what is broken, in the order of the checks."""
    return [*_counts(session), *_untitled(session)]


def _counts(session: Session) -> Iterator[Finding]:
    """Find products whose number of machines is not that of the machines they are on."""
    title, product, row = SoftwareTitle, SoftwareProduct, Installation
    counted = (
        sa.select(title.product_id, sa.func.count(row.device_id.distinct()).label("machines"))
        .join(row, row.title_id == title.id)
        .join(product, product.id == title.product_id)
        .where(row.gone_at.is_(None), title.kind == product.kind)
        .group_by(title.product_id)
        .subquery()
    )
    true = sa.func.coalesce(counted.c.machines, 0)
    query = (
        sa.select(product.id, product.machine_count, true)
        .outerjoin(counted, counted.c.product_id == product.id)
        .where(true != product.machine_count)
        .order_by(product.id)
        .limit(_MOST)
    )
    for number, told, machines in session.execute(query):
        detail = f"{told} machines, not {machines}"
        yield Finding("machines", f"software {number}", detail, _REMEDY)


def _untitled(session: Session) -> Iterator[Finding]:
    """Find installations whose name nobody has looked at; the night names them."""
    query = sa.select(sa.func.count(Installation.id)).where(Installation.title_id.is_(None))
    if count := session.scalar(query):
        yield Finding("untitled", "software", f"{count} installations without product", _REMEDY)
