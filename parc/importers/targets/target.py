"""What the plan and its application ask of a kind of record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from parc.importers.entries import Entry
from parc.importers.values import Value
from parc.services.actor import Actor

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Why a value cannot be taken, by field; the column is added where it is known."""

    field: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What becomes of one entry.

    Attributes:
        changes: by field what stands there and what shall, for showing.
        found: what stands against it.
        content: what the target itself needs to write it.
        beside: records that must be made first: ``(kind, name)``.
        notes: codes of what is told of a row that is taken, with a value each.
        named_in: the field that names a record beside, where its kind does not tell.
    """

    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    found: tuple[Found, ...] = ()
    content: Any = None
    beside: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    named_in: Mapping[tuple[str, str], str] = field(default_factory=dict)


Change = tuple[int, Draft]  # a record with what becomes of it


class Target(Protocol):
    """One kind of record; made for one import, given the session of each step."""

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give what tells a record apart; None when its fields are blank."""
        ...

    def label(self, values: Mapping[str, Value]) -> str:
        """Give what a row is called in lists."""
        ...

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Give the records that are there by the keys of these entries, ready to be compared."""
        ...

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Say what would become of an entry: of the record that is there, or of a new one."""
        ...

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Write what was planned, and give the record.

        Raises:
            InvalidInputError: what was planned cannot be written after all.
        """
        ...


@runtime_checkable
class BatchTarget(Protocol):
    """A target that makes and changes many records with few statements."""

    def write_new(
        self, session: Session, actor: Actor, drafts: Sequence[Draft], *, at: datetime
    ) -> list[int]:
        """Make all records or none, and give them in the order of their drafts.

        Raises:
            InvalidInputError: one of them cannot be written after all.
        """
        ...

    def write_changed(
        self, session: Session, actor: Actor, changed: Sequence[Change], *, at: datetime
    ) -> Collection[int]:
        """Change all of these that can be changed together, or none of them.

        Returns:
            The records that are written; each of the others has to be written by itself.

        Raises:
            InvalidInputError: one of them cannot be written after all.
        """
        ...
