"""Whom and what a rule of seats means, as conditions: who gives and who takes back ask the same."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import (
    Asset,
    Device,
    Installation,
    LifecycleState,
    Person,
    ProductPart,
    SoftwareTitle,
)
from parc.queries.departments import read_departments
from parc.queries.locations import read_places

GONE: Final = (LifecycleState.TO_DISPOSE, LifecycleState.DISPOSED, LifecycleState.STOLEN)
Conditions = list[sa.ColumnElement[bool]]


def people_meant(session: Session, department_id: int | None) -> Conditions:
    """Give what is true of the people of a department and below who have not left; else nothing."""
    if department_id is None:
        return []
    within = read_departments(session).within(department_id)
    return [Person.department_id.in_(within), Person.left_on.is_(None)]


def machines_meant(
    session: Session,
    product_id: int,
    category: Category | None,
    location_id: int | None,
    *,
    is_installed: bool,
) -> Conditions:
    """Give what is true of the machines that are meant; nothing when none are.

    Args:
        product_id: of the licence; its parts count as well where ``is_installed`` is wanted.
    """
    conditions: Conditions = []
    if category is not None:
        conditions.append(Asset.category == category)
    if location_id is not None:
        conditions.append(Asset.location_id.in_(_below(session, location_id)))
    if is_installed:
        conditions.append(Asset.id.in_(_having(product_id)))
    return [*conditions, Asset.lifecycle_state.not_in(GONE)] if conditions else []


def _having(product_id: int) -> sa.Select[int | None]:
    suite = sa.select(ProductPart.part_id).where(ProductPart.suite_id == product_id)
    return (
        sa.select(Device.asset_id)
        .join(Installation, Installation.device_id == Device.id)
        .join(SoftwareTitle, SoftwareTitle.id == Installation.title_id)
        .where(
            sa.or_(SoftwareTitle.product_id == product_id, SoftwareTitle.product_id.in_(suite)),
            Installation.gone_at.is_(None),
            Device.asset_id.is_not(None),
        )
    )


def _below(session: Session, location_id: int) -> list[int]:
    places = read_places(session).by_id
    found = {location_id}
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {place.id for place in places.values() if place.parent_id in found}
    return sorted(found)
