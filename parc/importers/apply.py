"""An import carried out: planned to the end first, then written in parts as one act.

Each part is one transaction and each row is written wholly or not at all, so that other writers
wait for moments only. A worker that dies leaves the parts that are written: begun again, their rows
are unchanged and the rest joins the same act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from parc.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from parc.importers.choices import Choices, Mode
from parc.importers.entries import Entry, Overview
from parc.importers.kinds.fields import Kind
from parc.importers.network import NetworkFacts
from parc.importers.plan import LineAction, PlannedLine, Planner, Summary, chunks_of
from parc.importers.reading import Reading
from parc.importers.targets.made import RIGHTS, TargetSettings, make_target
from parc.importers.targets.target import BatchTarget, Draft, Target
from parc.importers.values import CellProblem
from parc.models import ChangeSet, ChangeSetKind
from parc.services.actor import SYSTEM, Actor
from parc.services.asset_search import searched_once
from parc.services.change_sets import attempt, current_act, recording
from parc.services.jobs import JobStoppedError
from parc.services.permissions import require
from parc.services.undo import undo

SessionMaker = Callable[[], AbstractContextManager[Session]]
_WRITTEN: Final = frozenset({LineAction.NEW, LineAction.CHANGED})
_REFUSALS: Final = (InvalidInputError, ConflictError, NotAllowedError, NotFoundError)


@dataclass(frozen=True, slots=True)
class Task:
    """One import: the file and how it is read, what was chosen, and whose it is.

    Attributes:
        title: of the act in the list of changes.
    """

    reading: Reading
    kind: Kind
    choices: Choices
    overview: Overview
    actor: Actor
    title: str
    settings: TargetSettings = field(default_factory=TargetSettings)

    def planner(self, facts: NetworkFacts | None = None) -> Planner:
        """Give a planner that has seen nothing yet."""
        target = make_target(
            self.kind, self.choices, self.overview.key, self.settings, self.reading.headings
        )
        return Planner(self.kind, self.choices, target, self.reading.headings, facts)


@dataclass(frozen=True, slots=True)
class Steps:
    """What carrying out an import is handed.

    Attributes:
        transaction: gives a session that commits at its end.
        clock: what time it is.
        should_stop: asked between two parts.
        noted: called in the transaction of each part with its lines and the act.
    """

    transaction: SessionMaker
    clock: Callable[[], datetime]
    should_stop: Callable[[], bool] = lambda: False
    noted: Callable[[Session, Sequence[PlannedLine], int | None], None] = (
        lambda _session, _lines, _act: None
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an import.

    Attributes:
        change_set_id: None when nothing was written.
        is_applied: False when it was taken back, or never begun, because rows were refused.
    """

    summary: Summary
    refused: tuple[PlannedLine, ...]
    change_set_id: int | None
    is_applied: bool


def plan_lines(
    task: Task, reading: SessionMaker, facts: NetworkFacts | None = None
) -> Iterator[PlannedLine]:
    """Say what becomes of each entry; nothing is written.

    Args:
        facts: collects what the network may know of the entries.

    Raises:
        FileError: the file is out of bounds or damaged.
        NotAllowedError: the role may not write this kind of record.
    """
    require(task.actor, RIGHTS[task.kind.name])
    planner = task.planner(facts)
    for chunk in chunks_of(task.reading, task.kind, task.choices, task.overview):
        with reading() as session:
            lines = list(planner.plan(session, chunk))
        yield from lines


def apply_import(
    task: Task, steps: Steps, mode: Mode, *, reading: SessionMaker, act_id: int | None = None
) -> Outcome:
    """Carry an import out.

    Args:
        mode: ``ALL`` writes nothing at all when any row is refused.
        act_id: the act of an earlier try that ended half-way.

    Raises:
        FileError: the file is out of bounds or damaged.
        NotAllowedError: the role may not write this kind of record.
        JobStoppedError: it was asked to stop; what is written stays, as one act.
    """
    require(task.actor, RIGHTS[task.kind.name])
    if mode is Mode.ALL:
        summary, refused = Summary(), []
        for line in plan_lines(task, reading):
            summary.add(line)
            if line.action is LineAction.REFUSED:
                refused.append(replace(line, draft=Draft()))
        if refused:
            return Outcome(summary, tuple(refused), act_id, is_applied=False)
    return _write_all(task, steps, mode, act_id)


def _write_all(task: Task, steps: Steps, mode: Mode, act_id: int | None) -> Outcome:
    planner, summary = task.planner(), Summary()
    refused: list[PlannedLine] = []
    for chunk in chunks_of(task.reading, task.kind, task.choices, task.overview):
        if steps.should_stop():
            raise JobStoppedError("stopped between two parts of an import")
        with steps.transaction() as session:
            lines, act_id = _write_part(session, task, planner, chunk, act_id, steps.clock())
            steps.noted(session, lines, act_id)
        for line in lines:
            summary.add(line)
        refused += [line for line in lines if line.action is LineAction.REFUSED]
        if refused and mode is Mode.ALL:
            _take_back(steps, act_id)
            return Outcome(summary, tuple(refused), None, is_applied=False)
    return Outcome(summary, tuple(refused), act_id, is_applied=True)


def _write_part(
    session: Session,
    task: Task,
    planner: Planner,
    chunk: Sequence[Entry],
    act_id: int | None,
    at: datetime,
) -> tuple[list[PlannedLine], int | None]:
    title = {"code": "imported", "kind": task.kind.name, "file": task.title}
    with (
        recording(session, task.actor, ChangeSetKind.IMPORT, title, at, act_id=act_id),
        searched_once(session),
    ):
        act = current_act(session)
        planned = list(planner.plan(session, chunk))
        made = _write_together(session, task, planner.target, planned, at)
        lines = [
            _bare(line, made[line.lines])
            if line.lines in made
            else _write(session, task, planner.target, line, at)
            for line in planned
        ]
    is_there = act is not None and session.get(ChangeSet, act) is not None
    return lines, act if is_there else act_id


def _write_together(
    session: Session, task: Task, target: Target, lines: Sequence[PlannedLine], at: datetime
) -> Mapping[tuple[int, ...], int]:
    """Make all new records of a part with few statements, and change all others with few more.

    Returns:
        The records by the lines of the file, without those that have to be written by themselves:
        when one of the new ones is refused, all of these, and so for the changed ones.
    """
    if not isinstance(target, BatchTarget):
        return {}
    new = [line for line in lines if line.action is LineAction.NEW]
    changed = {
        line.record_id: line
        for line in lines
        if line.action is LineAction.CHANGED and line.record_id is not None
    }
    found: dict[tuple[int, ...], int] = {}
    with suppress(*_REFUSALS), attempt(session):
        drafts = [line.draft for line in new]
        numbers = target.write_new(session, task.actor, drafts, at=at) if new else []
        found |= {line.lines: number for line, number in zip(new, numbers, strict=True)}
    with suppress(*_REFUSALS), attempt(session):
        pairs = [(number, line.draft) for number, line in changed.items()]
        written = target.write_changed(session, task.actor, pairs, at=at) if pairs else ()
        found |= {changed[number].lines: number for number in written}
    return found


def _bare(line: PlannedLine, record_id: int | None) -> PlannedLine:
    """Give a line without what only its writing needed."""
    return replace(line, draft=Draft(beside=line.draft.beside), record_id=record_id)


def _write(
    session: Session, task: Task, target: Target, line: PlannedLine, at: datetime
) -> PlannedLine:
    """Write one line wholly or not at all; what its service refuses is told as the plan tells."""
    bare = _bare(line, line.record_id)
    if line.action not in _WRITTEN:
        return bare
    try:
        with attempt(session):
            number = target.write(session, task.actor, line.draft, line.record_id, at=at)
    except InvalidInputError as error:
        problems = tuple(
            CellProblem(line.lines[0], p.field, "", p.value, p.code, p.value)
            for p in error.problems
        )
        return replace(bare, action=LineAction.REFUSED, problems=problems)
    except (ConflictError, NotAllowedError, NotFoundError) as error:
        problem = CellProblem(line.lines[0], "", "", str(error)[:200], "changed_meanwhile")
        return replace(bare, action=LineAction.REFUSED, problems=(problem,))
    return replace(bare, record_id=number)


def _take_back(steps: Steps, act_id: int | None) -> None:
    """Undo what the parts before have written, when the whole cannot be."""
    if act_id is None:
        return
    with steps.transaction() as session:
        if session.get(ChangeSet, act_id) is not None:
            undo(session, SYSTEM, act_id, at=steps.clock())
