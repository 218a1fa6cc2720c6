"""Licences follow rules of names: what was bought and what is found are to be one product.

A licence that was entered under a name which no rule knew is of a product of its own. When a rule
knows that name, the licence becomes of the product that the rule says, and that can be undone. It
follows once: whoever changes its product after that, or before, has the last word.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    AuditEntry,
    ChangeSetKind,
    Entitlement,
    Publisher,
    SoftwareProduct,
    SoftwareTitle,
)
from parc.naming import folded
from parc.queries.inbox_cause import parts
from parc.services.actor import SYSTEM
from parc.services.change_sets import recording
from parc.services.entitlement_batches import EntitlementChange, change_entitlements
from parc.services.entitlements import KIND
from parc.services.products import product_for, publisher_for
from parc.services.software_titles import all_rules
from parc.software.folding import Folded, product_meant


def follow_rules(session: Session, at: datetime) -> int:
    """Give licences the products that rules of names say of them; gives how many changed."""
    meant = _meant(session)
    products: dict[int, list[int]] = {}
    for part in parts(meant):
        query = sa.select(Entitlement.product_id, Entitlement.id)
        of_them = query.where(Entitlement.product_id.in_(part)).order_by(Entitlement.id)
        for product_id, number in session.execute(of_them):
            products.setdefault(product_id, []).append(number)
    decided = _decided(session, [number for ids in products.values() for number in ids])
    left = {
        product_id: [number for number in ids if number not in decided]
        for product_id, ids in products.items()
    }
    if not any(left.values()):
        return 0
    changes = []
    title = {"code": "licences_followed"}
    with recording(session, SYSTEM, ChangeSetKind.BULK_EDIT, title, at):
        for product_id, ids in left.items():
            if ids:
                other = _product(session, meant[product_id], product_id, at)
                changes += [EntitlementChange(number, {"product_id": other}) for number in ids]
        change_entitlements(session, SYSTEM, changes, at=at)
    return len(changes)


def _meant(session: Session) -> dict[int, Folded]:
    """Give what rules say of products that licences are of, and no machine has or ever had."""
    row = SoftwareProduct
    query = (
        sa.select(row.id, row.name, Publisher.name)
        .outerjoin(Publisher, Publisher.id == row.publisher_id)
        .where(
            row.id.in_(sa.select(Entitlement.product_id)),
            ~sa.exists().where(SoftwareTitle.product_id == row.id),
        )
    )
    rules = all_rules(session)
    return {
        number: one
        for number, name, publisher in session.execute(query)
        if (one := product_meant(name, publisher, rules)) and folded(one.product) != folded(name)
    }


def _decided(session: Session, ids: list[int]) -> set[int]:
    """Give the licences whose product was changed since they were entered, by whomever."""
    found: set[int] = set()
    for part in parts(ids):
        query = sa.select(AuditEntry.subject_id, AuditEntry.changes).where(
            AuditEntry.subject_kind == KIND,
            AuditEntry.subject_id.in_(part),
            AuditEntry.action != "created",
        )
        rows = session.execute(query)
        found |= {number for number, changes in rows if "product_id" in changes}
    return found


def _product(session: Session, one: Folded, own: int, at: datetime) -> int:
    """Give the product that a rule says, made if it is not there."""
    publisher = session.get_one(SoftwareProduct, own).publisher_id
    if one.publisher:
        publisher = publisher_for(session, SYSTEM, one.publisher, at=at)
    return product_for(session, SYSTEM, one.product, publisher, at=at)
