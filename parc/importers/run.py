"""An import of the table carried out by a job: its dry run, and its application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from parc.importers.apply import SessionMaker, Steps, Task, apply_import, plan_lines
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.kept import choices_from_json, chosen_from_json
from parc.importers.limits import FileError
from parc.importers.mapping import is_known_heading
from parc.importers.network import NetworkFacts
from parc.importers.own_fields import kind_named
from parc.importers.plan import PlannedLine
from parc.importers.reading import read_file
from parc.importers.report import Report
from parc.importers.targets.made import TargetSettings
from parc.models import ImportRun, ImportState, Role, User
from parc.services.actor import SYSTEM, Actor
from parc.services.document_store import DocumentStore
from parc.services.jobs import JobStoppedError

_EACH: Final = 1_000  # rows between two notes of how far a dry run is


@dataclass(frozen=True, slots=True)
class RunTools:
    """What carrying an import out is handed."""

    transaction: SessionMaker
    reading: SessionMaker
    clock: Callable[[], datetime]
    should_stop: Callable[[], bool]
    store: DocumentStore
    settings: TargetSettings


def plan_run(tools: RunTools, import_id: int) -> None:
    """Make the plan of an import, and keep it with it.

    Raises:
        JobStoppedError: it was asked to stop.
    """
    try:
        task = _task(tools, import_id)
        report, facts = Report(task.overview), NetworkFacts()
        _note(tools, import_id, row_count=task.overview.rows)
        for count, line in enumerate(plan_lines(task, tools.reading, facts), 1):
            report.add(line)
            if count % _EACH == 0:
                if tools.should_stop():
                    raise JobStoppedError("stopped in the midst of a dry run")
                _note(tools, import_id, done_count=report.summary.rows)
    except FileError as error:
        _fail(tools, import_id, error)
        return
    with tools.reading() as session:
        network = facts.to_json(session)
    _note(
        tools,
        import_id,
        state=ImportState.PLANNED,
        report={**report.to_json(), "network": network},
        done_count=report.summary.rows,
    )


def apply_run(tools: RunTools, import_id: int, mode: Mode) -> None:
    """Carry an import out, and keep what came of it.

    Raises:
        JobStoppedError: it was asked to stop; what is written stays, as one act.
    """
    with tools.reading() as session:
        act_id = session.get_one(ImportRun, import_id).change_set_id
    try:
        task = _task(tools, import_id)
        report = Report(task.overview)
        _note(tools, import_id, done_count=0, row_count=task.overview.rows)

        def noted(session: Session, lines: Sequence[PlannedLine], act: int | None) -> None:
            row = session.get_one(ImportRun, import_id)
            row.done_count += sum(len(line.lines) for line in lines)
            row.change_set_id = act
            for line in lines:
                report.add(line)

        steps = Steps(tools.transaction, tools.clock, tools.should_stop, noted)
        outcome = apply_import(task, steps, mode, reading=tools.reading, act_id=act_id)
    except FileError as error:
        _fail(tools, import_id, error)
        return
    if not outcome.is_applied:
        report = Report(task.overview)
        for line in outcome.refused:
            report.add(line)
    state = ImportState.DONE if outcome.is_applied else ImportState.REFUSED
    kept = {**report.to_json(), "is_applied": outcome.is_applied}
    _note(
        tools,
        import_id,
        state=state,
        report=kept,
        change_set_id=outcome.change_set_id,
        ended_at=tools.clock(),
    )


def _task(tools: RunTools, import_id: int) -> Task:
    with tools.reading() as session:
        row = session.get_one(ImportRun, import_id)
        actor = _actor(session, row)
        kind = kind_named(session, row.kind)
    path = tools.store.path(row.file_hash)
    if not path.is_file():
        raise FileError("file_gone")
    reading = read_file(path, is_known_heading, chosen_from_json(row.choices.get("reading", {})))
    choices = choices_from_json(row.choices, kind, reading.headings)
    overview = look_over(reading, kind, choices)
    return Task(reading, kind, choices, overview, actor, row.file_name, tools.settings)


def _actor(session: Session, row: ImportRun) -> Actor:
    """Give whose import it is, with the role of now; a login that is gone may nothing."""
    if row.user_id is None:
        return SYSTEM if row.source == "folder" else Actor(row.author, Role.REQUESTER)
    user = session.get_one(User, row.user_id)
    role = user.role if user.is_active else Role.REQUESTER
    return Actor(row.author, role, user_id=row.user_id)


def _note(tools: RunTools, import_id: int, **values: Any) -> None:
    with tools.transaction() as session:
        row = session.get_one(ImportRun, import_id)
        for name, value in values.items():
            setattr(row, name, value)


def _fail(tools: RunTools, import_id: int, error: FileError) -> None:
    told = {"file_error": {"code": error.code, "value": error.value, "line": error.line}}
    _note(
        tools, import_id, state=ImportState.FAILED, report=told, error=str(error)[:500],
        ended_at=tools.clock(),
    )  # fmt: skip
