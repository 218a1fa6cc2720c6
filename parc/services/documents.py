"""Documents of contracts, suppliers, movements, incidents and licences: added, deleted, collected.

A file is stored before its row: when the transaction fails, the file is left over, and collected
later. Whoever deletes a record deletes its documents with ``delete_documents_of``: within an act,
they come back when it is undone.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import ChangeSetFile, Document, DocumentSubject
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.document_store import DocumentStore, TooLargeError
from parc.services.permissions import Action, require

MOST_DOCUMENTS: Final = 200
_MEBI: Final = 1024 * 1024
_MOST_CHARACTERS: Final = 255

# Who may read the documents of a record, and who may add and delete them.
RIGHTS: Final = {
    DocumentSubject.CONTRACT: (Action.VIEW_CONTRACT, Action.EDIT_CONTRACT),
    DocumentSubject.SUPPLIER: (Action.VIEW_CONTRACT, Action.EDIT_CONTRACT),
    DocumentSubject.MOVEMENT: (Action.VIEW_INVENTORY, Action.MOVE_ASSET),
    DocumentSubject.INCIDENT: (Action.VIEW_INCIDENT, Action.EDIT_INCIDENT),
    DocumentSubject.ENTITLEMENT: (Action.VIEW_INVENTORY, Action.EDIT_LICENCE),
}


def add_document(  # noqa: PLR0913 -- the file is three, its record two, who and when
    session: Session,
    actor: Actor,
    store: DocumentStore,
    subject: tuple[DocumentSubject, int],
    *,
    name: str,
    stream: IO[bytes],
    most_megabytes: int,
    subject_name: str,
    now: datetime,
) -> Document:
    """Store a file and tie it to a record, which the caller knows to be there.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: ``file`` is missing, empty or too large, or there are too many.
    """
    kind, subject_id = subject
    require(actor, RIGHTS[kind][1])
    shown = clean_name(name)
    if not shown:
        raise InvalidInputError([FieldProblem("file", "required")])
    count = sa.select(sa.func.count()).where(
        Document.subject_kind == kind, Document.subject_id == subject_id
    )
    if (session.scalar(count) or 0) >= MOST_DOCUMENTS:
        raise InvalidInputError([FieldProblem("file", "too_many_documents", str(MOST_DOCUMENTS))])
    try:
        stored = store.put(stream, most_megabytes * _MEBI)
    except TooLargeError:
        problem = FieldProblem("file", "file_too_large", str(most_megabytes))
        raise InvalidInputError([problem]) from None
    if not stored.size_bytes:
        raise InvalidInputError([FieldProblem("file", "file_empty")])
    row = Document(
        subject_kind=kind,
        subject_id=subject_id,
        name=shown,
        content_hash=stored.content_hash,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
        created_at=now,
        user_id=actor.user_id,
        author=actor.name,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, subject_name, now, (None, row.name))
    return row


def delete_document(
    session: Session, actor: Actor, document_id: int, *, subject_name: str, now: datetime
) -> Document:
    """Take a document off its record; gives the row that was. Its file is collected later.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such document.
    """
    row = session.get(Document, document_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"there is no document {document_id}")
    require(actor, RIGHTS[row.subject_kind][1])
    _record(session, actor, row, subject_name, now, (row.name, None))
    session.delete(row)
    session.flush()
    return row


def delete_documents_of(session: Session, kind: DocumentSubject, subject_id: int) -> int:
    """Delete the documents of a record that is deleted; gives how many there were."""
    rows = session.scalars(
        sa.select(Document).where(Document.subject_kind == kind, Document.subject_id == subject_id)
    ).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return len(rows)


def collect_files(session: Session, store: DocumentStore, now: datetime) -> int:
    """Delete the files that nothing needs any more; gives how many."""
    return store.collect(needed_files(session), now)


def needed_files(session: Session) -> set[str]:
    """Give the files that a document names, or that came or went with one in an act that is kept.

    Retention drops what acts keep, and their claim on files with it.
    """
    kept = sa.select(ChangeSetFile.content_hash)
    return set(session.scalars(sa.select(Document.content_hash).union(kept)))


def clean_name(name: str) -> str:
    """Give a file's name as it may be shown: no folders, nothing that cannot be printed."""
    last = PurePosixPath(name.replace("\\", "/")).name
    text = "".join(sign for sign in unicodedata.normalize("NFC", last) if sign.isprintable())
    return " ".join(text.split())[:_MOST_CHARACTERS]


def _record(
    session: Session,
    actor: Actor,
    row: Document,
    subject_name: str,
    now: datetime,
    change: tuple[str | None, str | None],
) -> None:
    record(
        session,
        actor,
        at=now,
        subject_kind=row.subject_kind.value,
        subject_id=row.subject_id,
        subject_name=subject_name,
        action="changed",
        changes={"document": change},
    )
