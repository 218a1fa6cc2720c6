"""Publishers and products: found by their names, whatever their case and accents, or made."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Publisher, SoftwareProduct
from parc.naming import folded
from parc.services import audit
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.software_titles import all_rules
from parc.software.folding import product_meant
from parc.software.licensing import usual_need


def find_publisher(session: Session, name: str) -> int | None:
    """Give the publisher of a name; None when there is none."""
    wanted = folded(" ".join(name.split()))
    return session.scalar(sa.select(Publisher.id).where(Publisher.name_folded == wanted))


def publisher_for(session: Session, actor: Actor, name: str, *, at: datetime) -> int:
    """Give the publisher of a name, and make it if there is none.

    Raises:
        NotAllowedError: the role may not edit licences.
        InvalidInputError: of ``publisher``.
    """
    require(actor, Action.EDIT_LICENCE)
    if (known := find_publisher(session, name)) is not None:
        return known
    reader = FieldReader()
    plain = reader.text("publisher", name, most=255, is_required=True)
    reader.raise_problems()
    row = Publisher(name=plain, name_folded=folded(plain)[:255])
    session.add(row)
    session.flush()
    _created(session, actor, "publisher", row.id, row.name, at)
    return row.id


def product_for(
    session: Session, actor: Actor, name: str, publisher_id: int | None, *, at: datetime
) -> int:
    """Give the product of a name and publisher, and make it if there is none.

    Without a publisher a product of that name will do when only one has it. A new name that a rule
    of names knows is the product that the rule says, as it would be when found on a machine.

    Raises:
        NotAllowedError: the role may not edit licences.
        InvalidInputError: of ``product``.
    """
    require(actor, Action.EDIT_LICENCE)
    reader = FieldReader()
    plain = reader.text("product", name, most=255, is_required=True)
    reader.raise_problems()
    if (known := _known(session, plain, publisher_id)) is not None:
        return known
    publisher = session.get(Publisher, publisher_id) if publisher_id is not None else None
    meant = product_meant(plain, publisher.name if publisher else None, all_rules(session))
    if meant is not None and folded(meant.product) != folded(plain):
        # One rule holds, as for what is found: two that name each other would never end.
        plain = meant.product
        if meant.publisher:
            publisher_id = publisher_for(session, actor, meant.publisher, at=at)
        if (known := _known(session, plain, publisher_id)) is not None:
            return known
    return _new_product(session, actor, plain, publisher_id, at)


def _known(session: Session, name: str, publisher_id: int | None) -> int | None:
    query = sa.select(SoftwareProduct.id).where(SoftwareProduct.name_folded == folded(name)[:255])
    if publisher_id is not None:
        query = query.where(SoftwareProduct.publisher_id == publisher_id)
    found = session.scalars(query.order_by(SoftwareProduct.id)).all()
    if len(found) == 1:
        return found[0]
    if publisher_id is None and found:
        return session.scalar(query.where(SoftwareProduct.publisher_id.is_(None)))
    return None


def _new_product(
    session: Session, actor: Actor, name: str, publisher_id: int | None, at: datetime
) -> int:
    publisher = session.get(Publisher, publisher_id) if publisher_id is not None else None
    row = SoftwareProduct(
        publisher_id=publisher_id,
        name=name,
        name_folded=folded(name)[:255],
        usual_need=usual_need(name, publisher.name if publisher else None),
    )
    session.add(row)
    session.flush()
    _created(session, actor, "software_product", row.id, row.name, at)
    return row.id


def _created(
    session: Session, actor: Actor, kind: str, number: int, name: str, at: datetime
) -> None:
    audit.record(
        session,
        actor,
        at=at,
        subject_kind=kind,
        subject_id=number,
        subject_name=name,
        action="created",
        changes={"name": (None, name)},
    )
