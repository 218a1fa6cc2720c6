"""Suppliers and their contacts: created, changed, deleted.

Forms, commands and imports hand in texts; all that cannot be taken is told at once, by field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, NotFoundError
from parc.models import (
    Asset,
    ChangeSet,
    ChangeSetKind,
    DocumentSubject,
    Supplier,
    SupplierContact,
    SupplierRole,
)
from parc.naming import folded
from parc.queries.suppliers import supplier_named
from parc.services.actor import Actor
from parc.services.asset_search import searched_once
from parc.services.audit import record
from parc.services.bulk_writing import hold_assets, write_values
from parc.services.change_sets import recording
from parc.services.documents import delete_documents_of
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.uses import InUseError, count_uses

_MOST_CONTACTS: Final = 100
_SHOWN: Final = (
    "name",
    "roles",
    "support_phone",
    "support_email",
    "portal_url",
    "customer_number",
    "address",
    "notes",
)


@dataclass(frozen=True, slots=True)
class SupplierDraft:
    """A supplier as typed."""

    name: str = ""
    roles: Sequence[str] = (SupplierRole.SUPPLIER.value,)
    support_phone: str = ""
    support_email: str = ""
    portal_url: str = ""
    customer_number: str = ""
    address: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ContactDraft:
    """A contact as typed."""

    name: str = ""
    position: str = ""
    phone: str = ""
    email: str = ""


def save_supplier(
    session: Session,
    actor: Actor,
    draft: SupplierDraft,
    *,
    now: datetime,
    supplier_id: int | None = None,
    version: int | None = None,
) -> Supplier:
    """Create a supplier, or change the one of ``supplier_id``; writes only what differs.

    Args:
        version: of the supplier as the person saw it; None: not checked.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such supplier.
        ConflictError: somebody changed it meanwhile.
        InvalidInputError: names the fields.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = None
    if supplier_id is not None:
        row = _locked(session, supplier_id)
        if version is not None and row.version != version:
            raise ConflictError(f"{row.name} was changed meanwhile")
    values = _read(session, draft, supplier_id)
    before = {name: getattr(row, name) for name in _SHOWN} if row else dict.fromkeys(_SHOWN)
    if row is None:
        row = Supplier(created_at=now, updated_at=now, **values)
        session.add(row)
        session.flush()
    changes = {
        name: (before[name], value) for name, value in values.items() if before[name] != value
    }
    if supplier_id is not None and changes:
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.updated_at = now
    refresh_search(session, row)
    if changes:
        _record(session, actor, row, "changed" if supplier_id else "created", now, changes)
    return row


def check_supplier(session: Session, draft: SupplierDraft, supplier_id: int | None) -> None:
    """Check what ``save_supplier`` would take; writes nothing.

    Raises:
        InvalidInputError: names the fields.
    """
    _read(session, draft, supplier_id)


GOES_WITH_SUPPLIER: Final = ("supplier_contact", "asset")  # tables that hinder no deletion


def delete_supplier(
    session: Session, actor: Actor, supplier_id: int, *, now: datetime
) -> ChangeSet | None:
    """Delete a supplier that no contract or licence names, with its contacts and documents.

    Assets no longer say who sold them, and each says so in its history. It is an act that can be
    undone.

    Returns:
        The act; None within another.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such supplier.
        InUseError: contracts, or periods of licences, name it.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = _locked(session, supplier_id)
    if uses := count_uses(session, "supplier", supplier_id, but=GOES_WITH_SUPPLIER):
        raise InUseError(row.name, uses)
    bought = session.scalars(sa.select(Asset.id).where(Asset.supplier_id == supplier_id)).all()
    contacts = sa.select(SupplierContact).where(SupplierContact.supplier_id == supplier_id)
    title = {"code": "supplier_deleted", "name": row.name}
    hold_assets(session, bought)
    with (
        recording(session, actor, ChangeSetKind.DECISION, title, now) as act,
        searched_once(session),
    ):
        emptied = {number: {"supplier_id": (row.name, None)} for number in bought}
        write_values(session, actor, emptied, ["supplier_id"], now)
        delete_documents_of(session, DocumentSubject.SUPPLIER, supplier_id)
        _record(session, actor, row, "deleted", now, {"name": (row.name, None)})
        for contact in session.scalars(contacts):
            session.delete(contact)
        session.flush()
        session.delete(row)
        session.flush()
    return act


def find_or_add(session: Session, actor: Actor, name: str, *, now: datetime) -> Supplier:
    """Give the supplier of a name, whatever its case and accents, and make it if there is none.

    Raises:
        NotAllowedError: the role may not edit contracts.
        InvalidInputError: the name cannot be taken.
    """
    found = supplier_named(session, name)
    return found or save_supplier(session, actor, SupplierDraft(name=name), now=now)


def save_contact(
    session: Session,
    actor: Actor,
    supplier_id: int,
    draft: ContactDraft,
    *,
    now: datetime,
    contact_id: int | None = None,
) -> SupplierContact:
    """Add a contact to a supplier, or change one.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such supplier or contact.
        InvalidInputError: names the fields.
    """
    require(actor, Action.EDIT_CONTRACT)
    supplier = _locked(session, supplier_id)
    fields = FieldReader()
    values = {
        "name": fields.text("name", draft.name, most=200, is_required=True),
        "position": fields.text("position", draft.position, most=200) or None,
        "phone": fields.text("phone", draft.phone, most=60) or None,
        "email": fields.email("email", draft.email) or None,
    }
    number_of = sa.select(sa.func.count()).where(SupplierContact.supplier_id == supplier_id)
    if contact_id is None and (session.scalar(number_of) or 0) >= _MOST_CONTACTS:
        fields.add("name", "too_many_lines", str(_MOST_CONTACTS))
    fields.raise_problems()
    if contact_id is None:
        row = SupplierContact(supplier_id=supplier_id, **values)
        session.add(row)
        changes: dict[str, tuple[Any, Any]] = {"contact": (None, row.name)}
    else:
        row = _contact(session, supplier_id, contact_id)
        changes = {"contact": (_written(row), " ".join(filter(None, values.values())))}
        for name, value in values.items():
            setattr(row, name, value)
    session.flush()
    refresh_search(session, supplier)
    _record(session, actor, supplier, "changed", now, changes)
    return row


def delete_contact(
    session: Session, actor: Actor, supplier_id: int, contact_id: int, *, now: datetime
) -> str:
    """Delete a contact; gives the name.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such supplier or contact.
    """
    require(actor, Action.EDIT_CONTRACT)
    supplier = _locked(session, supplier_id)
    row = _contact(session, supplier_id, contact_id)
    _record(session, actor, supplier, "changed", now, {"contact": (_written(row), None)})
    session.delete(row)
    session.flush()
    refresh_search(session, supplier)
    return row.name


def refresh_search(session: Session, row: Supplier) -> None:
    """Make anew what a search finds a supplier by, and its contracts."""
    contacts = session.scalars(
        sa.select(SupplierContact.name).where(SupplierContact.supplier_id == row.id)
    )
    texts = [row.name, row.customer_number, row.support_phone, row.support_email, *contacts]
    row.search_text = " ".join(dict.fromkeys(folded(text) for text in texts if text))
    session.flush()


def _read(session: Session, draft: SupplierDraft, supplier_id: int | None) -> dict[str, Any]:
    fields = FieldReader()
    name = fields.text("name", draft.name, most=200, is_required=True)
    roles = [
        fields.word("roles", role, SupplierRole, SupplierRole.SUPPLIER).value
        for role in dict.fromkeys(draft.roles)
    ]
    values = {
        "name": name,
        "roles": [role.value for role in SupplierRole if role.value in roles],
        "support_phone": fields.text("support_phone", draft.support_phone, most=60) or None,
        "support_email": fields.email("support_email", draft.support_email) or None,
        "portal_url": _portal(fields, draft.portal_url) or None,
        "customer_number": fields.text("customer_number", draft.customer_number, most=100) or None,
        "address": fields.lines("address", draft.address, most=500) or None,
        "notes": fields.lines("notes", draft.notes, most=20_000) or None,
    }
    others = Supplier.id != supplier_id if supplier_id is not None else sa.true()
    if name and session.scalar(sa.select(Supplier.id).where(Supplier.name == name, others)):
        fields.add("name", "taken", name)
    fields.raise_problems()
    return values


def _portal(fields: FieldReader, value: str) -> str:
    """Take an address of the web that begins with https and names a host, and nothing else."""
    text = fields.text("portal_url", value, most=500)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        is_good = False
    if not is_good or " " in text or "\\" in text:
        fields.add("portal_url", "not_https", text[:60])
    return text


def _contact(session: Session, supplier_id: int, contact_id: int) -> SupplierContact:
    row = session.get(SupplierContact, contact_id)
    if row is None or row.supplier_id != supplier_id:
        raise NotFoundError(f"there is no contact {contact_id}")
    return row


def _written(row: SupplierContact) -> str:
    return " ".join(filter(None, (row.name, row.position, row.phone, row.email)))


def _locked(session: Session, supplier_id: int) -> Supplier:
    row = session.get(Supplier, supplier_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"there is no supplier {supplier_id}")
    return row


def _record(
    session: Session,
    actor: Actor,
    row: Supplier,
    action: str,
    now: datetime,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    record(
        session,
        actor,
        at=now,
        subject_kind="supplier",
        subject_id=row.id,
        subject_name=row.name,
        action=action,
        changes=changes,
    )
