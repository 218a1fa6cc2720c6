"""A folder into which other systems drop exports: each stable file becomes an import, once.

A look notes the size of each file; one that has the same size at the next look is taken in, planned
by the import's own jobs, and applied or left for a person. The file itself is moved only when its
import has come to an end, so that a worker that dies in between loses and doubles nothing: the next
look finds the file and the import of its content. Links are never followed, and nothing outside the
folder is read or written.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.importers.choices import Mode
from parc.importers.kept import choices_to_json, chosen_from_json, chosen_to_json, found_choices
from parc.importers.kinds import KINDS
from parc.importers.limits import LIMITS, FileError, Limits
from parc.importers.mapping import is_known_heading, signature
from parc.importers.own_fields import kind_named
from parc.importers.reading import Chosen, Reading, read_file
from parc.importers.refused import refused_csv
from parc.importers.report import refused_lines
from parc.importers.run import RunTools
from parc.importers.values import CellProblem
from parc.models import ImportMapping, ImportRun, ImportState
from parc.queries.imports import mapping_of
from parc.services import audit, imports
from parc.services.actor import SYSTEM
from parc.services.document_store import Stored, TooLargeError

_LOG = logging.getLogger(__name__)
DONE: Final = "done"
REFUSED: Final = "refused"
SOURCE: Final = "folder"
_MOST_FILES: Final = 500  # that one look takes notice of
_UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".lock")
_TOLD: Final = 500  # refused lines of a report
_MEBI: Final = 1024 * 1024


def _code(problem: CellProblem) -> str:
    return f"{problem.code} {problem.detail}".rstrip()


def _say_nothing(_session: Session, _row: ImportRun) -> None: ...


@dataclass(frozen=True, slots=True)
class WatchedFolder:
    """The folder, and what becomes of its files.

    Attributes:
        is_applied: files of which no row is refused are imported; else they wait for a person.
        keep: how long an import keeps its copy of the file.
        notes: where the sizes of the look before are kept.
        words: says why a row is refused, beside the row.
        tell: called for each import that begins to wait for a person, in the transaction that
            notes it in the history.
    """

    path: Path
    is_applied: bool
    keep: timedelta
    notes: Path
    limits: Limits = LIMITS
    words: Callable[[CellProblem], str] = _code
    tell: Callable[[Session, ImportRun], object] = _say_nothing


@dataclass(frozen=True, slots=True)
class _File:
    """A file as a look finds it; ``group`` is its subfolder, empty for the folder itself."""

    path: Path
    group: str
    size: int
    changed_at: int
    is_regular: bool = True

    @property
    def sign(self) -> list[int]:
        """Give what stays the same while nobody writes into it."""
        return [self.size, self.changed_at]


def look(tools: RunTools, folder: WatchedFolder) -> int:
    """Look at the folder once; gives how many files were taken in or moved.

    Raises:
        OSError: the folder cannot be read.
    """
    before = _read_notes(folder.notes)
    present: dict[str, list[int]] = {}
    count = 0
    for file in _files(folder.path):
        if tools.should_stop():
            break
        name = str(file.path.relative_to(folder.path))
        present[name] = file.sign
        if before.get(name) == file.sign and _take(tools, folder, file):
            count += 1
    _write_notes(folder.notes, present)
    return count


def _take(tools: RunTools, folder: WatchedFolder, file: _File) -> bool:
    """Do the next step of a stable file; tells whether there was one."""
    try:
        stored = _store(tools, folder, file)
    except FileError as error:
        told = {"code": error.code, "value": error.value}
        _move(tools, folder, file, REFUSED, {"state": "refused", "file_error": told})
        return True
    except OSError as error:
        _LOG.warning("%s cannot be read: %s", file.path, error)
        return False
    if stored is None:
        return False
    with tools.reading() as session:
        known = _import_of(session, stored.content_hash)
    if known is None:
        return _begin(tools, folder, file, stored)
    return _follow(tools, folder, file, known)


def _store(tools: RunTools, folder: WatchedFolder, file: _File) -> Stored | None:
    """Copy a file into the store; None when somebody still writes into it.

    Raises:
        FileError: it is no file, or too large.
        OSError: it cannot be read.
    """
    if not file.is_regular:
        raise FileError("not_a_table")
    if file.size > folder.limits.file_octets:
        raise FileError("file_too_large", str(folder.limits.file_octets // _MEBI))
    number = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as stream:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise FileError("not_a_table")
        try:
            stored = tools.store.put(stream, folder.limits.file_octets)
        except TooLargeError:
            raise FileError("file_too_large", str(folder.limits.file_octets // _MEBI)) from None
    return stored if stored.size_bytes == file.size else None


def _import_of(session: Session, content_hash: str) -> ImportRun | None:
    query = sa.select(ImportRun).where(
        ImportRun.file_hash == content_hash, ImportRun.source == SOURCE
    )
    return session.scalars(query.order_by(ImportRun.id.desc()).limit(1)).first()


def _begin(tools: RunTools, folder: WatchedFolder, file: _File, stored: Stored) -> bool:
    """Make an import of a file that was never seen, and queue its dry run."""
    try:
        with tools.reading() as session:
            kind, choices = _choices(session, tools, file, stored)
    except FileError as error:
        told = {"code": error.code, "value": error.value}
        _move(tools, folder, file, REFUSED, {"state": "refused", "file_error": told})
        return True
    now = tools.clock()
    with tools.transaction() as session:
        row = imports.create_import(
            session,
            SYSTEM,
            kind=kind,
            file_name=file.path.name,
            file_hash=stored.content_hash,
            file_octets=stored.size_bytes,
            keep=folder.keep,
            at=now,
            source=SOURCE,
        )
        imports.set_choices(session, SYSTEM, row.id, choices)
        imports.start(session, SYSTEM, row.id, mode=None, at=now)
    _LOG.info("%s is taken in as import %d of %s", file.path.name, row.id, kind)
    return True


def _choices(
    session: Session, tools: RunTools, file: _File, stored: Stored
) -> tuple[str, dict[str, Any]]:
    """Give the kind and the choices: of the mapping that the subfolder names, or the headings.

    Raises:
        FileError: it cannot be read, or nothing says what it holds.
    """
    path = tools.store.path(stored.content_hash)
    named = _mapping_named(session, file.group)
    kept: Mapping[str, Any] = named.choices if named else {}
    reading = read_file(path, is_known_heading, chosen_from_json(kept.get("reading", {})))
    if named is not None:
        return named.kind, dict(named.choices)
    kinds = [file.group] if file.group in KINDS else [] if file.group else list(KINDS)
    for kind in kinds:
        known = mapping_of(session, signature(kind_named(session, kind), reading.headings))
        if known is not None:
            return known.kind, dict(known.choices)
    if file.group in KINDS:
        return file.group, _found(session, file.group, reading)
    raise FileError("mapping_missing", file.group)


def _found(session: Session, kind: str, reading: Reading) -> dict[str, Any]:
    choices = found_choices(kind_named(session, kind), reading.headings)
    if not choices.columns.columns:
        raise FileError("mapping_missing", kind)
    return {
        **choices_to_json(choices, reading.headings),
        "reading": chosen_to_json(Chosen()),
    }


def _mapping_named(session: Session, name: str) -> ImportMapping | None:
    if not name:
        return None
    query = sa.select(ImportMapping).where(ImportMapping.name == name)
    return session.scalars(query.order_by(ImportMapping.id).limit(1)).first()


def _follow(tools: RunTools, folder: WatchedFolder, file: _File, row: ImportRun) -> bool:
    """Do what the state of the import of a file asks for; tells whether anything was done."""
    with tools.reading() as session:
        state = imports.state_of(session, session.get_one(ImportRun, row.id))
    refused = row.report.get("counts", {}).get("refused", 0)
    if state in {ImportState.PLANNING, ImportState.APPLYING, ImportState.UPLOADED}:
        return False
    if state is ImportState.PLANNED and folder.is_applied and not refused:
        with tools.transaction() as session:
            imports.start(session, SYSTEM, row.id, mode=Mode.ALL, at=tools.clock())
        return True
    is_good = state in {ImportState.DONE, ImportState.PLANNED, ImportState.EXPIRED}
    where = DONE if is_good and not refused else REFUSED
    if state is ImportState.PLANNED:
        _tell(tools, folder, row)
    report = {
        "import": row.id,
        "kind": row.kind,
        "state": "waiting" if state is ImportState.PLANNED else state.value,
        "rows": row.report.get("rows"),
        "counts": row.report.get("counts", {}),
        "change_set": row.change_set_id,
        "error": row.error,
        "refused": row.report.get("lines", {}).get("refused", [])[:_TOLD],
    }
    _move(tools, folder, file, where, report, row)
    return True


def _tell(tools: RunTools, folder: WatchedFolder, row: ImportRun) -> None:
    """Note in the history that an import waits for a person, and tell them, before it is moved."""
    counts = row.report.get("counts", {})
    with tools.transaction() as session:
        audit.record(
            session,
            SYSTEM,
            at=tools.clock(),
            subject_kind="import",
            subject_id=row.id,
            subject_name=row.file_name,
            action="waits",
            changes={name: (None, count) for name, count in counts.items() if count},
        )
        folder.tell(session, row)


def _move(
    tools: RunTools,
    folder: WatchedFolder,
    file: _File,
    where: str,
    report: Mapping[str, Any],
    row: ImportRun | None = None,
) -> None:
    """Move a file out of the way, under a name of its own, with what came of it beside it."""
    target = folder.path / where
    target.mkdir(mode=0o750, exist_ok=True)
    if target.is_symlink():
        raise NotADirectoryError(str(target))
    stem = f"{tools.clock():%Y%m%dT%H%M%S}-{file.path.name}"
    if (target / stem).exists():
        stem = f"{tools.clock():%Y%m%dT%H%M%S}-{file.changed_at}-{file.path.name}"
    told = json.dumps({"file": file.path.name, **report}, ensure_ascii=False, indent=1)
    (target / f"{stem}.report.json").write_text(told + "\n", encoding="utf-8")
    if row is not None and where == REFUSED:
        _write_refused(tools, folder, row, target / f"{stem}.rows.csv")
    file.path.rename(target / stem)


def _write_refused(tools: RunTools, folder: WatchedFolder, row: ImportRun, path: Path) -> None:
    """Write the refused rows, each with the reasons."""
    lines = refused_lines(row.report)
    source = tools.store.path(row.file_hash)
    if not lines or not source.is_file():
        return
    reading = read_file(source, is_known_heading, chosen_from_json(row.choices.get("reading", {})))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.writelines(refused_csv(reading, lines, folder.words))


def _files(folder: Path) -> Iterator[_File]:
    """Give the files of the folder and of its subfolders, one level deep; no link is followed."""
    count = 0
    for group, path in _groups(folder):
        for entry in sorted(os.scandir(path), key=lambda one: one.name):
            is_hidden = entry.name.startswith((".", "~$"))
            if is_hidden or entry.name.lower().endswith(_UNFINISHED):
                continue
            status = entry.stat(follow_symlinks=False)
            is_link = stat.S_ISLNK(status.st_mode)
            if stat.S_ISREG(status.st_mode) or (is_link and not Path(entry.path).is_dir()):
                count += 1
                if count > _MOST_FILES:
                    return
                yield _File(
                    Path(entry.path), group, status.st_size, status.st_mtime_ns, not is_link
                )


def _groups(folder: Path) -> Iterator[tuple[str, Path]]:
    yield "", folder
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        is_ours = entry.name in {DONE, REFUSED} or entry.name.startswith(".")
        if not is_ours and entry.is_dir(follow_symlinks=False):
            yield entry.name, Path(entry.path)


def _read_notes(path: Path) -> dict[str, list[int]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_notes(path: Path, present: Mapping[str, list[int]]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(present, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)
