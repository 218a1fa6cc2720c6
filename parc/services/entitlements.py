"""Licences held: created, changed, renewed, deleted.

A renewal is a new period: what was bought before stays. The dates of the last term and of the last
maintenance are copied to the licence, for lists. Values come in as columns take them; what forms
send is read by ``entitlement_drafts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Contract,
    DocumentSubject,
    Entitlement,
    EntitlementKey,
    EntitlementPeriod,
    EntitlementPeriodKind,
    Publisher,
    SoftwareProduct,
)
from parc.naming import folded
from parc.secret_box import SecretBox
from parc.services import audit
from parc.services.actor import Actor
from parc.services.documents import delete_documents_of
from parc.services.licence_keys import add_keys, keys_of, open_key
from parc.services.permissions import Action, require
from parc.services.positions import mark_rights, mark_stale

KIND: Final = "entitlement"
_PERIOD_VALUES: Final = (
    *("starts_on", "ends_on", "purchased_on", "cost", "is_tax_included", "supplier_id"),
    *("order_number", "invoice_number", "invoice_on"),
)


def create_entitlement(
    session: Session, actor: Actor, values: Mapping[str, Any], *, at: datetime
) -> Entitlement:
    """Add a licence.

    Args:
        values: by the columns of a licence, as they take them.

    Raises:
        NotAllowedError: the role may not edit licences.
        InvalidInputError: of ``name``, ``product_id``, ``quantity``, ``reference``.
    """
    require(actor, Action.EDIT_LICENCE)
    _check(session, values, None)
    row = Entitlement(
        **values,
        name_folded=folded(values["name"])[:255],
        created_at=at,
        updated_at=at,
    )
    row.contract_id = _contract(session, row.contract_number)
    session.add(row)
    session.flush()
    refresh_search(session, row)
    _record(session, actor, row, "created", at, {n: (None, v) for n, v in values.items() if v})
    return row


def change_entitlement(
    session: Session,
    actor: Actor,
    entitlement_id: int,
    values: Mapping[str, Any],
    *,
    at: datetime,
    version: int | None = None,
) -> Entitlement:
    """Change the named fields that differ.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        ConflictError: somebody changed it since ``version``.
        InvalidInputError: by field.
    """
    require(actor, Action.EDIT_LICENCE)
    row = locked(session, entitlement_id)
    if version is not None and row.row_version != version:
        raise ConflictError(f"{row.name} was changed meanwhile")
    changes = {
        name: (getattr(row, name), value)
        for name, value in values.items()
        if getattr(row, name) != value
    }
    if not changes:
        return row
    _check(session, {n: v for n, (_b, v) in changes.items()}, row)
    for name, (_before, value) in changes.items():
        setattr(row, name, value)
    row.name_folded = folded(row.name)[:255]
    if "contract_number" in changes:
        row.contract_id = _contract(session, row.contract_number)
    touch(row, at)
    session.flush()
    refresh_search(session, row)
    _record(session, actor, row, "changed", at, changes)
    return row


def delete_entitlement(session: Session, actor: Actor, entitlement_id: int, *, at: datetime) -> str:
    """Delete a licence with its periods, keys, allocations and documents; gives its name.

    Raises:
        NotAllowedError: the role may not delete licences.
        NotFoundError: there is no such licence.
    """
    require(actor, Action.DELETE_LICENCE)
    row = locked(session, entitlement_id)
    _record(session, actor, row, "deleted", at, {"name": (row.name, None)})
    delete_documents_of(session, DocumentSubject.ENTITLEMENT, row.id)
    session.flush()
    session.delete(row)
    session.flush()
    return row.name


def add_period(
    session: Session,
    actor: Actor,
    entitlement_id: int,
    kind: EntitlementPeriodKind,
    values: Mapping[str, Any],
    *,
    at: datetime,
) -> EntitlementPeriod:
    """Add a term or a time of maintenance: a renewal, or the first.

    Args:
        values: by the columns of a period, as they take them.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        InvalidInputError: of ``ends_on``: ``before_start``.
    """
    require(actor, Action.EDIT_LICENCE)
    row = locked(session, entitlement_id)
    check_days(values)
    period = EntitlementPeriod(entitlement_id=row.id, kind=kind, **values)
    session.add(period)
    session.flush()
    copy_dates(session, row)
    touch(row, at)
    changes = {name: (None, value) for name, value in values.items() if value is not None}
    _record(session, actor, row, f"{kind.value}_added", at, changes)
    return period


def change_period(
    session: Session,
    actor: Actor,
    period_id: int,
    values: Mapping[str, Any],
    *,
    at: datetime,
) -> EntitlementPeriod:
    """Correct a period; what is renewed gets a new one instead.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such period.
        InvalidInputError: of ``ends_on``: ``before_start``.
    """
    period, row = _locked_period(session, actor, period_id)
    check_days({n: values.get(n, getattr(period, n)) for n in ("starts_on", "ends_on")})
    changes = {
        name: (getattr(period, name), value)
        for name, value in values.items()
        if getattr(period, name) != value
    }
    for name, (_before, value) in changes.items():
        setattr(period, name, value)
    if changes:
        session.flush()
        copy_dates(session, row)
        touch(row, at)
        _record(session, actor, row, f"{period.kind.value}_changed", at, changes)
    return period


def delete_period(session: Session, actor: Actor, period_id: int, *, at: datetime) -> int:
    """Delete a period that should not be there; gives its licence.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such period.
    """
    period, row = _locked_period(session, actor, period_id)
    gone = {
        name: (value, None)
        for name in _PERIOD_VALUES
        if (value := getattr(period, name)) is not None
    }
    session.delete(period)
    session.flush()
    copy_dates(session, row)
    touch(row, at)
    _record(session, actor, row, f"{period.kind.value}_deleted", at, gone)
    return row.id


def _locked_period(
    session: Session, actor: Actor, period_id: int
) -> tuple[EntitlementPeriod, Entitlement]:
    require(actor, Action.EDIT_LICENCE)
    period = session.get(EntitlementPeriod, period_id)
    if period is None:
        raise NotFoundError(f"no period {period_id}")
    return period, locked(session, period.entitlement_id)


def put_keys(
    session: Session,
    actor: Actor,
    box: SecretBox,
    entitlement_id: int,
    keys: Sequence[str],
    *,
    at: datetime,
) -> int:
    """Add the keys that a licence does not have; gives how many. The history says only that.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such licence.
        SecretError: a key that is there cannot be opened.
    """
    require(actor, Action.EDIT_LICENCE)
    row = locked(session, entitlement_id)
    there = {open_key(box, one) for one in keys_of(session, [row.id]).get(row.id, [])}
    new = [key for key in dict.fromkeys(keys) if key not in there]
    if new:
        add_keys(session, box, row.id, new)
        touch(row, at)
        session.flush()
        _record(session, actor, row, "keys_added", at, {"keys": (None, "changed")})
    return len(new)


def drop_key(session: Session, actor: Actor, key_id: int, *, at: datetime) -> int:
    """Delete a key; gives its licence.

    Raises:
        NotAllowedError: the role may not edit licences.
        NotFoundError: there is no such key.
    """
    require(actor, Action.EDIT_LICENCE)
    key = session.get(EntitlementKey, key_id)
    if key is None:
        raise NotFoundError(f"no key {key_id}")
    row = locked(session, key.entitlement_id)
    session.delete(key)
    touch(row, at)
    session.flush()
    _record(session, actor, row, "key_deleted", at, {"keys": ("changed", None)})
    return row.id


def locked(session: Session, entitlement_id: int) -> Entitlement:
    """Give a licence, locked.

    Raises:
        NotFoundError: there is no such licence.
    """
    row = session.get(Entitlement, entitlement_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no licence {entitlement_id}")
    return row


def touch(row: Entitlement, at: datetime) -> None:
    """Note that a licence was changed."""
    row.updated_at = at
    row.row_version += 1


def copy_dates(session: Session, row: Entitlement) -> None:
    """Copy the dates of the last term and the last maintenance to the licence."""
    query = sa.select(EntitlementPeriod).where(EntitlementPeriod.entitlement_id == row.id)
    put_dates(row, session.scalars(query.order_by(EntitlementPeriod.id)))


def put_dates(row: Entitlement, periods: Iterable[EntitlementPeriod]) -> None:
    """Copy the dates of the last of all periods of a licence, in the order in which they came."""
    last: dict[EntitlementPeriodKind, EntitlementPeriod] = {}
    for period in periods:
        before = last.get(period.kind)
        if before is None or _end(period) >= _end(before):
            last[period.kind] = period
    term = last.get(EntitlementPeriodKind.TERM)
    maintenance = last.get(EntitlementPeriodKind.MAINTENANCE)
    row.starts_on = term.starts_on if term else None
    row.ends_on = term.ends_on if term else None
    row.maintenance_ends_on = maintenance.ends_on if maintenance else None


def refresh_search(session: Session, row: Entitlement) -> None:
    """Make anew what a search compares."""
    query = (
        sa.select(SoftwareProduct.name, Publisher.name)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .where(SoftwareProduct.id == row.product_id)
    )
    product, publisher = session.execute(query).one()
    row.search_text = search_of(
        row.name, product, publisher, row.version, row.reference, row.contract_number
    )
    session.flush()


def search_of(*texts: str | None) -> str:
    """Give what a search compares of a licence."""
    return " ".join(dict.fromkeys(folded(text) for text in texts if text))[:4000]


def record_change(
    session: Session,
    actor: Actor,
    row: Entitlement,
    action: str,
    at: datetime,
    changes: Mapping[str, tuple[Any, Any]],
) -> None:
    """Add an entry to the history of a licence."""
    _record(session, actor, row, action, at, changes)


def _end(period: EntitlementPeriod) -> str:
    return period.ends_on.isoformat() if period.ends_on else "9999"


def _check(session: Session, values: Mapping[str, Any], row: Entitlement | None) -> None:
    problems = []
    if "name" in values and not values["name"]:
        problems.append(FieldProblem("name", "required"))
    quantity = values.get("quantity")
    if quantity is not None and quantity < 0:
        problems.append(FieldProblem("quantity", "out_of_bounds", "0-"))
    if reference := values.get("reference"):
        others = sa.true() if row is None else Entitlement.id != row.id
        query = sa.select(Entitlement.name).where(Entitlement.reference == reference, others)
        if (same := session.scalar(query)) is not None:
            problems.append(FieldProblem("reference", "taken", same))
    if problems:
        raise InvalidInputError(problems)


def check_days(values: Mapping[str, Any]) -> None:
    """Check the days of a period.

    Raises:
        InvalidInputError: of ``ends_on``: ``before_start``.
    """
    starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        raise InvalidInputError([FieldProblem("ends_on", "before_start", starts_on.isoformat())])


def _contract(session: Session, number: str | None) -> int | None:
    """Give the contract of a number, when only one has it."""
    if not number:
        return None
    found = session.scalars(sa.select(Contract.id).where(Contract.number == number).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _record(
    session: Session,
    actor: Actor,
    row: Entitlement,
    action: str,
    at: datetime,
    changes: Mapping[str, tuple[Any, Any]],
) -> None:
    if action == "created" or "product_id" in changes:
        mark_rights(session, [row.product_id])
    before = changes.get("product_id", (None, None))[0]
    mark_stale(session, {before or row.product_id})
    audit.record(
        session,
        actor,
        at=at,
        subject_kind=KIND,
        subject_id=row.id,
        subject_name=row.name,
        action=action,
        changes={name: (plain_value(a), plain_value(b)) for name, (a, b) in changes.items()},
    )


def plain_value(value: Any) -> Any:
    """Give a value as JSON takes it."""
    if value is None or isinstance(value, str | int | bool | dict):
        return value
    return str(getattr(value, "value", value))
