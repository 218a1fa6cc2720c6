"""Documents of a record, and one of them to download."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Asset,
    Contract,
    Document,
    DocumentSubject,
    Entitlement,
    Incident,
    Movement,
    Supplier,
)


def documents_of(session: Session, kind: DocumentSubject, subject_id: int) -> Sequence[Document]:
    """Give the documents of a record, the latest first."""
    query = sa.select(Document).where(
        Document.subject_kind == kind, Document.subject_id == subject_id
    )
    return session.scalars(query.order_by(Document.id.desc())).all()


def public_documents(session: Session, incident_id: int) -> Sequence[Document]:
    """Give the documents of an incident that its requester reads, the latest first."""
    query = sa.select(Document).where(
        Document.subject_kind == DocumentSubject.INCIDENT,
        Document.subject_id == incident_id,
        Document.is_public.is_(True),
    )
    return session.scalars(query.order_by(Document.id.desc())).all()


def get_document(session: Session, document_id: int) -> Document:
    """Give one document.

    Raises:
        NotFoundError: there is no such document.
    """
    row = session.get(Document, document_id)
    if row is None:
        raise NotFoundError(f"There is no document {document_id}.")
    return row


def subject_name(session: Session, row: Document) -> str:
    """Name the record that a document belongs to, for its history."""
    found: Contract | Supplier | Entitlement | None = None
    if row.subject_kind is DocumentSubject.CONTRACT:
        found = session.get(Contract, row.subject_id)
    elif row.subject_kind is DocumentSubject.SUPPLIER:
        found = session.get(Supplier, row.subject_id)
    elif row.subject_kind is DocumentSubject.ENTITLEMENT:
        found = session.get(Entitlement, row.subject_id)
    elif row.subject_kind is DocumentSubject.INCIDENT:
        incident = session.get(Incident, row.subject_id)
        return incident.title if incident else ""
    elif row.subject_kind is DocumentSubject.MOVEMENT:
        named = sa.select(Asset.name).join(Movement, Movement.asset_id == Asset.id)
        return session.scalar(named.where(Movement.id == row.subject_id)) or ""
    return found.name if found else ""
