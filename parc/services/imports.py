"""Imports of files on their way: taken in, chosen for, planned, applied, thrown away.

What is done with the file itself is in ``parc.importers``; here is only what stands in the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, NotFoundError
from parc.models import ImportRun, ImportState, JobRun, JobState
from parc.services.actor import Actor
from parc.services.document_store import DocumentStore
from parc.services.jobs import enqueue
from parc.services.permissions import Action, may, require

FOLDER: Final = "imports"
PLAN: Final = "plan_import"
APPLY: Final = "apply_import"
_OPEN: Final = (ImportState.PLANNING, ImportState.APPLYING)
_CHOOSING: Final = (
    ImportState.UPLOADED,
    ImportState.PLANNED,
    ImportState.REFUSED,
    ImportState.FAILED,
)


def create_import(  # noqa: PLR0913 -- the columns of an import
    session: Session,
    actor: Actor,
    *,
    kind: str,
    file_name: str,
    file_hash: str,
    file_octets: int,
    keep: timedelta,
    at: datetime,
    source: str = "upload",
) -> ImportRun:
    """Note a file that was taken in.

    Args:
        keep: how long the file stays, whatever becomes of it.

    Raises:
        NotAllowedError: the role may not import.
    """
    require(actor, Action.IMPORT_RECORDS)
    row = ImportRun(
        kind=kind,
        file_name=file_name[-255:],
        file_hash=file_hash,
        file_octets=file_octets,
        source=source,
        author=actor.name,
        user_id=actor.user_id,
        state=ImportState.UPLOADED,
        choices={},
        report={},
        created_at=at,
        expires_at=at + keep,
    )
    session.add(row)
    session.flush()
    return row


def own_import(
    session: Session, actor: Actor, import_id: int, *, is_locked: bool = False
) -> ImportRun:
    """Give an import to its author, or to an administrator: its file may hold keys.

    Raises:
        NotAllowedError: the role may not import.
        NotFoundError: there is none, or it is another's.
    """
    require(actor, Action.IMPORT_RECORDS)
    row = session.get(ImportRun, import_id, with_for_update=True if is_locked else None)
    is_own = row is not None and row.user_id is not None and row.user_id == actor.user_id
    if row is None or not (is_own or may(actor, Action.MANAGE_USER)):
        raise NotFoundError(f"no import {import_id}")
    return row


def state_of(session: Session, row: ImportRun) -> ImportState:
    """Give where an import stands: one whose job has died has failed."""
    if row.state in _OPEN:
        state = session.scalar(sa.select(JobRun.state).where(JobRun.id == row.job_id))
        if state not in {JobState.QUEUED, JobState.RUNNING}:
            return ImportState.FAILED
    return row.state


def set_choices(
    session: Session, actor: Actor, import_id: int, choices: Mapping[str, Any]
) -> ImportRun:
    """Keep what was chosen; a plan that was made before holds no more.

    Raises:
        NotAllowedError, NotFoundError: see ``own_import``.
        ConflictError: it is under way, has ended, or its file is gone.
    """
    row = own_import(session, actor, import_id, is_locked=True)
    if state_of(session, row) not in _CHOOSING:
        raise ConflictError(f"import {import_id} is {row.state.value}")
    row.choices = dict(choices)
    row.state, row.report, row.error = ImportState.UPLOADED, {}, None
    session.flush()
    return row


def start(
    session: Session, actor: Actor, import_id: int, *, mode: str | None, at: datetime
) -> ImportRun:
    """Queue the dry run, or with ``mode`` the import itself.

    Raises:
        NotAllowedError, NotFoundError: see ``own_import``.
        ConflictError: it is under way already, has ended, or was not planned yet.
    """
    row = own_import(session, actor, import_id, is_locked=True)
    wanted = (ImportState.PLANNED, ImportState.REFUSED) if mode else _CHOOSING
    if state_of(session, row) not in wanted:
        raise ConflictError(f"import {import_id} is {row.state.value}")
    arguments: dict[str, Any] = {"import_id": row.id}
    if mode:
        arguments["mode"] = mode
    job = enqueue(
        session,
        kind=APPLY if mode else PLAN,
        arguments=arguments,
        key=f"import:{row.id}",
        lock="import" if mode else None,
        now=at,
        max_attempts=3,
    )
    row.state = ImportState.APPLYING if mode else ImportState.PLANNING
    row.job_id, row.done_count, row.error = job.id, 0, None
    session.flush()
    return row


def forget(
    session: Session, actor: Actor, store: DocumentStore, import_id: int, *, at: datetime
) -> str:
    """Throw the file away now, and the import with it unless it was applied; gives its name.

    Raises:
        NotAllowedError, NotFoundError: see ``own_import``.
        ConflictError: it is under way.
    """
    row = own_import(session, actor, import_id, is_locked=True)
    if state_of(session, row) in _OPEN:
        raise ConflictError(f"import {import_id} is {row.state.value}")
    _throw_away(session, store, row)
    if row.state is ImportState.DONE:
        row.expires_at = at
    else:
        session.delete(row)
    session.flush()
    return row.file_name


def expire(session: Session, store: DocumentStore, now: datetime) -> int:
    """Throw away the files whose time is over; gives how many."""
    query = sa.select(ImportRun).where(
        ImportRun.expires_at <= now,
        ImportRun.state.not_in([*_OPEN, ImportState.EXPIRED]),
    )
    rows = list(session.scalars(query.limit(200)))
    for row in rows:
        _throw_away(session, store, row)
        row.report = {name: value for name, value in row.report.items() if name == "counts"}
        row.choices = {}
        row.state = ImportState.EXPIRED
    session.flush()
    return len(rows)


def _throw_away(session: Session, store: DocumentStore, row: ImportRun) -> None:
    others = sa.exists().where(
        ImportRun.file_hash == row.file_hash,
        ImportRun.id != row.id,
        ImportRun.state != ImportState.EXPIRED,
    )
    if not session.scalar(sa.select(others)):
        store.path(row.file_hash).unlink(missing_ok=True)
