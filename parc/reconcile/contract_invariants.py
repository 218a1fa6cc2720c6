"""What must hold of contracts, of what they cover, and of files; looked at by ``parc doctor``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.contract_dates import end_after
from parc.models import (
    ChangeSetFile,
    ChangeSetPart,
    Contract,
    ContractPeriod,
    Coverage,
    Document,
    DocumentSubject,
    Entitlement,
    Incident,
    MessageState,
    Movement,
    OutgoingMessage,
    Supplier,
)
from parc.reconcile.invariants import Finding
from parc.services.document_store import DocumentStore
from parc.services.documents import needed_files

_LETTERS_SHOWN: Final = timedelta(days=30)
_SUBJECTS: Final[Mapping[DocumentSubject, Any]] = {
    DocumentSubject.CONTRACT: Contract,
    DocumentSubject.SUPPLIER: Supplier,
    DocumentSubject.ENTITLEMENT: Entitlement,
    DocumentSubject.INCIDENT: Incident,
    DocumentSubject.MOVEMENT: Movement,
}


def examine_contracts(session: Session, store: DocumentStore, now: datetime) -> list[Finding]:
    """Try every invariant; gives what is broken, in the order of the checks."""
    return [
        *_terms(session),
        *_coverage(session),
        *_documents(session, store),
        *_left_over(session, store, now),
        *_letters(session, now),
    ]


def _terms(session: Session) -> Iterator[Finding]:
    """Find contracts whose terms do not end when the contract says."""
    months = sa.func.sum(ContractPeriod.months)
    query = (
        sa.select(Contract.id, Contract.starts_on, Contract.ends_on, months)
        .outerjoin(ContractPeriod, ContractPeriod.contract_id == Contract.id)
        .group_by(Contract.id, Contract.starts_on, Contract.ends_on)
        .order_by(Contract.id)
    )
    for number, starts_on, ends_on, total in session.execute(query):
        if not total or end_after(starts_on, int(total)) != ends_on:
            remedy = "Open the contract and save it again."
            yield Finding("term", f"contract {number}", f"ends on {ends_on}", remedy)


def _coverage(session: Session) -> Iterator[Finding]:
    """Find an asset that one contract covers twice at a time."""
    other = aliased(Coverage)
    twice = sa.select(Coverage.contract_id, Coverage.asset_id).join(
        other,
        sa.and_(
            other.contract_id == Coverage.contract_id,
            other.asset_id == Coverage.asset_id,
            other.id > Coverage.id,
            sa.or_(other.until_on.is_(None), other.until_on > Coverage.from_on),
            sa.or_(Coverage.until_on.is_(None), Coverage.until_on > other.from_on),
        ),
    )
    for contract_id, asset_id in session.execute(twice.distinct()):
        remedy = "Run 'parc contracts cover': it joins both."
        yield Finding("cover", f"asset {asset_id}", f"twice by contract {contract_id}", remedy)


def _documents(session: Session, store: DocumentStore) -> Iterator[Finding]:
    """Find documents without their record, and those whose file is missing or another."""
    for kind, model in _SUBJECTS.items():
        lost = sa.select(Document.id).where(
            Document.subject_kind == kind, ~sa.exists().where(model.id == Document.subject_id)
        )
        for number in session.scalars(lost.order_by(Document.id)):
            remedy = "Its record was deleted past Parc: delete the row."
            yield Finding("document", f"document {number}", f"of no {kind.value}", remedy)
    query = sa.select(Document.id, Document.content_hash, Document.size_bytes)
    for number, content_hash, size in session.execute(query.order_by(Document.id)):
        if not store.is_whole(content_hash, size):
            remedy = "Restore the folder of documents from a backup."
            yield Finding(
                "document", f"document {number}", "its file is missing or damaged", remedy
            )
    kept = sa.select(ChangeSetPart.change_set_id, ChangeSetFile.content_hash).join(ChangeSetFile)
    for number, content_hash in session.execute(kept.distinct().order_by(*kept.selected_columns)):
        if not store.path(content_hash).is_file():
            remedy = "Restore the folder of documents from a backup, or leave it undone."
            detail = f"a file that undoing it needs is missing: {content_hash}"
            yield Finding("document", f"change {number}", detail, remedy)


def _letters(session: Session, now: datetime) -> Iterator[Finding]:
    """Find letters of the last month that the mail server would not take."""
    query = sa.select(OutgoingMessage.id, OutgoingMessage.recipient, OutgoingMessage.error).where(
        OutgoingMessage.state == MessageState.FAILED,
        OutgoingMessage.created_at >= now - _LETTERS_SHOWN,
    )
    for number, recipient, error in session.execute(query.order_by(OutgoingMessage.id)):
        detail = f"to {recipient} was not taken: {error}"
        remedy = "Look at [mail] in the settings and at the mail server; then tell them yourself."
        yield Finding("letter", f"letter {number}", detail, remedy)


def _left_over(session: Session, store: DocumentStore, now: datetime) -> Iterator[Finding]:
    """Find old files that nothing needs; the nightly purge deletes them."""
    known = needed_files(session)
    count = sum(path.name not in known for path in store.old_files(now))
    if count:
        remedy = "Nothing to do: the nightly purge deletes them."
        yield Finding("document", store.folder.name, f"{count} file(s) of no document", remedy)
