"""Acts that change many rows: recorded while they are done, and undone as a whole.

``recording`` notes every row of the inventory that the session writes inside it, before and after,
and ties the entries of the history to the act. Writers that go past the unit of work hand their
rows to ``note``. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from parc.models import (
    ChangeSet,
    ChangeSetFile,
    ChangeSetKind,
    ChangeSetPart,
    ChangeSetState,
)
from parc.services.actor import Actor
from parc.services.audit import CHANGE_SET
from parc.services.row_images import (
    TRACKED,
    UNTRACKED_COLUMNS,
    Key,
    RowImage,
    pack,
    stored,
    unpack,
)

_RECORDER: Final = "parc_recorder"
_ROWS_OF_A_PART: Final = 5_000
_DOCUMENT: Final = "document"

Title = Mapping[str, Any]


class Recorder:
    """What one act has done to the rows so far."""

    def __init__(self, tables: frozenset[str] = TRACKED) -> None:
        self.images: dict[Key, RowImage] = {}
        self.tables = tables

    def note(self, table: str, key: tuple[Any, ...], image: RowImage) -> None:
        """Add a change of a row to those before."""
        at = (table, key)
        present = self.images.get(at)
        image = image if present is None else present.then(image)
        if image.is_nothing:
            self.images.pop(at, None)
        else:
            self.images[at] = image


@contextmanager
def recording(  # noqa: PLR0913 -- the columns of an act
    session: Session,
    actor: Actor,
    kind: ChangeSetKind,
    title: Title,
    at: datetime,
    *,
    run_id: int | None = None,
    undo_of_id: int | None = None,
    act_id: int | None = None,
    tables: frozenset[str] = frozenset(),
) -> Iterator[ChangeSet | None]:
    """Record what is done inside as one act; within another act it is a part of that.

    A run writes in several transactions: what it does joins the act of the same run. So does what
    names the act that it joins. An act that changes nothing leaves none.

    Args:
        title: ``code`` and what its text names, as JSON allows.
        run_id: of a run that a person let through; else the actor's.
        act_id: of the act that a transaction before this one began.
        tables: whose rows are kept as well, beside those of every act.

    Yields:
        The act; None within another.
    """
    if _RECORDER in session.info:
        yield None
        return
    session.flush()
    run_id = run_id or actor.run_id
    act = _act_of_run(session, run_id) if kind is ChangeSetKind.RUN else None
    if act_id is not None:
        act = session.get(ChangeSet, act_id, with_for_update=True)
    if act is None:
        act = ChangeSet(
            kind=kind,
            title=dict(title),
            author=actor.name,
            user_id=actor.user_id,
            run_id=run_id,
            reason=actor.reason or None,
            at=at,
            state=ChangeSetState.APPLIED,
            undo_of_id=undo_of_id,
            row_count=0,
        )
        session.add(act)
        session.flush()
    recorder = Recorder(TRACKED | tables)
    session.info[_RECORDER], session.info[CHANGE_SET] = recorder, act.id
    try:
        yield act
        session.flush()
    finally:
        del session.info[_RECORDER], session.info[CHANGE_SET]
    _keep(session, act, recorder)


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """Do something wholly or not at all: when it raises, neither its rows nor their images stay."""
    outer = session.info.get(_RECORDER)
    inner = Recorder(outer.tables if outer else TRACKED)
    nested = session.begin_nested()
    if outer is not None:
        session.info[_RECORDER] = inner
    try:
        with nested:
            yield
    finally:
        if outer is not None:
            session.info[_RECORDER] = outer
    if outer is not None:
        for (table, key), image in inner.images.items():
            outer.note(table, key, image)


def current_act(session: Session) -> int | None:
    """Give the act that is recorded."""
    number: int | None = session.info.get(CHANGE_SET)
    return number


def is_recording(session: Session) -> bool:
    """Tell whether an act is recorded."""
    return _RECORDER in session.info


def note(session: Session, table: str, rows: Iterable[tuple[tuple[Any, ...], RowImage]]) -> None:
    """Add rows that were written past the unit of work to the act that is recorded, if any is.

    Args:
        rows: the key of each with its image, whose values are as JSON allows.
    """
    recorder = session.info.get(_RECORDER)
    if recorder is not None:
        for key, image in rows:
            recorder.note(table, key, image)


def images_of(session: Session, change_set_id: int) -> dict[Key, RowImage]:
    """Give all rows of an act."""
    recorder = Recorder()
    query = sa.select(ChangeSetPart.body).where(ChangeSetPart.change_set_id == change_set_id)
    for body in session.scalars(query.order_by(ChangeSetPart.id)):
        for (table, key), image in unpack(body):
            recorder.note(table, key, image)
    return recorder.images


def _act_of_run(session: Session, run_id: int | None) -> ChangeSet | None:
    if run_id is None:
        return None
    query = sa.select(ChangeSet).where(
        ChangeSet.run_id == run_id,
        ChangeSet.kind == ChangeSetKind.RUN,
        ChangeSet.state == ChangeSetState.APPLIED,
    )
    return session.scalars(query.with_for_update()).first()


def _keep(session: Session, act: ChangeSet, recorder: Recorder) -> None:
    images = iter(recorder.images.items())
    while part := list(islice(images, _ROWS_OF_A_PART)):
        row = ChangeSetPart(change_set_id=act.id, body=pack(part))
        session.add(row)
        if files := _files_of(part):
            session.flush()
            session.add_all(ChangeSetFile(part_id=row.id, content_hash=name) for name in files)
    act.row_count += len(recorder.images)
    if not act.row_count:
        session.delete(act)
    session.flush()


def _files_of(part: Iterable[tuple[Key, RowImage]]) -> list[str]:
    """Give the files of documents that came or went, by their hashes."""
    rows = (one.before or one.after or {} for (table, _), one in part if table == _DOCUMENT)
    return sorted({row["content_hash"] for row in rows if "content_hash" in row})


@event.listens_for(Session, "before_flush")
def _note_changed_and_deleted(session: Session, context: Any, instances: Any) -> None:
    """Note what is about to be overwritten or deleted, while it can still be read."""
    del context, instances
    recorder = session.info.get(_RECORDER)
    if recorder is None:
        return
    for one in session.dirty:
        if _table(one) in recorder.tables and session.is_modified(one):
            before, after = _changed(session, one)
            if after:
                recorder.note(_table(one), _key(one), RowImage(stored(before), stored(after)))
    for one in session.deleted:
        if _table(one) in recorder.tables:
            recorder.note(_table(one), _key(one), RowImage(stored(_whole(one)), None))


@event.listens_for(Session, "after_flush")
def _note_new(session: Session, context: Any) -> None:
    """Note what is new, once the database has numbered it."""
    del context
    recorder = session.info.get(_RECORDER)
    if recorder is None:
        return
    for one in session.new:
        if _table(one) in recorder.tables:
            recorder.note(_table(one), _key(one), RowImage(None, stored(_whole(one))))


def _table(one: object) -> str:
    return str(sa.inspect(one).mapper.local_table.name)


def _key(one: object) -> tuple[Any, ...]:
    state = sa.inspect(one)
    return tuple(stored({"key": v})["key"] for v in state.mapper.primary_key_from_instance(one))


def _whole(one: object) -> dict[str, Any]:
    table = _table(one)
    return {
        attribute.key: getattr(one, attribute.key)
        for attribute in sa.inspect(one).mapper.column_attrs
        if (table, attribute.key) not in UNTRACKED_COLUMNS
    }


def _changed(session: Session, one: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the changed columns before and after; what was never loaded is read."""
    state, table = sa.inspect(one), _table(one)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    unread: list[str] = []
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        history = state.attrs[name].history
        if not history.has_changes() or (table, name) in UNTRACKED_COLUMNS:
            continue
        after[name] = history.added[0] if history.added else None
        if history.deleted:
            before[name] = history.deleted[0]
        else:
            unread.append(name)
    if unread:
        columns = [state.mapper.local_table.c[name] for name in unread]
        keys = zip(state.mapper.primary_key, state.identity, strict=True)
        query = sa.select(*columns).where(*(column == value for column, value in keys))
        row = session.connection().execute(query).one()
        before |= dict(zip(unread, row, strict=True))
    return before, after
