"""Alerts that nobody was told of yet, and who is to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Alert,
    AlertKind,
    Asset,
    Contract,
    Entitlement,
    Person,
    Publisher,
    Role,
    SoftwareProduct,
    Supplier,
    User,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a letter, and in which language; None: that of the settings."""

    address: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Untold:
    """What is to be told: contracts and licences one by one, warranties by day and model."""

    ids: list[int]
    contracts: Sequence[Any]
    licences: Sequence[Any]
    warranties: Sequence[Any]


def untold(session: Session, today: date) -> Untold:
    """Read the alerts that stand in no letter yet."""
    is_open = (Alert.is_told.is_(False), Alert.due_on >= today)
    contracts = session.execute(
        sa.select(
            Alert.kind,
            Alert.due_on,
            Contract.id,
            Contract.name,
            Contract.number,
            Supplier.name.label("supplier"),
        )
        .join(Contract, Contract.id == Alert.subject_id)
        .join(Supplier, Supplier.id == Contract.supplier_id)
        .where(*is_open, Alert.kind.in_((AlertKind.NOTICE, AlertKind.CONTRACT_END)))
        .order_by(Alert.due_on, Contract.name)
    ).all()
    warranties = session.execute(
        sa.select(
            Alert.due_on, Asset.manufacturer, Asset.model_name, sa.func.count().label("count")
        )
        .join(Asset, Asset.id == Alert.subject_id)
        .where(*is_open, Alert.kind == AlertKind.WARRANTY_END)
        .group_by(Alert.due_on, Asset.manufacturer, Asset.model_name)
        .order_by(Alert.due_on, sa.func.count().desc())
    ).all()
    ids = session.scalars(sa.select(Alert.id).where(*is_open))
    return Untold(list(ids), contracts, _licences(session, today), warranties)


def near_end(today: date) -> sa.ColumnElement[bool]:
    """Give the condition that a licence, or its maintenance, has come near its end.

    What is near is what was raised: each licence by its own delay. A renewed one has another date.
    """
    return sa.exists().where(
        Alert.subject_id == Entitlement.id, Alert.due_on >= today, _is_present_date()
    )


def _is_present_date() -> sa.ColumnElement[bool]:
    """Tell whether an alert is of the date that its licence has now."""
    term = sa.and_(Alert.kind == AlertKind.LICENCE_END, Alert.due_on == Entitlement.ends_on)
    maintenance = sa.and_(
        Alert.kind == AlertKind.MAINTENANCE_END, Alert.due_on == Entitlement.maintenance_ends_on
    )
    return sa.or_(term, maintenance)


def _licences(session: Session, today: date) -> Sequence[Any]:
    query = (
        sa.select(
            Alert.kind,
            Alert.due_on,
            Entitlement.id,
            Entitlement.name,
            Entitlement.version,
            SoftwareProduct.name.label("product"),
            Publisher.name.label("publisher"),
        )
        .join(Entitlement, Entitlement.id == Alert.subject_id)
        .join(SoftwareProduct, SoftwareProduct.id == Entitlement.product_id)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .where(Alert.is_told.is_(False), Alert.due_on >= today, _is_present_date())
        .order_by(Alert.due_on, Entitlement.name)
    )
    return session.execute(query).all()


def recipients(session: Session, roles: Collection[Role]) -> list[Recipient]:
    """Give the active logins of some roles whose person has an address of e-mail."""
    query = (
        sa.select(Person.email, User.language)
        .join(User, User.person_id == Person.id)
        .where(User.is_active.is_(True), User.role.in_(roles), Person.email.is_not(None))
        .order_by(Person.email)
    )
    return [Recipient(row.email or "", row.language) for row in session.execute(query)]
