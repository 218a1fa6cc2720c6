"""Documents of contracts, suppliers, movements, incidents and licences: added, deleted, collected.

A file is taken in before the transaction that writes its row, since drawing a picture anew takes
time: when the transaction fails, the file is left over, and collected later. Whoever deletes a
record deletes its documents with ``delete_documents_of``: within an act, they come back when it is
undone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from os import SEEK_END
from pathlib import PurePosixPath
from typing import IO, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import ChangeSetFile, Document, DocumentSubject
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.document_store import OTHER, DocumentStore, Stored, TooLargeError
from parc.services.incident_values import number_text
from parc.services.incidents import own_incident, touch
from parc.services.permissions import Action, require
from parc.services.pictures import PictureError, redraw

MOST_DOCUMENTS: Final = 200
MOST_TOGETHER: Final = 1024  # megabytes of all documents of one record
# What a requester may add to an incident: in one message, and in all.
MOST_AT_ONCE: Final = 5
MOST_OF_REQUESTER: Final = 20
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


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a person sends it.

    Attributes:
        is_public: the requester of the incident reads it, too.
    """

    name: str
    stream: IO[bytes]
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file that a person has sent, in the store."""

    name: str
    stored: Stored
    is_public: bool


def take_in(
    store: DocumentStore, files: Sequence[SentFile], *, most_megabytes: int
) -> list[TakenFile]:
    """Store what a person sends, outside of any transaction; pictures are drawn anew.

    What is of no known type, as a program, is not taken: others will open what is kept here.

    Raises:
        InvalidInputError: of ``file``: one is missing, empty, too large, of no known type or a
            picture that cannot be drawn, or there are too many.
    """
    if len(files) > MOST_AT_ONCE:
        raise InvalidInputError([FieldProblem("file", "too_many_files", str(MOST_AT_ONCE))])
    return [_take_in(store, file, most_megabytes * _MEBI) for file in files]


def add_document(
    session: Session,
    actor: Actor,
    subject: tuple[DocumentSubject, int],
    file: TakenFile,
    *,
    subject_name: str,
    now: datetime,
) -> Document:
    """Tie a file to a record, which the caller knows to be there.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: of ``file``: the record has too many.
    """
    require(actor, RIGHTS[subject[0]][1])
    return _tie(session, actor, subject, file, (subject_name, now))


def attach_own(
    session: Session,
    actor: Actor,
    incident_id: int,
    files: Sequence[TakenFile],
    *,
    now: datetime,
) -> list[Document]:
    """Add files to an incident that the actor has reported, whatever the role; they are public.

    Raises:
        NotAllowedError: the role may not.
        NotFoundError: there is no such incident of the actor's.
        InvalidInputError: of ``file``; nothing is added then.
    """
    require(actor, Action.REPORT_FAULT)
    incident = own_incident(session, actor, incident_id)
    subject = (DocumentSubject.INCIDENT, incident_id)
    own = sa.select(sa.func.count()).where(*_of(subject), Document.user_id == actor.user_id)
    if files and (session.scalar(own) or 0) + len(files) > MOST_OF_REQUESTER:
        most = str(MOST_OF_REQUESTER)
        raise InvalidInputError([FieldProblem("file", "too_many_documents", most)])
    rows = []
    for file in files:
        named = (f"{number_text(incident_id)} {incident.title}", now)
        rows.append(_tie(session, actor, subject, replace(file, is_public=True), named))
    if rows:
        touch(incident, now)
    return rows


def _take_in(store: DocumentStore, file: SentFile, most_bytes: int) -> TakenFile:
    name = clean_name(file.name)
    if not name:
        raise InvalidInputError([FieldProblem("file", "required")])

    def without_traces(draft: IO[bytes], media_type: str) -> bytes | None:
        if media_type == OTHER and draft.seek(0, SEEK_END):
            raise InvalidInputError([FieldProblem("file", "file_type", name)])
        return redraw(draft, media_type, most_bytes)

    try:
        stored = store.put(file.stream, most_bytes, without_traces)
    except TooLargeError:
        raise InvalidInputError([FieldProblem("file", "file_too_large", name)]) from None
    except PictureError as error:
        raise InvalidInputError([FieldProblem("file", str(error), name)]) from None
    if not stored.size_bytes:
        raise InvalidInputError([FieldProblem("file", "file_empty", name)])
    return TakenFile(name, stored, file.is_public)


def _of(subject: tuple[DocumentSubject, int]) -> tuple[sa.ColumnElement[bool], ...]:
    return (Document.subject_kind == subject[0], Document.subject_id == subject[1])


def _tie(
    session: Session,
    actor: Actor,
    subject: tuple[DocumentSubject, int],
    file: TakenFile,
    named: tuple[str, datetime],
) -> Document:
    """Tie a stored file to its record; ``named`` is the record's name, and when.

    Raises:
        InvalidInputError: of ``file``: the record has too many.
    """
    kind, subject_id = subject
    stored = file.stored
    sizes = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Document.size_bytes), 0))
    count, octets = session.execute(sizes.where(*_of(subject))).one()
    if count >= MOST_DOCUMENTS:
        raise InvalidInputError([FieldProblem("file", "too_many_documents", str(MOST_DOCUMENTS))])
    if octets + stored.size_bytes > MOST_TOGETHER * _MEBI:
        raise InvalidInputError([FieldProblem("file", "documents_too_large", str(MOST_TOGETHER))])
    row = Document(
        subject_kind=kind,
        subject_id=subject_id,
        name=file.name,
        is_public=file.is_public,
        content_hash=stored.content_hash,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
        created_at=named[1],
        user_id=actor.user_id,
        author=actor.name,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, *named, (None, row.name))
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
