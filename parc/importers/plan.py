"""What an import would do, line by line: new, changed, unchanged, left alone or refused.

Nothing is written. The lines come while the file is read; the same lines are made again when the
import is applied, so that what has changed meanwhile is seen.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from sqlalchemy.orm import Session

from parc.importers.choices import Choices, Policy
from parc.importers.entries import Entry, Overview, read_entries
from parc.importers.kinds.fields import Kind
from parc.importers.network import NetworkFacts
from parc.importers.reading import Reading
from parc.importers.targets.target import Draft, Found, Key, Target
from parc.importers.values import CellProblem
from parc.naming import folded

CHUNK: Final = 200


class LineAction(enum.StrEnum):
    """What becomes of an entry."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    LEFT = "left"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What becomes of one entry of the file.

    Attributes:
        lines: of the file; more than one for the seats of a licence.
        label: what it is called.
        changes: by field what stands there and what shall.
        cells: of the first row, for showing a refused one.
    """

    lines: tuple[int, ...]
    action: LineAction
    label: str
    record_id: int | None = None
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    problems: tuple[CellProblem, ...] = ()
    draft: Draft = field(default_factory=Draft)
    notes: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Planner:
    """Plans entries in their order; knows which keys the file has had already.

    Args:
        facts: collects what the network may know of them; None where that is not asked.
    """

    kind: Kind
    choices: Choices
    target: Target
    headings: tuple[str, ...]
    facts: NetworkFacts | None = None
    _seen: dict[Key, int] = field(default_factory=dict)

    def plan(self, session: Session, entries: Sequence[Entry]) -> Iterator[PlannedLine]:
        """Plan some entries, with few questions to the database for all of them."""
        readable = [entry for entry in entries if not entry.problems]
        known = self.target.load(session, readable)
        if self.facts is not None:
            self.facts.take(self.kind.name, readable, is_per_seat=self.choices.is_per_seat)
        for entry in entries:
            yield self._line(session, entry, known)

    def _line(self, session: Session, entry: Entry, known: Mapping[Key, list[int]]) -> PlannedLine:
        label = self.target.label(entry.values)
        if entry.problems:
            return PlannedLine(entry.lines, LineAction.REFUSED, label, problems=entry.problems)
        key = self.target.key(entry.values)
        found = known.get(key, []) if key is not None else []
        if (refused := self._no_record(entry, key, found)) is not None:
            return self._refused(entry, label, [refused])
        record_id = found[0] if found else None
        if record_id is not None and self.choices.policy is Policy.CREATE:
            return PlannedLine(entry.lines, LineAction.LEFT, label, record_id)
        draft = self.target.plan(session, entry, record_id)
        problems = [*draft.found, *self._beside(draft)]
        if problems:
            return replace(self._refused(entry, label, problems), draft=draft)
        return self._taken(entry, label, record_id, draft)

    def _no_record(self, entry: Entry, key: Key | None, found: Sequence[int]) -> Found | None:
        """Say why no one record can be meant by an entry."""
        if key is None:
            return Found("", "key_blank")
        first = self._seen.setdefault(key, entry.line)
        if first != entry.line:
            return Found("", "same_key_twice", str(first))
        if len(found) > 1:
            return Found("", "several_records", str(len(found)))
        if not found and self.choices.policy is Policy.UPDATE:
            return Found("", "not_there")
        return None

    def _taken(self, entry: Entry, label: str, record_id: int | None, draft: Draft) -> PlannedLine:
        action = LineAction.NEW
        if record_id is not None:
            action = LineAction.CHANGED if draft.changes else LineAction.UNCHANGED
        return PlannedLine(
            entry.lines, action, label, record_id, draft.changes, draft=draft, notes=draft.notes
        )

    def _beside(self, draft: Draft) -> list[Found]:
        """Give the names that would have to be made beside and may not."""
        return [
            Found(draft.named_in.get((kind, name), kind), "beside_not_ticked", name)
            for kind, name in draft.beside
            if kind not in self.choices.beside_kinds
            and (kind, folded(name)) not in self.choices.beside
        ]

    def _refused(self, entry: Entry, label: str, found: Sequence[Found]) -> PlannedLine:
        problems = tuple(self._problem(entry, one) for one in found)
        return PlannedLine(entry.lines, LineAction.REFUSED, label, problems=problems)

    def _problem(self, entry: Entry, found: Found) -> CellProblem:
        place = self.choices.columns.columns.get(self._column_of(found.field))
        heading = self.headings[place] if place is not None else ""
        row = entry.rows[0]
        if place is not None:  # of the seats of one licence, the row that says it
            named = folded(found.value)
            row = next((one for one in entry.rows if folded(one.cells[place]) == named), row)
        cell = row.cells[place][:200] if place is not None else ""
        return CellProblem(
            row.line, found.field, heading, cell or found.value[:200], found.code, found.value
        )

    def _column_of(self, name: str) -> str:
        """Give the field of a name that is one, or that names what is made beside."""
        if not name or name in self.choices.columns.columns:
            return name
        fields = (one.name for one in self.kind.fields if one.beside == name)
        return next((one for one in fields if one in self.choices.columns.columns), name)


@dataclass(slots=True)
class Summary:
    """What a plan comes to."""

    counts: dict[LineAction, int] = field(default_factory=lambda: dict.fromkeys(LineAction, 0))
    beside: dict[tuple[str, str], int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    def add(self, line: PlannedLine) -> None:
        """Count one line."""
        self.counts[line.action] += 1
        self.rows += len(line.lines)
        for one in line.draft.beside:
            self.beside[one] = self.beside.get(one, 0) + 1
        for code, _value in line.notes:
            self.notes[code] = self.notes.get(code, 0) + 1


def chunks_of(
    reading: Reading, kind: Kind, choices: Choices, overview: Overview
) -> Iterator[tuple[Entry, ...]]:
    """Give the entries of a file in parts, each for one transaction.

    Raises:
        FileError: the file is out of bounds or damaged.
    """
    entries = read_entries(reading, kind, choices, overview.formats)
    while part := tuple(islice(entries, CHUNK)):
        yield part
